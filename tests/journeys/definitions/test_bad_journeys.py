"""Bad definitions of journeys, by the numbers of the promise: each is refused, or a hint says what will happen."""

import copy
import re
from datetime import time, timedelta

import pytest
from django.urls import reverse

from consent.models import Limit, Purpose, QuietHours
from contacts.models import Signal
from journeys.definitions.check import check
from journeys.definitions.checklist import hints
from journeys.definitions.operations import import_journey
from journeys.definitions.slow_hints import slow_hints
from journeys.models import Block, Variant
from journeys.steps.registry import kind_names, kind_of
from orchestrator.arbiter.rules import Window, quiet_until
from tests.flows.conftest import NOW, World, names

pytestmark = pytest.mark.django_db
WAIT = {"key": "wait", "kind": "wait", "name": names("Wait"), "for": "4h"}
MAIL = {"key": "mail", "kind": "send", "name": names("Mail"), "block": "hello"}
END = {"key": "end", "kind": "end", "name": names("End")}
GOOD = {
    "slug": "cart", "name": names("Cart"), "phase": "purchase", "entry": {"signal": "cart"}, "max_age": "30d",
    "goal": {"name": names("Ordered"), "when": {"event": "order_placed", "since": "entry"}},
    "steps": [WAIT, MAIL, END],
}  # fmt: skip


@pytest.fixture(autouse=True)
def things():
    Signal.objects.create(
        slug="cart",
        kind="behaviour",
        condition={"event": "x"},
        cooldown="1 day",
        holds_for="1 day",
        name_en="c",
        name_de="c",
    )
    block = Block.objects.create(
        slug="hello", phase="purchase", state="approved", changed_at=NOW, name_en="Hello", name_de="Hallo"
    )
    for language in ("en", "de"):
        Variant.objects.create(block=block, language=language, subject="Hi", body="<mj-text>Hi</mj-text>")


def with_steps(*steps):
    return copy.deepcopy({**GOOD, "steps": list(steps)})


def errors(definition):
    return [str(problem) for problem in check(definition) if problem.level == "error"]


def texts(definition):
    return [(hint.step_key or hint.place, hint.text) for hint in hints(definition)]


def test_good_definition_has_no_finding():
    assert check(GOOD) == []
    assert hints(GOOD) == []


@pytest.mark.parametrize(
    ("number", "definition", "expected"),
    [
        (85, {**GOOD, "steps": []}, "steps: expected a list of 1 to 200 steps"),
        (85, {key: value for key, value in GOOD.items() if key != "entry"}, "entry: "),
        (88, with_steps({**WAIT, "next": "mail"}, {**MAIL, "next": "wait"}, END), "expected no circle, got"),
        (88, with_steps(MAIL, {"key": "again", "kind": "jump", "name": names("A"), "to": "mail", "at_most": 3}, END), "a loop over 'mail' without a wait"),
        (89, with_steps({**WAIT, "for": "0h"}, END), 'steps[0].for: expected a duration like'),
        (89, with_steps({**WAIT, "for": "-4h"}, END), 'steps[0].for: expected a duration like'),
        (89, with_steps({**WAIT, "for": "5300w"}, END), "steps[0].for: expected at most 100 years"),
        (90, with_steps({"key": "s", "kind": "split", "name": names("S"), "arms": [{"name": "a", "weight": 0}, {"name": "b", "weight": 100}]}, END), "steps[0].arms[0].weight: expected a number over 0"),
        (92, with_steps({"key": "mail", "kind": "send", "name": names("Mail")}, END), "steps[0].block: "),
        (92, with_steps({**MAIL, "block": "helo"}, END), "did you mean 'hello'?"),
    ],
)  # fmt: skip
def test_bad_journey_is_refused_with_its_place(number, definition, expected):
    assert any(expected in error for error in errors(definition)), errors(definition)


def test_86_second_start_is_a_hint_at_its_step():
    definition = with_steps({**WAIT, "next": "end"}, {**MAIL, "next": "end"}, END)
    assert ("mail", "This would be a second start: nobody can come here.") in texts(definition)


def test_87_unreachable_step_behind_another_is_a_hint_at_its_step():
    lost = {"key": "lost", "kind": "wait", "name": names("Lost"), "for": "1h", "next": "end"}
    definition = with_steps({**WAIT, "next": "end"}, {**MAIL, "next": "lost"}, lost, END)
    assert ("lost", "Nobody can come here.") in texts(definition)


def test_90_shares_that_are_no_whole_are_said():
    arms = [{"name": "a", "weight": 51}, {"name": "b", "weight": 50}]
    definition = with_steps({"key": "s", "kind": "split", "name": names("S"), "arms": arms}, MAIL, END)
    assert errors(definition) == []
    assert ("s", "The shares add up to 101 %; they are taken in proportion.") in texts(definition)


def test_93_content_without_text_for_the_channel_or_the_language_is_found():
    Variant.objects.filter(language="de").delete()
    assert ("mail", "“Hello” has no text in German.") in texts(GOOD)
    Variant.objects.update(channel="sms")
    found = [hint for hint in hints(GOOD) if hint.step_key == "mail"]
    assert [(hint.level, hint.text) for hint in found] == [("error", "“Hello” has no text for this channel.")]


def test_96_limit_of_nothing_is_said_at_the_message():
    Limit.objects.create(slug="none", name_en="None at all", name_de="x", most=0, window=timedelta(days=1))
    assert ("mail", "The limit “None at all” allows none: this is never sent.") in texts(GOOD)


def test_96_quiet_hours_that_never_end_are_said_at_the_message():
    QuietHours.objects.create(channel="", starts=time(0), ends=time(12))
    QuietHours.objects.create(channel="email", starts=time(12), ends=time(0))
    assert ("mail", "Quiet hours cover the whole day: this is never sent.") in texts(GOOD)


NEVER = "The limit “None at all” allows none: this is never sent."


def never_of(definition):
    return [hint for hint in hints(definition) if hint.step_key == "mail" and "never sent" in hint.text]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"channel": "email"}, True),
        ({"channel": "sms"}, False),
        ({"phase": "purchase"}, True),
        ({"phase": "advocacy"}, False),
        ({"purpose": "email_marketing"}, True),
        ({"purpose": "news"}, True),
        ({"purpose": "profiling"}, False),
        ({"who": "less"}, False),
        ({"per": "account"}, False),
        ({"channel": "email", "overflow": "next"}, False),
        ({"active": False}, False),
    ],
)
def test_96_limit_of_nothing_is_said_only_where_it_stops_everybody(limit, said):
    parent = Purpose.objects.get(slug="email_marketing")
    Purpose.objects.create(slug="news", parent=parent, name_en="News", name_de="News")
    made = Limit.objects.create(slug="none", name_en="None at all", name_de="x", most=0, window=timedelta(days=1), **limit)  # fmt: skip
    found = never_of({**GOOD, "purpose": "news"})
    assert [(hint.level, hint.text, hint.rule) for hint in found] == [("hint", NEVER, f"/consent/rules/limits/{made.pk}/")] * said  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [({}, True), ({"country": "DE"}, False), ({"weekdays": [1, 2, 3]}, False), ({"channel": "sms"}, False), ({"active": False}, False)],
)  # fmt: skip
def test_96_quiet_hours_are_said_only_where_they_never_end_for_anybody(more, said):
    QuietHours.objects.create(starts=time(0), ends=time(12))
    QuietHours.objects.create(starts=time(12), ends=time(0), **more)
    assert [hint.rule for hint in never_of(GOOD)] == ["/consent/rules/"] * said


def test_96_equal_times_are_no_quiet_hours_as_the_arbiter_sees_them():
    QuietHours.objects.create(starts=time(9), ends=time(9))
    assert never_of(GOOD) == []
    assert quiet_until(NOW, "UTC", [Window(time(9), time(9))]) is None


def test_96_findings_lead_to_the_rule(client, admin_user):
    client.force_login(admin_user)
    import_journey(definition={**copy.deepcopy(GOOD), "entry": {"api": True}}, now=NOW, publish=False)
    limit = Limit.objects.create(slug="none", name_en="None at all", name_de="x", most=0, window=timedelta(days=1))
    for name in ("journey_edit", "journey_publish"):
        page = client.get(reverse(name, args=["cart"])).content.decode()
        assert f'<a href="/consent/rules/limits/{limit.pk}/">Open the rule</a>' in page, name
    assert client.get(f"/consent/rules/limits/{limit.pk}/").status_code == 200


@pytest.mark.parametrize(("expires", "never"), [("30m", True), ("20h", False)])
def test_96_message_that_expires_in_quiet_hours_is_said(expires, never):
    QuietHours.objects.create(channel="", starts=time(20), ends=time(8))
    night = {"key": "night", "kind": "wait", "name": names("Night"), "window": {"from": "22:00", "to": "23:00"}}
    found = texts(with_steps(night, {**MAIL, "expires": expires}, END))
    text = "The wait before it ends in quiet hours, and it expires before they are over: never sent."
    assert (("mail", text) in found) is never


def test_complex_journey_is_too_long_to_explain_and_says_why():
    def fork(n):
        branches = [{"key": "yes", "name": names("Y"), "when": {"attribute": "a", "is": 1}, "next": f"b{n + 1}"}]
        return {"key": f"b{n}", "kind": "branch", "name": names("B"), "branches": branches, "missing": "end", "otherwise": "end"}  # fmt: skip

    found = texts(with_steps(*[fork(n) for n in range(12)], {**WAIT, "key": "b12"}, END))
    text = next(text for place, text in found if text.startswith("Too complex"))
    assert text == (
        "Too complex to explain in minutes: about 6 (decisions after decisions, 12 deep, 12 decisions, 14 steps)."
    )


def test_fourth_kpi_and_missing_goal_and_exit_are_hints_at_their_places():
    kpi = {"name": names("K"), "measure": "goal_share", "target": 0.2}
    definition = {key: value for key, value in GOOD.items() if key not in ("goal", "max_age")} | {"kpis": [kpi] * 4}
    places = {place for place, _text in texts(definition)}
    assert {"goal", "exit", "kpis"} <= places


def test_91_goal_that_holds_for_everybody_is_said():
    world = World()
    for name in ("anna", "ben"):
        world.person(name, country="DE")
    everybody = {**GOOD, "goal": {"name": names("There"), "when": {"attribute": "country", "is": "DE"}}}
    assert [hint.text for hint in slow_hints(everybody, now=NOW)] == [
        "The goal holds already for 100 % of all people: whoever enters has reached it."
    ]
    assert slow_hints(GOOD, now=NOW) == []


@pytest.mark.parametrize("kind", kind_names())
def test_step_that_was_just_put_in_is_said_in_plain_words(kind):
    step = {"key": "new", "kind": kind, "name": names("New"), **kind_of(kind).blank()}
    found = texts(with_steps(step, MAIL, END))
    assert not [text for _place, text in found if re.search(r"expected|[{}\[\]]|null|None|got ", text)]
    open_still = {"wait", "split", "end"}
    assert any(place == "new" for place, _text in found) is (kind not in open_still)


def test_way_without_a_condition_asks_for_whom_it_is():
    step = {"key": "new", "kind": "branch", "name": names("New"), **kind_of("branch").blank()}
    assert ("new", "Describe whom the way “Yes” is for.") in texts(with_steps(step, MAIL, END))


def test_96_survey_is_a_message_too():
    Limit.objects.create(slug="none", name_en="None at all", name_de="x", most=0, window=timedelta(days=1))
    survey = {
        "key": "ask",
        "kind": "survey",
        "name": names("Ask"),
        "question": names("Well?"),
        "nps": True,
        "block": "hello",
    }
    found = texts(with_steps(survey, END))
    assert ("ask", "The limit “None at all” allows none: this is never sent.") in found
    assert ("ask", "“Hello” does not lead to the question: its text needs the link to the survey.") in found


def test_texts_that_do_not_fit_their_step_are_said():
    Variant.objects.update(body='<mj-text><a href="{{ survey.url }}">{{ offer.name | default: "x" }}</a></mj-text>')
    question = "“Hello” leads to a question, but this step asks none: make it a survey."
    offer = "“Hello” speaks of an offer, but this journey makes none."
    assert {("mail", question), ("mail", offer)} <= set(texts(GOOD))
    found = texts(with_steps({"key": "give", "kind": "offer", "name": names("Give"), "offer": "ten"}, MAIL, END))
    assert ("mail", offer) not in found
    assert ("mail", offer) not in texts(with_steps({**MAIL, "offer": "ten"}, END))
