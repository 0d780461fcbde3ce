"""Pausing with deadlines, running out, archiving, bringing back, rolling back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys.definitions.operations import duplicate, pause, resume
from journeys.models import Enrollment, Journey, Refusal, Version
from journeys.versions import operations
from journeys.versions.operations import PeopleInIt, archive, end_pauses, roll_back, unarchive
from tests.flows.conftest import NOW, World

pytestmark = pytest.mark.django_db


def state(flight):
    flight.journey.refresh_from_db()
    return flight.journey.state


def test_pause_holds_until_the_deadline_and_goes_on_by_itself(flight, world: World):
    flight.put("wait", due=NOW + timedelta(hours=1))
    assert pause(journey=flight.journey, until=NOW + timedelta(hours=5))
    world.later(hours=4)
    assert (state(flight), flight.where()) == ("paused", {(1, "wait"): 1})
    world.later(hours=1)
    assert (state(flight), flight.journey.pause_until) == ("live", None)
    assert flight.where() == {(1, "rest"): 1}
    world.adds_up()


def test_running_out_refuses_who_comes_and_lets_those_in_it_go_on_and_be_sent_to(flight, world: World):
    anna = world.person("anna")
    world.does(anna, "cart_updated")
    world.pulse()
    pause(journey=flight.journey, run_out=True)
    ben = world.person("ben")
    world.does(ben, "cart_updated")
    world.pulse()
    assert Refusal.objects.get(contact=ben).reason == "paused"
    world.later(hours=4)
    assert world.at(anna) == "rest"
    assert [found[1] for found in world.touches(anna)] == ["approved"]


def test_running_out_lets_whoever_is_left_leave_at_the_deadline(flight, world: World):
    runs = flight.put("rest", 3, due=NOW + timedelta(days=9))
    pause(journey=flight.journey, run_out=True, until=NOW + timedelta(days=1))
    world.later(days=1)
    assert {run.reason for run in Enrollment.objects.filter(pk__in=[run.pk for run in runs])} == {"stopped"}
    assert (state(flight), flight.journey.pause_until) == ("ending", None)
    world.adds_up()


def test_running_out_ends_in_the_archive_as_soon_as_nobody_is_left(flight, world: World):
    flight.put("rest", due=NOW + timedelta(hours=2))
    pause(journey=flight.journey, run_out=True, archive_when_empty=True)
    world.later(hours=1)
    assert state(flight) == "ending"
    world.later(hours=2)
    world.later(minutes=1)
    assert state(flight) == "archived"


def test_end_pauses_takes_as_many_statements_for_many_people_as_for_few(flight):
    def count(people, start):
        flight.put("rest", people, start=start)
        Journey.objects.update(state="live")
        pause(journey=flight.journey, run_out=True, until=NOW)
        with CaptureQueriesContext(connection) as captured:
            assert end_pauses(now=NOW)["stopped"] == people
        return len(captured)

    assert count(2, 1) == count(50, 2)


def test_end_pauses_without_a_deadline_is_one_statement(flight, django_assert_num_queries):
    pause(journey=flight.journey)
    with CaptureQueriesContext(connection) as captured:
        assert end_pauses(now=NOW + timedelta(days=99)) == {}
    assert sum("journeys" in query["sql"] for query in captured) == 1


def test_resume_clears_the_deadline(flight):
    pause(journey=flight.journey, run_out=True, until=NOW, archive_when_empty=True)
    assert resume(journey=flight.journey)
    assert (state(flight), flight.journey.pause_until, flight.journey.archive_when_empty) == ("live", None, False)
    assert not resume(journey=flight.journey)


def test_archive_with_people_asks_and_stops_them_where_that_is_wanted(flight, world: World):
    flight.put("rest", 2)
    with pytest.raises(PeopleInIt) as refused:
        archive(journey=flight.journey, now=NOW)
    assert (refused.value.people, state(flight)) == (2, "live")
    assert archive(journey=flight.journey, now=NOW, stop=True) == 2
    assert (state(flight), flight.where()) == ("archived", {})
    world.adds_up()


def test_unarchive_gives_a_draft_that_can_be_published_again(flight):
    archive(journey=flight.journey, now=NOW)
    assert unarchive(journey=flight.journey, now=NOW)
    assert not unarchive(journey=flight.journey, now=NOW)
    draft = Version.objects.get(journey=flight.journey, published_at=None)
    assert (state(flight), draft.number, draft.definition) == ("draft", 2, flight.version.definition)
    later = NOW + timedelta(days=3)
    operations.publish(version=draft, plan={}, by=None, now=later)
    assert state(flight) == "live"
    assert Journey.objects.get(pk=flight.journey.pk).opened_at == later  # nothing from before counts


def test_stopping_people_opens_the_journeys_that_listen(flight, world: World):
    from tests.journeys.versions.conftest import Flight

    after = Flight("after", entry={"journey": "cart", "state": "left"})
    runs = flight.put("rest", due=NOW + timedelta(days=9))
    archive(journey=flight.journey, now=world.now, stop=True)
    world.later(minutes=1)
    assert Enrollment.objects.filter(journey=after.journey, contact=runs[0].contact).exists()


def test_roll_back_makes_a_draft_of_the_old_version_and_numbers_go_on(flight):
    first = flight.version
    second = flight.draft(lambda steps, d: steps["wait"].update({"for": "9h"}))
    operations.publish(version=second, plan={}, by=None, now=NOW)
    flight.put("wait", version=second)
    draft = roll_back(version=first, what="Back to version 1", by=None, now=NOW)
    assert (draft.number, draft.definition) == (3, first.definition)
    operations.publish(version=draft, plan={}, by=None, now=NOW)
    assert flight.where() == {(3, "wait"): 1}
    assert roll_back(version=first, what="again", by=None, now=NOW) is None


def test_duplicate_is_a_draft_with_a_name_of_its_own(flight, maja):
    copy = duplicate(journey=flight.journey, by=maja, now=NOW)
    again = duplicate(journey=flight.journey, by=maja, now=NOW)
    assert (copy.slug, again.slug, copy.state, copy.owner) == ("cart-2", "cart-3", "draft", maja)
    draft = copy.versions.get()
    assert draft.definition["slug"] == "cart-2"
    assert draft.definition["name"] == {"en": "cart (copy)", "de": "cart (Kopie)"}
    assert draft.definition["steps"] == flight.version.definition["steps"]
