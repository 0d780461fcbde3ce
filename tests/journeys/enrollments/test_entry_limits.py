"""Coming in again, and how many may come in: every kind of re-entry and every limit, within one batch too."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from consent.models import Purpose, Record, State
from contacts.models import Contact, Event, News, Segment
from journeys.models import Enrollment, Refusal, Touch, Transition, Trigger
from orchestrator.tick import loop
from tests.flows.conftest import NOW, names, world  # noqa: F401
from tests.journeys.enrollments.test_entry_kinds import entering, refused, runs

DAY = [{"key": "rest", "kind": "wait", "for": "1d"}, {"key": "end", "kind": "end"}]


@pytest.fixture
def w(world):  # noqa: F811
    return world


def orders(w, contact, *, days=0.0, key=""):
    while days > 0:  # a beat every half a day at least
        w.later(days=min(days, 0.5))
        days = round(days - 0.5, 6)
    w.does(contact, "order_placed", cart=key)
    w.pulse()


@pytest.mark.parametrize(
    ("reentry", "days", "expected"),
    [
        (None, 0.5, ["already_in"]),
        (None, 1.5, [""]),
        ("never", 1.5, ["reentry_blocked"]),
        ({"after": "leaving"}, 1.5, [""]),
        ({"after": "leaving", "delay": "2d"}, 2.9, ["delay_not_over"]),
        ({"after": "leaving", "delay": "2d"}, 3.1, [""]),
        ({"after": "start", "delay": "2d"}, 1.9, ["delay_not_over"]),
        ({"after": "start", "delay": "2d"}, 2.1, [""]),
    ],
    ids=json.dumps,
)
def test_reentry(w, reentry, days, expected):
    entering(steps=DAY, event="order_placed", **({"reentry": reentry} if reentry else {}))
    anna = w.person("anna")
    orders(w, anna)
    orders(w, anna, days=days)
    assert (refused(anna) or [""]) == expected
    assert len(runs(anna)) == 1 + expected.count("")
    w.adds_up()


def test_delay_says_until_when(w):
    entering(steps=DAY, event="order_placed", reentry={"after": "start", "delay": "2d"})
    anna = w.person("anna")
    orders(w, anna)
    orders(w, anna, days=1.5)
    assert Refusal.objects.get().details["until"].startswith("2026-11-20T10:00")


def test_parallel_by_key_never_twice_with_the_same_key_at_once(w):
    entering(steps=DAY, event="order_placed", key="cart", reentry="parallel")
    anna = w.person("anna")
    for key in "aba":
        orders(w, anna, key=key)
    assert [run.key for run in runs(anna)] == ["a", "b"]
    assert refused(anna) == ["already_in"]
    orders(w, anna, days=1.1, key="a")
    assert [run.key for run in runs(anna)] == ["a", "b", "a"]


def test_reentry_never_is_by_key(w):
    entering(steps=DAY, event="order_placed", key="cart", reentry="never")
    anna = w.person("anna")
    orders(w, anna, key="a")
    orders(w, anna, days=2, key="b")
    orders(w, anna, days=2, key="a")
    assert [run.key for run in runs(anna)] == ["a", "b"]
    assert refused(anna) == ["reentry_blocked"]


def test_limit_of_a_person_holds_for_life_and_in_one_batch(w):
    entering(steps=DAY, event="order_placed", key="cart", limits={"person": 2})
    anna = w.person("anna")
    for key in "abc":
        w.does(anna, "order_placed", cart=key)
    assert w.pulse().entered == {"": 2, "limit_person": 1}
    orders(w, anna, days=60, key="d")
    assert refused(anna) == ["limit_person", "limit_person"]
    assert Refusal.objects.first().details["limit"] == 2


@pytest.mark.parametrize(("limit", "hours"), [("hour", 1), ("day", 24)])
def test_limit_of_a_journey_in_a_time_the_first_come_first(w, limit, hours):
    entering(event="order_placed", limits={limit: 3})
    people = [w.person(f"p{n}") for n in range(6)]
    for n, one in enumerate(people[:5]):
        w.does(one, "order_placed", ago=timedelta(minutes=n))
    assert w.pulse().entered == {"": 3, "limit_journey": 2}
    assert [len(runs(one)) for one in people[:5]] == [0, 0, 1, 1, 1]
    w.later(minutes=60 * hours - 1)
    w.does(people[5], "order_placed")
    assert w.pulse().entered == {"limit_journey": 1}
    w.later(minutes=1)
    w.does(people[5], "order_placed")
    assert w.pulse().entered == {"": 1}


def test_limit_of_a_journey_in_all(w):
    entering(steps=DAY, event="order_placed", limits={"all": 2})
    for n in range(3):
        w.does(w.person(f"p{n}"), "order_placed")
    w.pulse()
    w.later(days=30)
    w.does(w.person("late"), "order_placed")
    assert w.pulse().entered == {"limit_journey": 1}
    assert Enrollment.objects.count() == 2


def test_limit_of_open_journeys_prefers_the_higher_priority_in_one_batch(w, settings):
    settings.MOST_OPEN_JOURNEYS = 2
    for slug, priority in (("low", 1), ("high", 90), ("middle", 50)):
        entering(slug, DAY, event="order_placed", key="cart", priority=priority)
    anna = w.person("anna")
    for key in "ab":  # a second run of a journey is no journey more
        w.does(anna, "order_placed", cart=key)
    assert w.pulse().entered == {"": 4, "limit_open_journeys": 2}
    assert [len(runs(anna, slug)) for slug in ("low", "middle", "high")] == [0, 2, 2]
    orders(w, anna, key="c")
    assert len(runs(anna, "high")) == 3
    assert refused(anna, "low") == ["limit_open_journeys"] * 3
    orders(w, anna, days=1.5, key="d")
    assert [len(runs(anna, slug)) for slug in ("low", "middle", "high")] == [0, 4, 4]


def test_second_run_of_any_tick_changes_nothing(w):
    entering(event="order_placed", key="cart", limits={"person": 2, "hour": 3, "day": 4, "all": 5})
    entering("k", signal="cart", when={"attribute": "country", "is": "DE"})
    for n in range(4):
        one = w.person(f"p{n}", country="" if n % 2 else "DE")
        for key in "abc":
            w.does(one, "order_placed", cart=key)
        w.does(one, "cart_updated")
    w.pulse()
    loop.tick(now=w.now)

    def state():
        return [
            list(model.objects.order_by("pk").values()) for model in (Enrollment, Transition, Refusal, Trigger, Touch)
        ]

    before = state()
    for _ in range(3):
        loop.tick(now=w.now)
        w.pulse()
        w.later()
    assert state() == before
    w.adds_up()


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_keep_the_limits(w):
    entering(event="order_placed", limits={"hour": 5})
    for n in range(20):
        w.does(w.person(f"p{n}"), "order_placed")

    def work(_):
        try:
            return loop.pulse(now=NOW, batch=3)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert Enrollment.objects.count() == 5
    assert Refusal.objects.filter(reason="limit_journey").count() == 15
    assert Trigger.objects.filter(taken_at=None).count() == 0


def crowd(n):
    """n people who agreed to everything and just ordered twice; every third has no country."""
    first = Contact.objects.count()
    people = Contact.objects.bulk_create(
        Contact(external_id=f"c{first + i}", country="" if i % 3 == 0 else "DE", created_at=NOW, updated_at=NOW)
        for i in range(n)
    )
    purpose = Purpose.objects.get(slug="profiling")
    records = Record.objects.bulk_create(Record(contact=p, purpose=purpose, decision="granted", at=NOW, source="t") for p in people)  # fmt: skip
    State.objects.bulk_create(State(contact=r.contact, purpose=purpose, granted=True, since=NOW, record=r) for r in records)  # fmt: skip
    Event.objects.bulk_create(
        Event(contact=p, name="order_placed", occurred_at=NOW, received_at=NOW, properties={"cart": key}, source="t", message_id=f"{key}{p.pk}")
        for p in people for key in "ab"
    )  # fmt: skip
    News.objects.bulk_create(News(contact_id=p.pk, name="order_placed", since=NOW) for p in people)


@pytest.mark.django_db
def test_entry_and_leaving_of_100_and_of_5000_people_issue_the_same_statements(w, settings):
    settings.TICK_BATCH = settings.PULSE_BATCH = 100_000
    settings.MOST_OPEN_JOURNEYS = 3
    goal = {"name": names("g"), "when": {"event": "order_placed", "since": "entry"}, "within": "7d", "from": "send"}
    Segment.objects.create(slug="s", kind="fixed", name_en="s", name_de="s")
    exits = [{"event": "order_placed", "where": [{"property": "cart", "is": "b"}]}, {"segment_left": "s"}]
    entering(event="order_placed", key="cart", goal=goal, exit=exits, limits={"person": 5, "day": 1_000_000},
             when={"attribute": "country", "is": "DE"})  # fmt: skip
    entering("next", DAY, journey="j", state="left")

    def statements(n):
        crowd(n)
        with CaptureQueriesContext(connection) as pulse:
            loop.pulse(now=NOW, batch=100_000)
        with CaptureQueriesContext(connection) as beat:
            loop.beat(now=NOW + timedelta(minutes=31))
        return tuple(
            sum("ANALYZE" not in q["sql"] and "pg_class" not in q["sql"] for q in one) for one in (pulse, beat)
        )

    statements(10)  # what is prepared once
    few, many = statements(100), statements(5_000)
    assert few == many
