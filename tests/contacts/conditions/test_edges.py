"""Time alone: who is looked at again when a window over a stage, segment, consent, handover, journey or message moves on."""

from datetime import timedelta

import pytest

from contacts.conditions.edges import people_at_edges
from contacts.models import Contact, EventType, Handover, Segment, SegmentMember, Stage, StageChange
from tests.contacts.conditions.truths import agree, happen, truth
from tests.orchestrator.channels.conftest import NOW, world  # noqa: F401  one live journey that sends one mail

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db
CONDITIONS = [
    {"segment": "fans", "for": "7d"},
    {"segment": "fans", "within": "7d"},
    {"stage": "active", "for": "7d"},
    {"phase": "retention", "within": "7d"},
    {"consent": "email_marketing", "for": "7d"},
    {"consent": "email_marketing", "within": "7d"},
    {"handover": "waiting", "within": "7d"},
    {"journey": "cart", "within": "7d"},
    {"touch": {}, "state": "sent", "within": "7d"},
    {"touch": {"channel": "email"}, "state": "clicked", "within": "7d"},
    {"event": "viewed", "count": {"lt": 1}, "within": "7d"},
]


def person(world, name, at):  # noqa: F811
    """Somebody to whom everything happened at one time."""
    anna = world.person(name, grant=())
    stage = Stage.objects.get_or_create(slug="active", phase="retention", position=1, name_en="A", name_de="A")[0]
    Contact.objects.filter(pk=anna.pk).update(stage=stage, stage_since=at)
    StageChange.objects.create(contact=anna, to_stage=stage, at=at)
    segment = Segment.objects.get_or_create(slug="fans", condition={}, name_en="F", name_de="F")[0]
    SegmentMember.objects.create(segment=segment, contact=anna, since=at)
    agree(anna, "email_marketing", at=at)
    agree(anna, "profiling", at=at)
    Handover.objects.create(contact=anna, team="t", created_at=at, due_at=at)
    touch = world.touch(anna, state="sent", sent_at=at, decided_at=at)
    touch.enrollment.entered_at = at
    touch.enrollment.save()
    happen(anna, "email_clicked", now=at, touch=touch.pk)
    happen(anna, "viewed", now=at)
    return anna


@pytest.mark.parametrize("condition", CONDITIONS)
def test_people_at_edges_are_those_whose_truth_has_changed(world, condition):  # noqa: F811
    EventType.objects.update_or_create(slug="email_clicked", defaults={"kind": "feedback", "name_en": "c", "name_de": "c"})  # fmt: skip
    since = NOW - timedelta(minutes=10)
    people = [
        person(world, name, NOW - 7 * DAY + shift)
        for name, shift in (("Anna", -timedelta(minutes=5)), ("Ben", timedelta(hours=1)), ("Cem", -timedelta(hours=1)))
    ]
    changed = [one.pk for one in people if truth(one, condition, now=since) is not truth(one, condition, now=NOW)]
    assert changed == [people[0].pk]
    assert people_at_edges(condition, since=since, now=NOW) == changed


def test_people_at_edges_of_moments_are_all_when_an_hour_begins(world):  # noqa: F811
    condition = {"context": "hour", "between": [8, 18]}
    world.person("Anna")
    assert people_at_edges(condition, since=NOW + timedelta(minutes=1), now=NOW + timedelta(minutes=9)) == []
    assert people_at_edges(condition, since=NOW - timedelta(minutes=1), now=NOW) is None
