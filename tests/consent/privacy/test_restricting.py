"""Restriction (GDPR Art. 18): the data stays and is used for nothing, and everything goes on when it is lifted."""

from datetime import timedelta

import pytest

from consent.privacy.restricting import set_restriction
from contacts.conditions.language import compile_condition
from contacts.models import (
    Contact,
    Score,
    ScoreRule,
    ScoreValue,
    Segment,
    SegmentChange,
    SegmentMember,
    Signal,
    SignalFiring,
)
from contacts.segments.operations import refresh_segments
from journeys.models import Enrollment, Refusal, Touch
from orchestrator.kernel.scope import EVERYBODY
from orchestrator.tick import loop
from tests.flows.conftest import NOW, journey, world  # noqa: F401

pytestmark = pytest.mark.django_db
SEND = [{"key": "rest", "kind": "wait", "for": "1d"}, {"key": "end", "kind": "end"}]
VIEWED = {"event": "pricing_viewed", "count": {"gte": 1}, "within": "7d"}


def restrict(contact, on=True, now=NOW):
    return set_restriction(contact_ids=[contact.pk], on=on, now=now)


def meets(contact, condition, now):
    return Contact.objects.filter(pk=contact.pk).filter(compile_condition(condition, now=now)).exists()


def test_behaviour_is_not_looked_at_while_restricted(world):  # noqa: F811
    anna = world.person("anna")
    world.does(anna, "pricing_viewed")
    later = world.now + timedelta(minutes=1)
    assert meets(anna, VIEWED, later)
    restrict(anna)
    assert not meets(anna, VIEWED, later)
    restrict(anna, on=False)
    assert meets(anna, VIEWED, later)


def test_segments_are_left_at_once_without_opening_a_journey_and_joined_again(world):  # noqa: F811
    anna, ben = world.person("anna"), world.person("ben")
    segment = Segment.objects.create(slug="s", name_en="s", name_de="s", condition={"attribute": "country", "is": "DE"})
    Contact.objects.update(country="DE")
    refresh_segments(now=NOW, scope=EVERYBODY)
    restrict(anna)
    assert list(SegmentMember.objects.values_list("contact_id", flat=True)) == [ben.pk]
    assert SegmentChange.objects.get(contact=anna, entered=False).taken_at == NOW
    refresh_segments(now=NOW, scope=EVERYBODY)
    assert SegmentMember.objects.filter(segment=segment).count() == 1
    restrict(anna, on=False)
    world.pulse()
    assert SegmentMember.objects.filter(contact=anna).exists()


def test_signals_and_scores_see_nothing_of_restricted_people(world):  # noqa: F811
    anna, ben = world.person("anna"), world.person("ben")
    Signal.objects.create(
        slug="g",
        name_en="g",
        name_de="g",
        kind="behaviour",
        strength="weak",
        condition={"attribute": "country", "is": "DE"},
        cooldown=timedelta(days=1),
        holds_for=timedelta(days=1),
    )
    score = Score.objects.create(slug="fit", name_en="f", name_de="f", axis="fit")
    ScoreRule.objects.create(
        score=score, name_en="r", name_de="r", position=1, condition={"attribute": "country", "is": "DE"}, points=10
    )
    restrict(anna)
    Contact.objects.update(country="DE")
    loop.tick(now=world.now, scope=EVERYBODY)
    assert set(SignalFiring.objects.values_list("contact_id", flat=True)) == {ben.pk}
    assert set(ScoreValue.objects.filter(value__gt=0).values_list("contact_id", flat=True)) == {ben.pk}


def test_entry_is_refused_with_its_reason(world):  # noqa: F811
    journey("j", SEND, entry={"event": "order_placed"})
    anna = world.person("anna")
    restrict(anna)
    world.does(anna, "order_placed")
    world.pulse()
    assert not Enrollment.objects.exists()
    assert Refusal.objects.get().reason == "restricted"


def test_running_journey_stands_still_until_it_is_lifted(world):  # noqa: F811
    journey("j", SEND, entry={"event": "order_placed"})
    anna, ben = world.person("anna"), world.person("ben")
    for person in (anna, ben):
        world.does(person, "order_placed")
    world.pulse()
    restrict(anna)
    world.now += timedelta(days=2)
    loop.tick(now=world.now, scope=EVERYBODY)
    assert set(Enrollment.objects.filter(left_at=None).values_list("contact_id", flat=True)) == {anna.pk}
    restrict(anna, on=False, now=world.now)
    loop.tick(now=world.now, scope=EVERYBODY)
    assert not Enrollment.objects.filter(left_at=None).exists()
    assert not Touch.objects.exists()


def test_restricting_twice_changes_nobody_the_second_time(world):  # noqa: F811
    anna = world.person("anna")
    assert (restrict(anna), restrict(anna), restrict(anna, on=False), restrict(anna, on=False)) == (1, 0, 1, 0)
