"""Stages by rule and by hand: order, rules for leaving, no ping-pong, and a reason for what a person did."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.events.operations import NewEvent, record_events
from contacts.models import Contact, EventType, News, Segment, Stage, StageChange
from contacts.stages.operations import move_stages, set_stage
from orchestrator.kernel.scope import Scope
from orchestrator.tick import loop

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
ORDERED = {"event": "order_placed", "count": {"gte": 1}, "within": "30d"}
SILENT = {"not": {"event": "order_placed", "count": {"gte": 1}, "within": "90d"}}


def stage(slug, condition, position, leave=None):
    return Stage.objects.create(
        slug=slug, name_en=slug, name_de=slug, phase="purchase", position=position, condition=condition, leave=leave
    )


@pytest.fixture
def anna(db):
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="Order", name_de="Bestellung")
    return Contact.objects.create(external_id="anna", created_at=NOW, updated_at=NOW)


def order(contact, at):
    record_events(events=[NewEvent(contact.pk, "order_placed", at, {}, f"{at}")], source="shop", now=at)


def history(contact):
    rows = StageChange.objects.filter(contact=contact).order_by("id").select_related("from_stage", "to_stage")
    return [(row.from_stage.slug if row.from_stage else "", row.to_stage.slug) for row in rows]


def score(contact, points, now):
    """Change an attribute as an import does, and let the pulse see it."""
    Contact.objects.filter(pk=contact.pk).update(attributes={"points": points})
    News.objects.create(contact_id=contact.pk, name="profile", since=now)
    loop.pulse(now=now)


def test_move_stages_takes_the_first_rule_by_position(anna):
    stage("lead", {"attribute": "created_at", "is_set": True}, 2)
    stage("customer", ORDERED, 1)
    move_stages(now=NOW, scope=Scope())
    assert history(anna) == [("", "lead")]
    order(anna, NOW + timedelta(hours=1))
    loop.pulse(now=NOW + timedelta(hours=1))
    assert history(anna) == [("", "lead"), ("lead", "customer")]
    loop.beat(now=NOW + timedelta(days=32))  # the order is too old: the next rule claims again
    assert history(anna)[-1] == ("customer", "lead")


def test_move_stages_with_facts_to_and_fro_and_rules_for_leaving_moves_nobody_twice(anna):
    stage("hot", {"attribute": "points", "gte": 60}, 1, leave={"attribute": "points", "lt": 40})
    stage("cold", {"attribute": "created_at", "is_set": True}, 2, leave={"attribute": "points", "gte": 60})
    for hour, points in enumerate([10, 60, 59, 61, 45, 60, 41, 59]):
        score(anna, points, NOW + timedelta(hours=hour))
    assert history(anna) == [("", "cold"), ("cold", "hot")]
    score(anna, 39, NOW + timedelta(hours=9))
    assert history(anna)[-1] == ("hot", "cold")


def test_move_stages_without_rules_for_leaving_follows_every_change(anna):
    stage("hot", {"attribute": "points", "gte": 60}, 1)
    stage("cold", {"attribute": "created_at", "is_set": True}, 2)
    for hour, points in enumerate([10, 60, 59, 61]):
        score(anna, points, NOW + timedelta(hours=hour))
    assert len(history(anna)) == 4


def test_move_stages_with_an_unknown_rule_for_leaving_keeps_the_person(anna):
    stage("vip", {"attribute": "created_at", "is_set": True}, 2, leave={"attribute": "country_of_birth", "is": "AT"})
    move_stages(now=NOW, scope=Scope())
    stage("other", {"attribute": "created_at", "is_set": True}, 1)
    move_stages(now=NOW, scope=Scope())
    assert history(anna) == [("", "vip")]


def test_move_stages_moves_nobody_out_of_a_stage_without_a_rule(anna):
    stage("lead", {"attribute": "created_at", "is_set": True}, 2)
    stage("sql", None, 1, leave={"attribute": "created_at", "is_set": True})
    set_stage(contact_ids=[anna.pk], slug="sql", by="Kim", now=NOW, why="asked by phone")
    order(anna, NOW)
    loop.pulse(now=NOW)
    loop.beat(now=NOW + timedelta(minutes=1))
    assert history(anna) == [("", "sql")]
    set_stage(contact_ids=[anna.pk], slug="lead", by="journey step back", now=NOW + timedelta(hours=1))
    assert history(anna)[-1] == ("sql", "lead")


def test_move_stages_moves_nobody_twice_in_a_tick(anna):
    """Whoever a second rule claims in the same moment is judged again a moment later."""
    stage("second", {"stage": "first"}, 1)
    stage("first", {"all": [{"stage": "start"}, {"attribute": "created_at", "is_set": True}]}, 2)
    stage("start", {"attribute": "created_at", "is_set": True}, 3)
    move_stages(now=NOW, scope=Scope())
    assert move_stages(now=NOW, scope=Scope()) == set()
    assert history(anna) == [("", "start")]
    loop.pulse(now=NOW)
    assert len(history(anna)) == 1
    loop.pulse(now=NOW + timedelta(seconds=5))
    assert history(anna)[1:] == [("start", "first")]
    loop.pulse(now=NOW + timedelta(seconds=10))
    assert history(anna)[2:] == [("first", "second")]


def test_move_stages_follows_a_segment_that_follows_from_a_signal_in_the_same_tick(anna):
    Segment.objects.create(slug="buyers", name_en="B", name_de="B", condition=ORDERED)
    stage("customer", {"segment": "buyers"}, 1)
    loop.beat(now=NOW)
    order(anna, NOW + timedelta(minutes=1))
    loop.pulse(now=NOW + timedelta(minutes=1))
    assert history(anna) == [("", "customer")]
    assert not News.objects.exists()


def test_move_stages_with_a_new_rule_judges_everybody_once(anna):
    first = stage("lead", {"attribute": "country", "is": "DE"}, 1)
    loop.beat(now=NOW)
    Contact.objects.create(external_id="ben", country="DE", created_at=NOW, updated_at=NOW)  # no news about Ben
    loop.pulse(now=NOW)
    assert StageChange.objects.count() == 0
    Stage.objects.filter(pk=first.pk).update(refreshed_at=None)
    loop.beat(now=NOW + timedelta(minutes=1))
    assert [change.contact.external_id for change in StageChange.objects.all()] == ["ben"]
    assert Stage.objects.get().refreshed_at == NOW + timedelta(minutes=1)


def test_move_stages_twice_changes_nothing_and_costs_the_same_for_many(anna):
    stage("lead", {"attribute": "created_at", "is_set": True}, 1, leave=SILENT)

    def statements(count):
        Contact.objects.bulk_create(
            Contact(external_id=f"{count}-{n}", created_at=NOW, updated_at=NOW) for n in range(count)
        )
        with CaptureQueriesContext(connection) as captured:
            move_stages(now=NOW, scope=Scope())
        return len(captured)

    move_stages(now=NOW, scope=Scope())
    assert statements(1) == statements(300)
    assert StageChange.objects.count() == 302
    assert move_stages(now=NOW, scope=Scope()) == set()


def test_set_stage_keeps_who_and_why(anna):
    stage("lead", {"attribute": "created_at", "is_set": True}, 1)
    assert set_stage(contact_ids=[anna.pk], slug="lead", by="Kim Meier", now=NOW, why="met at the fair") == 1
    change = StageChange.objects.get()
    assert (change.by, change.why, change.at) == ("Kim Meier", "met at the fair", NOW)
    assert set_stage(contact_ids=[anna.pk], slug="lead", by="Kim Meier", now=NOW, why="again") == 0
    with pytest.raises(Stage.DoesNotExist):
        set_stage(contact_ids=[anna.pk], slug="none", by="Kim", now=NOW)
