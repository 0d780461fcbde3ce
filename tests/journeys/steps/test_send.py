"""Send: moves on, waits for the verdict, or waits for the reaction; every way out of it."""

from datetime import timedelta

import pytest

from consent.records.operations import record_consent
from contacts.models import EventType
from journeys.models import Enrollment, Touch
from journeys.steps.registry import kind_of
from tests.flows.conftest import journey, names

SEND = kind_of("send")


def flow(world, **settings):
    """Entry, the send step, and an end for each way out."""
    ways = {way: way for way in ("not_sent", "timeout") if settings.get("then", "move_on") != "move_on"}
    if settings.get("then") != "reaction":
        ways.pop("timeout", None)
    journey(
        "j",
        [
            {"key": "mail", "kind": "send", "block": "hello", "next": "done", **ways, **settings},
            {"key": "done", "kind": "end", "outcome": "done"},
            {"key": "not_sent", "kind": "end", "outcome": "not_sent"},
            {"key": "timeout", "kind": "end", "outcome": "timeout"},
        ],
    )


def outcome(world, contact):
    run = world.run(contact)
    return run.outcome if run.left_at else f"at {run.step.key}"


def enter(world, contact):
    world.does(contact, "cart_updated")
    world.pulse()


def feedback(world, contact, name, **properties):
    touch = Touch.objects.get(contact=contact)
    world.does(contact, name, touch=touch.pk, **properties)
    world.pulse()


def delivered(contact, at):
    Touch.objects.filter(contact=contact, state="approved").update(state="sent", sent_at=at)


def test_send_without_more_moves_on_at_once(world):
    flow(world)
    anna = world.person("anna")
    enter(world, anna)
    assert outcome(world, anna) == "done"
    assert world.touches(anna) == [("mail", "approved", "")]


def test_verdict_approved_moves_on(world):
    flow(world, then="verdict")
    anna = world.person("anna")
    enter(world, anna)
    assert outcome(world, anna) == "at mail"
    assert world.touches(anna) == [("mail", "approved", "")]
    world.pulse()  # rung by the verdict
    assert outcome(world, anna) == "done"
    assert world.path(anna)[1] == ("mail", "next")
    world.adds_up()


def test_verdict_suppressed_goes_its_own_way(world):
    flow(world, then="verdict")
    ben = world.person("ben", consents=("profiling",))
    enter(world, ben)
    world.pulse()
    assert world.touches(ben) == [("mail", "suppressed", "no_consent")]
    assert outcome(world, ben) == "not_sent"


def test_verdict_held_for_the_night_waits_until_it_expires(world, quiet_nights):
    flow(world, then="verdict", expires="2h")
    world.now = world.now.replace(hour=21)
    anna = world.person("anna")
    enter(world, anna)
    world.later(hours=1, minutes=59)
    assert outcome(world, anna) == "at mail"
    assert world.touches(anna)[0][1] == "held"
    world.later(minutes=1)
    assert outcome(world, anna) == "not_sent"


def test_verdict_held_for_the_night_moves_on_in_the_morning(world, quiet_nights):
    flow(world, then="verdict", expires="1d")
    world.now = world.now.replace(hour=21)
    anna = world.person("anna")
    enter(world, anna)
    world.later(hours=10, minutes=1)
    world.pulse()
    assert outcome(world, anna) == "done"


def test_holdout_walks_the_way_of_those_who_were_sent_something(world):
    journey(
        "j",
        [
            {"key": "test", "kind": "split", "arms": [{"name": "h", "weight": 999_999, "holdout": True}, {"name": "on", "weight": 0.0001}]},
            {"key": "mail", "kind": "send", "block": "hello", "then": "verdict", "not_sent": "no"},
            {"key": "yes", "kind": "end", "outcome": "yes"},
            {"key": "no", "kind": "end", "outcome": "no"},
        ],
    )  # fmt: skip
    anna = world.person("anna")
    enter(world, anna)
    world.pulse()
    assert world.touches(anna) == [("mail", "suppressed", "holdout")]
    assert outcome(world, anna) == "yes"


def test_reaction_click_of_a_person_goes_on(world):
    flow(world, then="reaction", reaction="clicked", wait_for="2d")
    anna = world.person("anna")
    enter(world, anna)
    delivered(anna, world.now)
    world.later(hours=1)
    feedback(world, anna, "email_clicked", likely_machine=False)
    assert outcome(world, anna) == "done"


def test_reaction_of_a_machine_moves_nobody(world):
    flow(world, then="reaction", reaction="clicked", wait_for="2d")
    anna = world.person("anna")
    enter(world, anna)
    delivered(anna, world.now)
    world.later(hours=1)
    feedback(world, anna, "email_clicked", likely_machine=True)
    assert outcome(world, anna) == "at mail"
    world.later(days=2)
    assert outcome(world, anna) == "timeout"


def test_reaction_to_another_touch_does_not_count(world):
    flow(world, then="reaction", reaction="clicked", wait_for="2d")
    anna = world.person("anna")
    enter(world, anna)
    delivered(anna, world.now)
    world.does(anna, "email_clicked", touch=0, likely_machine=False)
    world.pulse()
    assert outcome(world, anna) == "at mail"


def test_reaction_waits_from_the_sending_on(world):
    """Sent four hours after the proposal: the two hours count from there."""
    flow(world, then="reaction", reaction="opened", wait_for="2h")
    EventType.objects.create(slug="email_opened", kind="feedback", name_en="o", name_de="o")
    anna = world.person("anna")
    enter(world, anna)
    world.later(hours=2)
    assert outcome(world, anna) == "at mail"
    world.later(hours=2)
    delivered(anna, world.now)
    world.later(hours=1, minutes=59)
    assert outcome(world, anna) == "at mail"
    world.later(minutes=1)
    assert outcome(world, anna) == "timeout"


def test_reaction_of_somebody_who_may_not_be_written_to_is_not_sent_at_once(world):
    flow(world, then="reaction", wait_for="2d")
    ben = world.person("ben", consents=("profiling",))
    enter(world, ben)
    world.pulse()
    assert outcome(world, ben) == "not_sent"


def test_reaction_may_be_another_event_since_the_arrival(world):
    flow(world, then="reaction", reaction={"event": "order_placed"}, wait_for="2d")
    anna = world.person("anna")
    world.does(anna, "order_placed", message_id="before")
    world.later(minutes=1)
    enter(world, anna)
    assert outcome(world, anna) == "at mail"
    world.later(hours=1)
    world.does(anna, "order_placed", message_id="after")
    world.pulse()
    assert outcome(world, anna) == "done"


def test_goal_still_ends_a_wait_for_the_verdict(world):
    journey(
        "j",
        [{"key": "mail", "kind": "send", "block": "hello", "then": "reaction"}, {"key": "end", "kind": "end"}],
        goal={"name": names("g"), "when": {"event": "order_placed", "since": "entry"}},
    )
    anna = world.person("anna")
    enter(world, anna)
    world.later(minutes=5)
    world.does(anna, "order_placed")
    world.pulse()
    assert world.at(anna) == "left: goal"


def test_withdrawal_between_verdict_and_sending_is_news_for_those_who_wait(world):
    flow(world, then="reaction", wait_for="3d")
    anna = world.person("anna")
    enter(world, anna)
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="withdrawn", source="t", now=world.now)
    world.pulse()
    assert world.at(anna) == "left: consent_withdrawn"


def test_people_beyond_the_batch_are_all_told(world, settings):
    settings.TICK_BATCH = 2
    flow(world, then="verdict")
    people = [world.person(f"p{i}") for i in range(7)]
    for one in people:
        world.does(one, "cart_updated")
    world.pulse()
    assert Touch.objects.count() == 7
    world.later(seconds=1)
    assert Enrollment.objects.filter(outcome="done").count() == 7


@pytest.mark.parametrize(
    ("settings", "en", "de"),
    [
        ({"block": "hello"}, "e-mail “hello”, within 3 days or not at all", "E-Mail „hello“, innerhalb von 3 Tagen oder gar nicht"),
        ({"block": "hello", "channel": "sms", "expires": "2h"}, "SMS “hello”, within 2 hours or not at all", "SMS „hello“, innerhalb von 2 Stunden oder gar nicht"),
        ({"block": "hello", "offer": "ten"}, "e-mail “hello”, within 3 days or not at all, with the offer “ten”", "E-Mail „hello“, innerhalb von 3 Tagen oder gar nicht, mit dem Angebot „ten“"),
        ({"block": "hello", "then": "verdict"}, "e-mail “hello”, within 3 days or not at all; waits until it is decided", "E-Mail „hello“, innerhalb von 3 Tagen oder gar nicht; wartet, bis entschieden ist"),
        ({"block": "hello", "then": "reaction", "wait_for": "2d"}, "e-mail “hello”, within 3 days or not at all; waits at most 2 days for a click", "E-Mail „hello“, innerhalb von 3 Tagen oder gar nicht; wartet höchstens 2 Tage auf einen Klick"),
        ({}, "e-mail with content that is not chosen yet, within 3 days or not at all", "E-Mail mit noch nicht gewähltem Inhalt, innerhalb von 3 Tagen oder gar nicht"),
    ],
)  # fmt: skip
def test_sentences(settings, en, de):
    assert (SEND.say(settings, "en"), SEND.say(settings, "de")) == (en, de)


def test_labels_of_the_ways_out():
    reaction = {"block": "b", "then": "reaction", "wait_for": "2d"}
    said = [SEND.say_exit(reaction, way, language) for way in SEND.targets(reaction, "x") for language in ("en", "de")]
    assert said == [
        "clicked", "geklickt", "no reaction within 2 days", "keine Reaktion innerhalb von 2 Tagen", "not sent", "nicht gesendet",
    ]  # fmt: skip
    assert SEND.say_exit({"block": "b"}, "next", "en") == ""
    assert SEND.say_exit({"block": "b", "then": "verdict"}, "next", "de") == "gesendet"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "s.block: expected the short name of a content block, got null"),
        ({"block": "b", "then": "maybe"}, 's.then: expected one of move_on, verdict, reaction, got "maybe"'),
        ({"block": "b", "channel": "fax"}, 's.channel: expected one of email, sms, push, letter, onsite, got "fax"'),
        ({"block": "b", "reaction": "clicked"}, "s.reaction: expected only where the person waits for the reaction"),
        ({"block": "b", "then": "reaction", "reaction": "smiled"}, 's.reaction: expected one of opened, clicked or a condition, got "smiled"'),
        ({"block": "b", "then": "reaction", "reaction": {"event": ""}}, 's.reaction.event: expected the name of an event, got ""'),
        ({"block": "b", "expires": "soon"}, 's.expires: expected a duration like "30m", "12h", "7d", "4w" or "6mo", got "soon"'),
        ({"block": "b", "then": "reaction", "wait_for": 3}, 's.wait_for: expected a duration like "30m", "12h", "7d", "4w" or "6mo", got 3'),
        ({"block": "b", "purpose": 1}, "s.purpose: expected the short name of a purpose, got 1"),
    ],
)  # fmt: skip
def test_validate_says_where_and_what(settings, said):
    assert [str(problem) for problem in SEND.validate(settings, "s", {})] == [said]


def test_touch_expires_by_the_step(world):
    flow(world, expires="2h")
    anna = world.person("anna")
    enter(world, anna)
    assert Touch.objects.get().expires_at == world.now + timedelta(hours=2)
