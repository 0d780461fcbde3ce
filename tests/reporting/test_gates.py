"""Every gate of a verdict in words, in both languages, and whether it was open."""

import pytest
from django.utils.translation import override

from reporting.explain.gates import Reader, say_gates

NAMES = {("purpose", "email_marketing"): {"en": "E-mail marketing", "de": "E-Mail-Marketing"}}
OPEN = {
    "journey": {"slug": "loyalty", "state": "live", "left": "", "expires_at": "2026-11-24T08:00:00+00:00"},
    "address": {"known": True, "suppression": None},
    "consent": {"purpose": "email_marketing", "needed": True, "granted": True, "since": "2026-03-03T10:00:00+00:00"},
    "holdout": {"arm": "contacted"},
    "sales": {"handover": None},
    "quiet_hours": {"zone": "Europe/Berlin", "until": None},
    "caps": [],
    "priority": {"priority": 30, "value": 1.500, "score": 45.000},
}


def said(language="en", **gates):
    reader = Reader("Europe/Berlin", language, NAMES, {"two-a-week": "2 e-mails in 7 days"})
    with override(language):
        return {gate.name: (gate.text, gate.passed) for gate in say_gates(OPEN | gates, reader)}


def test_say_gates_of_an_approved_message_are_all_open():
    found = said()
    assert [passed for _text, passed in found.values()] == [True] * 7 + [None]
    assert found["Journey"][0] == "the message makes sense until 24 Nov 09:00"
    assert found["Consent"][0] == "“E-mail marketing”: yes, since 3 Mar 11:00"
    assert found["Order among journeys"][0] == "priority 30 × value 1.5 = 45"


@pytest.mark.parametrize(
    ("gate", "facts", "name", "text"),
    [
        ("journey", {"state": "live", "left": "goal"}, "Journey", "reached the goal"),
        ("journey", {"state": "paused", "left": ""}, "Journey", "the journey is paused"),
        ("address", {"known": False}, "Address", "there is no address for this channel"),
        ("address", {"known": True, "suppression": "bounced"}, "Address", "mail to this address came back"),
        ("consent", {"purpose": "email_marketing", "needed": True, "granted": None, "since": None}, "Consent", "“E-mail marketing”: never said"),
        ("holdout", {"arm": "holdout"}, "Holdout", "the person is in the holdout: measured, never contacted"),
        ("sales", {"handover": 7}, "Sales", "sales is in conversation with this person or account"),
        ("quiet_hours", {"zone": "America/New_York", "until": "2026-11-24T13:00:00+00:00"}, "Quiet hours", "quiet in America/New York until 24 Nov 14:00"),
        ("caps", [{"limit": "two-a-week", "used": 2, "most": 2, "free_at": "2026-11-24T08:00:00+00:00"}], "Limits", "“2 e-mails in 7 days”: 2 of 2 used, room again at 24 Nov 09:00"),
    ],
)  # fmt: skip
def test_say_gates_names_what_stopped_the_message(gate, facts, name, text):
    assert said(**{gate: facts})[name] == (text, False)


def test_say_gates_of_a_service_message_leaves_marketing_rules_out():
    found = said(consent={"purpose": "service", "needed": False}, holdout={"arm": "holdout"})
    assert found["Holdout"] == ("does not concern service messages", None)


def test_say_gates_shows_gates_that_it_does_not_know():
    assert said(weather={"rain": True})["weather rain"] == ("✓", None)


def test_say_gates_differs_by_language(settings):
    assert set(said("de")) & set(said("en")) <= {"Journey", "Limits"}
