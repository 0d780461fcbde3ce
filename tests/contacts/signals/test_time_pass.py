"""Time alone: looking at the edges of windows finds the same people as looking at everybody."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.records.operations import record_consent
from contacts.conditions import edges
from contacts.conditions.language import compile_condition
from contacts.events.operations import NewEvent, record_events
from contacts.models import Contact, EventType, News, Segment, SegmentMember, Signal, SignalFiring
from contacts.signals import time_pass
from orchestrator.tick import loop

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
CONDITIONS = {
    "often": {"event": "page_viewed", "count": {"gte": 2}, "within": "2h"},
    "quiet": {"not": {"event": "page_viewed", "within": "3h"}},
    "mixed": {"all": [{"event": "page_viewed", "within": "5h"}, {"not": {"event": "order_placed", "within": "1h"}}]},
    "hot": {"signal": "eager"},
    "lately": {"signal": "eager", "within": "90m"},
}


@pytest.fixture
def town():
    """30 people, half of whose behaviour may be looked at."""
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="o", name_de="o")
    people = [
        Contact.objects.create(external_id=f"p{n}", created_at=NOW - timedelta(days=9), updated_at=NOW)
        for n in range(30)
    ]
    for contact in people[::2]:
        record_consent(contact_id=contact.pk, purpose="profiling", decision="granted", source="t", now=NOW)
    for slug, condition in CONDITIONS.items():
        Segment.objects.create(slug=slug, condition=condition, name_en=slug, name_de=slug)
    Signal.objects.create(
        slug="eager", kind="behaviour", condition={"event": "page_viewed", "count": {"gte": 2}, "within": "1h"},
        cooldown=timedelta(hours=2), holds_for=timedelta(hours=1), name_en="e", name_de="e",
    )  # fmt: skip
    return people


def members(slug):
    return set(SegmentMember.objects.filter(segment__slug=slug).values_list("contact_id", flat=True))


def test_look_at_edges_keeps_segments_as_a_look_at_everybody_would(town):
    dice = random.Random(3)
    now = NOW
    for _ in range(40):
        now += timedelta(minutes=dice.choice([1, 7, 20, 45]))
        for contact in dice.sample(town, 4):
            # some come late and belong to an earlier time, one comes from a clock that is ahead
            at = now - timedelta(minutes=dice.choice([-3, 0, 0, 5, 100, 170]))
            event = NewEvent(contact.pk, dice.choice(["page_viewed", "page_viewed", "order_placed"]), at)
            record_events(events=[event], source="t", now=now)
        loop.beat(now=now)
        for slug, condition in CONDITIONS.items():
            expected = set(Contact.objects.filter(compile_condition(condition, now=now)).values_list("pk", flat=True))
            assert members(slug) == expected, (slug, now)
    assert {slug for slug in CONDITIONS if members(slug)} >= {"quiet", "mixed"}


def test_look_at_edges_asks_about_nobody_while_nothing_crosses_one(town):
    loop.beat(now=NOW)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for look in time_pass.looks(now=NOW + timedelta(seconds=30)):
            assert look() == (set(), set())
    assert not [q for q in asked.captured_queries if "INSERT" in q["sql"]]


def test_beat_fires_again_what_still_holds_after_its_cooldown(town):
    Signal.objects.create(
        slug="silent", kind="lifecycle", condition={"not": {"event": "page_viewed", "within": "1h"}},
        cooldown=timedelta(hours=6), holds_for=timedelta(hours=6), name_en="s", name_de="s",
    )  # fmt: skip
    loop.beat(now=NOW)
    first = SignalFiring.objects.filter(signal__slug="silent").count()
    assert first == 15  # whose behaviour may be looked at, and was not seen
    loop.beat(now=NOW + timedelta(hours=3))
    assert SignalFiring.objects.filter(signal__slug="silent").count() == first
    loop.beat(now=NOW + timedelta(hours=6, seconds=1))
    assert SignalFiring.objects.filter(signal__slug="silent").count() == 2 * first


def test_somebody_new_is_judged_by_what_did_not_happen(town):
    loop.beat(now=NOW)
    newcomer = Contact.objects.create(external_id="new", created_at=NOW, updated_at=NOW)
    record_consent(contact_id=newcomer.pk, purpose="profiling", decision="granted", source="t", now=NOW)
    loop.pulse(now=NOW)
    assert newcomer.pk in members("quiet")


def test_edges_of_many_people_mean_everybody(town, monkeypatch):
    monkeypatch.setattr(edges, "MANY", 3)
    loop.beat(now=NOW)
    record_events(events=[NewEvent(c.pk, "page_viewed", NOW) for c in town], source="t", now=NOW)
    loop.beat(now=NOW)
    assert len(members("quiet")) == 0
    loop.beat(now=NOW + timedelta(hours=3))
    assert len(members("quiet")) == 15
    assert not News.objects.exists()


def test_day_that_begins_somewhere_is_a_reason_to_look_at_everybody(town):
    birthday = {"attribute": "born", "within": {"days": 0, "of": "today"}}
    assert edges.people_at_edges(birthday, since=NOW, now=NOW + timedelta(hours=1)) == []
    assert edges.people_at_edges(birthday, since=NOW, now=NOW + timedelta(hours=14)) is None
