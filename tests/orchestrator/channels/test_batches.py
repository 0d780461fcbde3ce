"""Several mails in one call: each is a mail of its own, with its own answer; nothing is doubled when the call fails."""

import json

import pytest

from consent.models import Suppression
from orchestrator.channels.operations import deliver_touches

from .provider import TAKEN, provider

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailWarning")]
__all__ = ["provider"]
NAMES = ("anna", "ben", "cem")
TAKES = ["postmark", "mailjet"]


def answered(name, places, **refused):
    """What a provider answers to mails to people, by its own documentation; `refused` maps some to its error."""
    if name == "postmark":
        return [
            {"ErrorCode": 406, "Message": refused[one]}
            if one in refused
            else {"To": f"{one}@mail.example", "SubmittedAt": "2026-03-02T09:00:00Z", "MessageID": f"m-{one}", "ErrorCode": 0, "Message": "OK"}
            for one in places
        ]  # fmt: skip
    return {
        "Messages": [
            {"Status": "error", "Errors": [{"ErrorIdentifier": "i", "ErrorCode": "mj-0013", "StatusCode": 400, "ErrorMessage": refused[one], "ErrorRelatedTo": ["To[0].Email"]}]}
            if one in refused
            else {"Status": "success", "To": [{"Email": f"{one}@mail.example", "MessageUUID": one, "MessageID": 7}], "Cc": [], "Bcc": []}
            for one in places
        ]
    }  # fmt: skip


@pytest.fixture
def go(provider, world, clock):
    """Give a function that has three mails delivered by a provider with an answer; returns what it was asked, and what became of them."""

    def deliver(name, answer, people=NAMES):
        stand_in = provider(name)
        stand_in.answer = answer
        touches = [world.touch(world.person(one.title()), key=f"k{n}") for n, one in enumerate(people)]
        deliver_touches(now=clock)
        for touch in touches:
            touch.refresh_from_db()
        return stand_in, [(touch.state, touch.reason) for touch in touches]

    return deliver


def bodies(name, stand_in):
    ((path, _headers, body),) = stand_in.asked
    assert path == {"postmark": "/email/batch", "mailjet": "/send"}[name]
    said = json.loads(body)
    return said if name == "postmark" else said["Messages"]


@pytest.mark.parametrize("name", TAKES)
def test_deliver_hands_several_mails_over_in_one_call_each_its_own(go, name):
    stand_in, became = go(name, (200, answered(name, NAMES)))
    assert became == [("sent", "")] * 3
    mails = bodies(name, stand_in)
    assert len(mails) == 3
    for person, mail in zip(NAMES, mails, strict=True):
        text = json.dumps(mail)
        assert f"Your cart, {person.title()}" in text
        assert [one in text for one in (f"{other}@mail.example" for other in NAMES)].count(True) == 1
        assert "List-Unsubscribe" in text
    assert len({json.dumps(mail["Headers"], sort_keys=True) for mail in mails}) == 3
    tokens = {mail["Metadata"]["touch"] if name == "postmark" else mail["EventPayload"] for mail in mails}
    assert len(tokens) == 3


@pytest.mark.parametrize("name", TAKES)
def test_deliver_one_that_is_refused_leaves_the_others_sent(go, name):
    words = "Found inactive addresses: ben@mail.example. Inactive recipients are ones that have bounced."
    stand_in, became = go(name, (200, answered(name, NAMES, ben=words)))
    assert became == [("sent", ""), ("failed", "provider_rejected"), ("sent", "")]
    assert len(stand_in.asked) == 1
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("name", TAKES)
@pytest.mark.parametrize(
    ("answer", "became"),
    [
        ((500, "oops"), ("unknown", "unknown_outcome")),
        ((200, "not json"), ("unknown", "unknown_outcome")),
        ((200, []), ("unknown", "unknown_outcome")),
        ((200, {"Messages": []}), ("unknown", "unknown_outcome")),
        ((401, {"ErrorCode": 10}), ("approved", "provider_unavailable")),
        ((429, "slow down"), ("approved", "provider_unavailable")),
        ((503, "busy"), ("approved", "provider_unavailable")),
    ],
    ids=str,
)
def test_deliver_call_that_fails_is_the_same_for_all_and_not_repeated_at_once(go, name, answer, became):
    stand_in, found = go(name, answer)
    assert found == [became] * 3
    assert len(stand_in.asked) == 1


@pytest.mark.parametrize("name", TAKES)
def test_deliver_to_a_provider_that_hangs_up_leaves_all_in_doubt(provider, world, clock, name):
    stand_in = provider(name)
    stand_in.silent = True
    touches = [world.touch(world.person(one.title()), key=one) for one in NAMES]
    deliver_touches(now=clock)
    for touch in touches:
        touch.refresh_from_db()
    assert [touch.state for touch in touches] == ["unknown"] * 3
    assert len(stand_in.asked) == 1


def test_deliver_what_is_refused_together_goes_one_by_one(go):
    stand_in, became = go("postmark", (422, {"ErrorCode": 402, "Message": "Invalid JSON"}))
    assert became == [("failed", "provider_rejected")] * 3
    assert [path for path, _headers, _body in stand_in.asked] == ["/email/batch", "/email", "/email", "/email"]


def test_deliver_by_a_provider_with_keys_makes_a_call_for_each_mail(go):
    stand_in, became = go("resend", TAKEN["resend"])
    assert became == [("sent", "")] * 3
    assert len({headers["Idempotency-Key"] for _path, headers, _body in stand_in.asked}) == 3


@pytest.mark.parametrize("name", TAKES)
def test_deliver_begins_no_call_for_several_when_the_time_to_begin_is_over(go, monkeypatch, name):
    monkeypatch.setattr("orchestrator.channels.handing.BEGIN_WITHIN", -1.0)
    stand_in, _became = go(name, (200, answered(name, NAMES)))
    assert stand_in.asked == []


def test_deliver_answer_without_a_code_is_read_as_postmark_means_it(go):
    said = answered("postmark", NAMES)
    said[1].pop("ErrorCode")
    _stand_in, became = go("postmark", (200, said))
    assert became == [("sent", "")] * 3
