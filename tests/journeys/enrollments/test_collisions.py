"""Which journeys talk to the same people: who, and on which days."""

from datetime import timedelta

import pytest

from contacts.models import Segment, SegmentMember, Signal
from journeys.definitions.operations import import_journey
from journeys.enrollments.collisions import collision_counts, collisions
from journeys.enrollments.models import Enrollment, Touch
from journeys.models import Block, Journey
from tests.flows.conftest import NOW, World, names

pytestmark = pytest.mark.django_db


def run_of(journey, contact):
    return Enrollment.objects.create(
        contact=contact,
        journey=journey,
        version=journey.live_version,
        step=journey.live_version.steps.first(),
        entered_at=NOW - timedelta(days=3),
        arrived_at=NOW,
    )


def sent(run, at):
    Touch.objects.create(
        enrollment=run, step=run.step, visit=Touch.objects.count(), contact=run.contact, journey=run.journey,
        block=Block.objects.get(slug="hello"), channel="email",
        purpose="email_marketing", state="sent", proposed_at=at, decided_at=at, sent_at=at, expires_at=at,
    )  # fmt: skip


@pytest.fixture
def two(make_journey):
    return make_journey("first"), make_journey("second")


def test_collisions_counts_people_in_both_and_days_on_which_both_sent(two):
    first, second = two
    world = World()
    anna, ben, cem = (world.person(name) for name in ("anna", "ben", "cem"))
    runs = {(j.slug, p.pk): run_of(j, p) for j in two for p in (anna, ben)} | {("first", cem.pk): run_of(first, cem)}
    # 23:30 in Berlin and half an hour later are two days there, and one in UTC
    late = (NOW - timedelta(days=2)).replace(hour=22, minute=30)
    sent(runs["first", anna.pk], NOW - timedelta(days=1))
    sent(runs["second", anna.pk], NOW - timedelta(days=1, hours=2))
    sent(runs["first", ben.pk], late)
    sent(runs["second", ben.pk], late + timedelta(hours=1))
    sent(runs["second", ben.pk], NOW - timedelta(days=40))

    [found] = collisions(definition=first.live_version.definition, journey_id=first.pk, now=NOW)

    assert (found.journey, found.people, found.touched, found.days) == (second, 2, 2, 1)
    assert found.last_day == (NOW - timedelta(days=1)).date()
    assert found.sentence == "2 people are in both, on 1 day a message of each"


def test_collisions_of_a_journey_without_people_look_at_whom_its_entry_spoke_about(two):
    _first, second = two
    anna = World().person("anna")
    run_of(second, anna)
    segment = Segment.objects.create(slug="all", name_en="All", name_de="Alle")
    SegmentMember.objects.create(segment=segment, contact=anna, since=NOW)
    found = collisions(definition={"entry": {"segment": "all"}}, journey_id=None, now=NOW)
    assert [(one.journey, one.people, one.days) for one in found] == [(second, 1, 0)]
    assert collisions(definition={"entry": {"api": True}}, journey_id=None, now=NOW) == []


def test_collisions_leave_out_journeys_that_do_not_run(two):
    first, second = two
    anna = World().person("anna")
    for journey in two:
        run_of(journey, anna)
    Journey.objects.filter(pk=second.pk).update(state="archived")
    assert collisions(definition=first.live_version.definition, journey_id=first.pk, now=NOW) == []


@pytest.fixture
def make_journey():
    Signal.objects.create(
        slug="s", kind="behaviour", condition={"event": "x"}, cooldown="1 day", holds_for="1 day", name_en="s", name_de="s"
    )  # fmt: skip
    Block.objects.create(slug="hello", phase="purchase", state="approved", changed_at=NOW, name_en="h", name_de="h")

    def make(slug):
        steps = [
            {"key": "mail", "kind": "send", "name": names("Mail"), "block": "hello"},
            {"key": "end", "kind": "end", "name": names("End")},
        ]
        definition = {"slug": slug, "name": names(slug), "phase": "purchase", "entry": {"signal": "s"}, "steps": steps}
        return import_journey(definition=definition, now=NOW).journey

    return make


def test_collision_counts_say_for_every_live_journey_how_many_share_people(two, make_journey):
    first, second = two
    third, fourth = make_journey("third"), make_journey("fourth")
    world = World()
    anna, ben = world.person("anna"), world.person("ben")
    for one in (first, second, third):
        run_of(one, anna)
    run_of(first, ben)
    run_of(fourth, ben)
    Enrollment.objects.filter(journey=third).update(left_at=NOW)
    assert collision_counts() == {first.pk: 2, second.pk: 1, fourth.pk: 1}
    Journey.objects.filter(pk=fourth.pk).update(state="paused")
    assert collision_counts() == {first.pk: 1, second.pk: 1}
