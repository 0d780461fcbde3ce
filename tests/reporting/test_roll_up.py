"""The daily values, equal to an independent count in plain Python."""

from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from contacts.events.models import Event
from contacts.profiles.models import Contact
from contacts.stages.models import StageChange
from contacts.stages.rules import Phase
from journeys.enrollments.models import Enrollment, Touch, Transition
from journeys.models import Journey
from reporting.kpis.models import DailyValue
from reporting.kpis.operations import roll_up_kpis

ZONE = ZoneInfo("Europe/Berlin")
DAYS = 40


def local_days(now):
    today = now.astimezone(ZONE).date()
    return [today - timedelta(days=n) for n in range(DAYS)]


def end_of(day):
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZONE)


def values(**given):
    return {(row.on, row.metric): int(row.value) for row in DailyValue.objects.filter(**given)}


def test_roll_up_counts_people_in_phases_on_past_days(scene, now):
    roll_up_kpis(now=now, days=DAYS)
    history = defaultdict(list)
    for change in StageChange.objects.select_related("to_stage").order_by("at", "id"):
        history[change.contact_id].append((change.at, change.to_stage.phase))
    for phase in Phase:
        found = values(phase=phase, metric="people")
        for day in local_days(now):
            there = [[p for at, p in moves if at < end_of(day)][-1:] for moves in history.values()]
            assert found[day, "people"] == there.count([phase]), (phase, day)


def test_roll_up_counts_moves_between_phases(scene, now):
    roll_up_kpis(now=now, days=DAYS)
    order, expected = list(Phase), Counter()
    for change in StageChange.objects.select_related("from_stage", "to_stage"):
        day, to = change.at.astimezone(ZONE).date(), Phase(change.to_stage.phase)
        before = Phase(change.from_stage.phase) if change.from_stage else None
        if before != to:
            expected[to, day, "arrived"] += 1
            if before:
                way = "moved_on" if order.index(to) > order.index(before) else "moved_back"
                expected[before, day, way] += 1
    for phase in Phase:
        found = values(phase=phase, metric__in=("arrived", "moved_on", "moved_back"))
        assert len(found) == 3 * DAYS
        assert all(n == expected[phase, day, metric] for (day, metric), n in found.items())


def test_roll_up_counts_journeys(scene, now):
    roll_up_kpis(now=now, days=DAYS)
    expected = Counter()
    for move in Transition.objects.all():
        day = move.at.astimezone(ZONE).date()
        expected[move.journey_id, day, "entered"] += move.seq == 0
        expected[move.journey_id, day, "left"] += move.to_step_id is None
        expected[move.journey_id, day, "goals"] += move.reason == "goal"
    for touch in Touch.objects.exclude(sent_at=None):
        expected[touch.journey_id, touch.sent_at.astimezone(ZONE).date(), "sent"] += 1
    journey_of = dict(Touch.objects.values_list("id", "journey_id"))
    for event in Event.objects.filter(name="email_clicked"):
        expected[journey_of[event.properties["touch"]], event.occurred_at.astimezone(ZONE).date(), "clicked"] += 1
    runs = list(Enrollment.objects.all())
    for journey in Journey.objects.all():
        for (day, metric), n in values(journey=journey).items():
            if metric == "people":
                end = end_of(day)
                there = [
                    r
                    for r in runs
                    if r.journey_id == journey.pk and r.entered_at < end and not (r.left_at and r.left_at < end)
                ]
                assert n == len(there), (journey.slug, day)
            else:
                assert n == expected[journey.pk, day, metric], (journey.slug, day, metric)


def test_roll_up_twice_changes_nothing(scene, now):
    assert roll_up_kpis(now=now, days=DAYS) > 0
    before = values()
    assert roll_up_kpis(now=now, days=DAYS) == 0
    assert values() == before


def test_roll_up_after_a_move_changes_only_that(scene, now):
    roll_up_kpis(now=now, days=2)
    contact = Contact.objects.filter(stage__phase="awareness").first()
    target = StageChange.objects.filter(to_stage__phase="advocacy").first().to_stage
    StageChange.objects.create(contact=contact, from_stage=contact.stage, to_stage=target, at=now - timedelta(hours=1))
    Contact.objects.filter(pk=contact.pk).update(stage=target)
    assert roll_up_kpis(now=now, days=2) == 4  # one less there, one more here, one arrived, one moved on


@pytest.mark.parametrize("touch", ["abc", None, [1], "9" * 40, {"a": 1}])
def test_roll_up_ignores_clicks_on_nothing_of_ours(scene, now, touch):
    contact = Contact.objects.first()
    Event.objects.create(
        contact=contact, name="email_clicked", occurred_at=now - timedelta(hours=1), received_at=now, properties={"touch": touch},
        source="web", message_id="nonsense",
    )  # fmt: skip
    clicked = sum(n for (_, metric), n in values().items() if metric == "clicked")
    roll_up_kpis(now=now, days=1)
    assert sum(n for (_, metric), n in values().items() if metric == "clicked") >= clicked
