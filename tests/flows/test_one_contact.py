"""One contact through whole ticks: entry, wait, branch, send, goal, and everything that may come in between."""

from datetime import datetime, timedelta

import pytest

from consent.models import Limit
from consent.records.operations import record_consent
from contacts.models import Account, Handover, News
from journeys.definitions.operations import pause, resume
from journeys.models import Enrollment, Refusal, Touch
from orchestrator.tick import loop
from tests.flows.conftest import NOW, journey, names

pytestmark = pytest.mark.django_db
GOAL = {"name": names("Ordered"), "when": {"event": "order_placed", "since": "entry"}}
CART = [
    {"key": "wait", "kind": "wait", "for": "4h"},
    {"key": "which", "kind": "branch", "branches": [{"key": "de", "name": names("Germany"), "when": {"attribute": "country", "is": "DE"}, "next": "mail"}],
     "missing": "unknown", "otherwise": "done"},
    {"key": "mail", "kind": "send", "block": "hello", "next": "done"},
    {"key": "unknown", "kind": "update", "set": {"asked": True}, "next": "done"},
    {"key": "done", "kind": "end", "outcome": "reminded"},
]  # fmt: skip


def test_tick_of_a_cart_waits_branches_sends_and_ends(world):
    journey("abandoned", CART, goal=GOAL)
    anna = world.person("anna", country="DE")
    world.does(anna, "cart_updated", cart_id="c1")
    world.pulse()
    assert world.at(anna) == "wait"
    world.later(hours=3, minutes=59)
    assert world.at(anna) == "wait"
    report = world.later(minutes=1)
    assert world.at(anna) == "left: completed"
    assert world.run(anna).outcome == "reminded"
    assert world.touches(anna) == [("mail", "approved", "")]
    assert world.path(anna) == [
        ("", "entry"),
        ("wait", "next"),
        ("which", "de"),
        ("mail", "next"),
        ("done", "completed"),
    ]
    assert report.approved == 1
    assert world.run(anna).evidence["counts"] == {"cart_updated": 1}
    assert world.run(anna).evidence["properties"] == {"cart_id": "c1"}
    world.adds_up()


def test_branch_with_missing_data_is_not_otherwise(world):
    journey("abandoned", CART, goal=GOAL)
    dana, emil = world.person("dana"), world.person("emil", country="AT")
    for person in (dana, emil):
        world.does(person, "cart_updated")
    world.pulse()
    world.later(hours=5)
    assert ("which", "missing") in world.path(dana)
    assert ("which", "otherwise") in world.path(emil)
    dana.refresh_from_db()
    assert dana.attributes == {"asked": True}
    world.adds_up()


def test_goal_in_the_wait_leaves_with_one_pulse(world):
    journey("abandoned", CART, goal=GOAL)
    anna = world.person("anna", country="DE")
    world.does(anna, "cart_updated")
    world.pulse()
    world.now += timedelta(hours=1)
    world.does(anna, "order_placed", value=20)
    world.pulse()
    assert world.at(anna) == "left: goal"
    world.later(days=2)
    assert world.touches(anna) == []
    world.adds_up()


def test_order_before_the_entry_is_no_goal(world):
    journey("abandoned", CART, goal=GOAL)
    anna = world.person("anna", country="DE")
    world.does(anna, "order_placed", ago=timedelta(minutes=5))
    world.does(anna, "cart_updated")
    world.pulse()
    assert world.at(anna) == "wait"


def test_consent_withdrawn_in_the_wait_leaves_at_once(world):
    journey("abandoned", CART, goal=GOAL)
    anna = world.person("anna", country="DE")
    world.does(anna, "cart_updated")
    world.pulse()
    world.now += timedelta(hours=1)
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="withdrawn", source="test", now=world.now)
    world.pulse()
    assert world.at(anna) == "left: consent_withdrawn"
    world.later(days=1)
    assert world.touches(anna) == []


def test_behaviour_without_profiling_consent_opens_nothing(world):
    journey("abandoned", CART, goal=GOAL)
    ben = world.person("ben", consents=("email_marketing",))
    world.does(ben, "cart_updated")
    world.pulse()
    assert not Enrollment.objects.exists()


def test_duplicate_event_does_nothing_twice(world):
    journey("abandoned", CART, goal=GOAL, entry={"signal": "cart", "reentry": {"after": "leaving"}})
    anna = world.person("anna", country="DE")
    assert world.does(anna, "cart_updated", message_id="m1")
    world.pulse()
    world.now += timedelta(hours=2)
    assert not world.does(anna, "cart_updated", message_id="m1")
    assert world.pulse().contacts == 0
    assert Enrollment.objects.count() == 1


def test_late_event_counts_where_it_belongs_and_never_opens(world):
    journey("abandoned", CART, goal=GOAL)
    anna, ben = world.person("anna", country="DE"), world.person("ben")
    world.does(anna, "cart_updated", ago=timedelta(hours=2))  # outside the signal's hour
    world.does(ben, "cart_updated", ago=timedelta(minutes=30))  # inside: the run begins when the cart was filled
    world.pulse()
    assert not Enrollment.objects.filter(contact=anna).exists()
    run = world.run(ben)
    assert run.entered_at == NOW - timedelta(minutes=30)
    assert run.due_at == NOW + timedelta(hours=3, minutes=30)


def test_entry_by_an_event_of_long_ago_is_refused_as_late(world):
    from contacts.models import Signal

    Signal.objects.filter(slug="cart").update(condition={"event": "cart_updated", "within": "30d"})
    journey("abandoned", CART, goal=GOAL)
    anna = world.person("anna")
    world.does(anna, "cart_updated", ago=timedelta(days=3))
    world.pulse()
    assert list(Refusal.objects.values_list("reason", flat=True)) == ["late_event"]


@pytest.mark.parametrize(
    ("reentry", "first", "second"),
    [
        ("never", "reentry_blocked", "reentry_blocked"),
        ({"after": "leaving"}, "", ""),
        ({"after": "leaving", "delay": "10h"}, "delay_not_over", ""),
        ({"after": "start", "delay": "10h"}, "delay_not_over", ""),
    ],
)
def test_reentry_of_each_kind(world, reentry, first, second):
    journey("abandoned", CART, goal=GOAL, entry={"signal": "cart", "reentry": reentry})
    anna = world.person("anna", country="DE")
    world.does(anna, "cart_updated")
    world.pulse()
    world.later(hours=5)
    results = []
    for hours in (1, 10):
        world.later(hours=hours)
        Refusal.objects.all().delete()
        runs = Enrollment.objects.count()
        world.does(anna, "cart_updated")
        world.pulse()
        results.append("" if Enrollment.objects.count() > runs else Refusal.objects.get().reason)
    assert results == [first, second]


def test_second_trigger_while_in_the_journey_is_refused(world):
    journey("abandoned", CART, goal=GOAL)
    anna = world.person("anna")
    for hours in (0, 2):
        world.now += timedelta(hours=hours)
        world.does(anna, "cart_updated")
        world.pulse()
    assert list(Refusal.objects.values_list("reason", flat=True)) == ["already_in"]


def test_entry_condition_unmet_is_a_refusal_with_its_reason(world):
    journey("abandoned", CART, goal=GOAL, entry={"signal": "cart", "when": {"attribute": "country", "is": "DE"}})
    anna, emil = world.person("anna", country="DE"), world.person("emil", country="FR")
    for person in (anna, emil):
        world.does(person, "cart_updated")
    world.pulse()
    assert world.at(anna) == "wait"
    assert list(Refusal.objects.values_list("contact_id", "reason")) == [(emil.pk, "condition_unmet")]


def test_key_gives_one_run_a_cart_and_binds_the_goal(world):
    from contacts.models import Signal

    Signal.objects.filter(slug="cart").update(key_event="cart_updated", key_property="cart_id")
    goal = {
        "name": names("Bought"),
        "when": {"event": "order_placed", "since": "entry", "where": [{"property": "cart_id", "is": {"run": "key"}}]},
    }
    journey("abandoned", CART, goal=goal, entry={"signal": "cart", "key": "cart_id"})
    anna = world.person("anna", country="DE")
    for cart in ("c1", "c2"):
        world.does(anna, "cart_updated", cart_id=cart)
    world.pulse()
    assert sorted(Enrollment.objects.values_list("key", flat=True)) == ["c1", "c2"]
    world.now += timedelta(hours=1)
    world.does(anna, "order_placed", cart_id="c2")
    world.pulse()
    assert dict(Enrollment.objects.values_list("key", "reason")) == {"c1": "", "c2": "goal"}


def test_wait_until_event_takes_the_early_way_else_the_timeout(world):
    steps = [
        {
            "key": "react",
            "kind": "wait",
            "until": {"event": "order_placed", "since": "step"},
            "at_most": "3d",
            "next": "thanks",
            "timeout": "remind",
        },
        {"key": "thanks", "kind": "end", "outcome": "bought"},
        {"key": "remind", "kind": "end", "outcome": "silent"},
    ]
    journey("react", steps)
    anna, ben = world.person("anna"), world.person("ben")
    for person in (anna, ben):
        world.does(person, "cart_updated")
    world.pulse()
    world.now += timedelta(days=1)
    world.does(anna, "order_placed")
    world.pulse()
    assert world.run(anna).outcome == "bought"
    world.later(days=2)
    assert world.run(ben).outcome == "silent"
    assert world.path(ben)[1] == ("react", "timeout")
    world.adds_up()


def test_paused_journey_holds_everybody_and_refuses_entries(world):
    version = journey("abandoned", CART, goal=GOAL)
    anna, ben = world.person("anna", country="DE"), world.person("ben")
    world.does(anna, "cart_updated")
    world.pulse()
    pause(journey=version.journey)
    world.does(ben, "cart_updated")
    world.pulse()
    world.later(hours=6)
    assert world.at(anna) == "wait"
    assert list(Refusal.objects.values_list("reason", flat=True)) == ["paused"]
    resume(journey=version.journey)
    world.later(minutes=1)
    assert world.at(anna) == "left: completed"


def test_max_age_leaves(world):
    journey("abandoned", [{"key": "wait", "kind": "wait", "for": "30d"}, {"key": "end", "kind": "end"}], max_age="10d")
    anna = world.person("anna")
    world.does(anna, "cart_updated")
    world.pulse()
    world.later(days=9)
    assert world.at(anna) == "wait"
    world.later(days=1)
    assert world.at(anna) == "left: max_age"


def test_new_version_leaves_people_in_flight_on_theirs(world):
    journey("abandoned", CART, goal=GOAL)
    anna, ben = world.person("anna", country="DE"), world.person("ben", country="DE")
    world.does(anna, "cart_updated")
    world.pulse()
    journey("abandoned", [{"key": "mail", "kind": "send", "block": "again"}, {"key": "end", "kind": "end"}], goal=GOAL)
    world.does(ben, "cart_updated")
    world.pulse()
    world.later(hours=5)
    assert [t[0] for t in world.touches(anna)] == ["mail"]
    assert Touch.objects.get(contact=anna).block.slug == "hello"
    assert Touch.objects.get(contact=ben).block.slug == "again"


def test_handover_step_opens_a_lead_and_marketing_is_silent_for_the_account(world):
    lead = [
        {"key": "lead", "kind": "handover", "team": "inside", "respond_within": "4h"},
        {"key": "end", "kind": "end"},
    ]
    account = Account.objects.create(external_id="n", name="Nordwind", created_at=NOW)
    anna, ben = world.person("anna", account=account, country="DE"), world.person("ben", account=account, country="DE")
    journey("nurture", lead)
    world.does(anna, "cart_updated")
    world.pulse()
    handover = Handover.objects.get()
    assert (handover.contact_id, handover.state, handover.team, handover.journey_slug) == (
        anna.pk,
        "waiting",
        "inside",
        "nurture",
    )
    assert handover.due_at == datetime.fromisoformat("2026-11-18T15:00+01:00")
    journey(
        "nurture", [{"key": "mail", "kind": "send", "block": "hello", "expires": "2h"}, {"key": "end", "kind": "end"}]
    )
    world.does(ben, "cart_updated")
    world.pulse()
    assert world.touches(ben) == [("mail", "held", "sales_conversation")]
    world.later(hours=1)
    world.later(hours=1)
    assert world.touches(ben) == [("mail", "expired", "expired")]
    assert world.verdicts(ben) == [
        ("held", "sales_conversation"),
        ("held", "sales_conversation"),
        ("expired", "expired"),
    ]


def test_second_run_of_a_tick_changes_nothing(world):
    journey("abandoned", CART, goal=GOAL)
    people = [world.person(f"p{i}", country="DE") for i in range(5)]
    for person in people:
        world.does(person, "cart_updated")
    world.pulse()
    world.later(hours=5)
    again = loop.beat(now=world.now)
    assert (again.moved, sum(again.decided.values()), sum(again.entered.values()), sum(again.left.values())) == (
        0,
        0,
        0,
        0,
    )
    assert not News.objects.exists()


def test_two_in_one_second_count_one_limit(world, two_a_week):
    Limit.objects.update(overflow="drop", most=1)
    send = [
        {"key": "one", "kind": "send", "block": "hello"},
        {"key": "two", "kind": "send", "block": "again"},
        {"key": "end", "kind": "end"},
    ]
    journey("twice", send)
    anna = world.person("anna")
    world.does(anna, "cart_updated")
    world.pulse()
    assert world.touches(anna) == [("one", "approved", ""), ("two", "suppressed", "cap_email-week")]


def test_accepting_a_lead_moves_the_stage_and_reaches_the_goal_with_one_pulse(world, django_user_model):
    from contacts.handover.operations import accept, lose
    from contacts.models import Stage

    for position, slug in enumerate(("mql", "sql")):
        Stage.objects.create(slug=slug, phase="consideration", position=position, name_en=slug, name_de=slug)
    lead = {"key": "lead", "kind": "handover", "team": "t", "stages": {"accepted": "sql", "lost": "mql"}}
    rest = [{"key": "rest", "kind": "wait", "for": "9d"}, {"key": "end", "kind": "end"}]
    journey("nurture", [lead, *rest], goal={"name": names("Talks"), "when": {"stage": "sql"}})
    anna = world.person("anna")
    world.does(anna, "cart_updated")
    world.pulse()
    handover = Handover.objects.get()
    accept(handover_id=handover.pk, owner=django_user_model.objects.create(username="sven"), by="Sven", now=world.now)
    world.pulse()
    assert world.at(anna) == "left: goal"
    lose(handover_id=handover.pk, reason="price", by="Sven", now=world.now)
    anna.refresh_from_db()
    assert anna.stage.slug == "mql"
