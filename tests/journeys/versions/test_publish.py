"""Publishing: what happens to people in flight, step by step; two at once; a second person."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys.models import Enrollment, Journey, Offer, OfferDecision, Step, Transition, Version, WebhookCall
from journeys.versions import operations
from journeys.versions.operations import AlreadyPublished, Changed, NeedsSecondPerson, SamePerson, Seen
from journeys.versions.rules import InvalidPlan
from tests.flows.conftest import NOW, names
from tests.journeys.versions.conftest import Flight

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def publish(draft, by=None, **plan):
    return operations.publish(version=draft, plan=plan, by=by, now=LATER)


def test_publish_moves_people_along_and_their_timer_runs_on(flight, world):
    (run,) = flight.put("wait", due=NOW + timedelta(hours=4))
    done = publish(flight.draft(lambda steps, d: steps["wait"].update({"for": "8h"})))
    run.refresh_from_db()
    assert flight.where() == {(2, "wait"): 1}
    assert (run.seq, run.due_at, run.arrived_at) == (1, NOW + timedelta(hours=4), NOW)
    move = Transition.objects.get(enrollment=run, seq=1)
    assert (move.from_step.key, move.to_step.key, move.exit, move.at) == ("wait", "wait", "moved_version", LATER)
    assert done.people == {"finish": 0, "move": 1, "again": 0, "leave": 0}
    world.adds_up()


def test_publish_computes_the_timer_again_from_the_arrival(flight, world):
    (run,) = flight.put("wait", due=NOW + timedelta(hours=4))
    draft = flight.draft(lambda steps, d: steps["wait"].update({"for": "8h"}))
    publish(draft, steps={"wait": {"do": "again"}})
    run.refresh_from_db()
    assert (run.due_at, run.arrived_at) == (NOW + timedelta(hours=8), NOW)
    world.adds_up()


def test_publish_computes_a_local_timer_again_in_each_zone(flight, world):
    berlin = flight.put("wait", due=NOW + timedelta(hours=4))[0]
    york = flight.put("wait", due=NOW + timedelta(hours=4), zone="America/New_York", start=1)[0]

    def change(steps, d):
        steps["wait"].pop("for")
        steps["wait"]["window"] = {"from": "15:00"}

    publish(flight.draft(change), steps={"wait": {"do": "again"}})
    world.later(minutes=1)  # the step settles the local time of whoever is due there
    berlin.refresh_from_db()
    york.refresh_from_db()
    assert (berlin.due_at.hour, york.due_at.hour) == (14, 20)  # 15:00 in Berlin and in New York, in November


def test_publish_leaves_people_on_the_old_version_who_finish_it(flight, world):
    flight.put("rest", 2, due=NOW + timedelta(days=2))
    draft = flight.draft(lambda steps, d: d["steps"].remove(steps["rest"]))
    done = publish(draft)
    assert flight.where() == {(1, "rest"): 2}
    assert done.people["finish"] == 2
    world.later(days=3)
    assert set(Enrollment.objects.values_list("reason", flat=True)) == {"completed"}
    world.adds_up()


def test_publish_moves_people_from_a_removed_step_to_another(flight, world):
    (run,) = flight.put("rest", due=NOW + timedelta(days=2))

    def change(steps, d):
        d["steps"].remove(steps["rest"])
        d["steps"].insert(2, {"key": "pause", "kind": "wait", "name": names("p"), "for": "5h"})

    publish(flight.draft(change), steps={"rest": {"do": "move", "to": "pause"}})
    run.refresh_from_db()
    assert flight.where() == {(2, "pause"): 1}
    assert (run.arrived_at, run.due_at) == (LATER, LATER + timedelta(hours=5))
    world.adds_up()


def test_publish_lets_people_leave(flight, world):
    (run,) = flight.put("rest")
    done = publish(flight.draft(lambda steps, d: steps["rest"].update({"for": "1d"})), steps={"rest": {"do": "leave"}})
    run.refresh_from_db()
    assert (run.reason, run.outcome, run.left_at, run.step_id) == ("stopped", "version", LATER, None)
    assert done.people["leave"] == 1
    world.adds_up()


def test_publish_can_let_everybody_on_unchanged_steps_finish(flight):
    flight.put("wait"), flight.put("rest")
    publish(flight.draft(lambda steps, d: steps["rest"].update({"for": "1d"})), unchanged="finish")
    assert flight.where() == {(1, "wait"): 1, (2, "rest"): 1}


def test_publish_leaves_people_on_older_versions_alone_or_moves_them_too(flight):
    flight.put("rest")
    publish(flight.draft(lambda steps, d: steps["wait"].update({"for": "1d"})), unchanged="finish")
    flight.version = Version.objects.get(number=2)
    flight.put("rest", start=1)
    draft = flight.draft(lambda steps, d: steps["wait"].update({"for": "2d"}))
    publish(draft)
    assert flight.where() == {(1, "rest"): 1, (3, "rest"): 1}
    publish(flight.draft(lambda steps, d: steps["wait"].update({"for": "3d"})), older="move")
    assert flight.where() == {(4, "rest"): 2}


def test_publish_keeps_the_plan_with_its_counts_and_who(flight, maja):
    flight.put("wait", 3)
    draft = flight.draft(lambda steps, d: steps["wait"].update({"for": "1d"}))
    operations.publish(version=draft, plan={}, by=maja, now=LATER, note="Shorter")
    draft.refresh_from_db()
    assert draft.plan["steps"] == {"wait": {"do": "move", "to": "wait"}}
    assert draft.plan["people"]["move"] == 3
    assert (draft.published_by, draft.note) == (maja, "Shorter")


def test_publish_takes_names_and_changed_priority_but_keeps_what_was_set_by_hand(flight):
    Journey.objects.update(priority=77)
    publish(flight.draft(lambda steps, d: d.update(name=names("Basket"))))
    flight.journey.refresh_from_db()
    assert (flight.journey.name_en, flight.journey.priority) == ("Basket", 77)
    publish(flight.draft(lambda steps, d: d.update(priority=33)))
    flight.journey.refresh_from_db()
    assert flight.journey.priority == 33


@pytest.mark.parametrize(
    "plan",
    [
        {"steps": {"rest": {"do": "move", "to": "nowhere"}}},
        {"steps": {"rest": {"do": "again"}}},
        {"steps": {"rest": {"do": "vanish"}}},
        {"steps": {"rest": 3}},
        {"steps": {"rest": {"do": ["x"]}}},
        {"steps": []},
        {"unchanged": "leave"},
        {"older": None},
    ],
)
def test_publish_with_a_plan_that_makes_no_sense_writes_nothing(flight, plan):
    flight.put("rest")
    draft = flight.draft(lambda steps, d: d["steps"].remove(steps["rest"]))
    with pytest.raises(InvalidPlan):
        publish(draft, **plan)
    draft.refresh_from_db()
    assert draft.published_at is None
    assert not Step.objects.filter(version=draft).exists()


def test_94_publish_a_second_time_is_refused(flight):
    draft = flight.draft(lambda steps, d: steps["wait"].update({"for": "1d"}))
    publish(draft)
    with pytest.raises(AlreadyPublished):
        publish(draft)


def test_95_publish_of_a_draft_that_changed_meanwhile_is_refused(flight):
    draft = flight.draft(lambda steps, d: steps["wait"].update({"for": "1d"}))
    seen = Seen(draft.revision, flight.version.pk)
    flight.draft(lambda steps, d: steps["wait"].update({"for": "2d"}))
    with pytest.raises(Changed):
        operations.publish(version=draft, plan={}, by=None, now=LATER, seen=seen)


def test_publish_takes_as_many_statements_for_many_people_as_for_few(flight):
    def count(people, wait):
        flight.put("wait", people, start=people), flight.put("rest", people, start=people)
        draft = flight.draft(lambda steps, d: steps["wait"].update({"for": wait}))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            publish(draft, steps={"wait": {"do": "again"}})
        flight.version = draft
        return len(captured)

    assert count(2, "1d") == count(60, "2d")


def test_publish_to_many_wants_a_second_person(flight, maja, otto, settings):
    settings.PUBLISH_ALONE_UP_TO = 2
    flight.put("wait", 3)
    draft = flight.draft(lambda steps, d: steps["wait"].update({"for": "1d"}))
    plan = {"steps": {"wait": {"do": "again"}}}
    with pytest.raises(NeedsSecondPerson) as refused:
        publish(draft, by=maja, **plan)
    assert refused.value.people == 3
    operations.request_publishing(version=draft, plan=plan, by=maja, now=NOW, note="Please")
    with pytest.raises(SamePerson):
        operations.approve(version=draft, by=maja, now=LATER)
    done = operations.approve(version=draft, by=otto, now=LATER)
    draft.refresh_from_db()
    assert (draft.published_by, draft.requested_by, draft.note) == (otto, maja, "Please")
    assert done.people["again"] == 3


def test_approve_what_changed_since_is_refused_and_sending_back_clears_the_request(flight, maja, otto):
    draft = flight.draft(lambda steps, d: steps["wait"].update({"for": "1d"}))
    operations.request_publishing(version=draft, plan={}, by=maja, now=NOW)
    flight.draft(lambda steps, d: steps["wait"].update({"for": "2d"}))
    with pytest.raises(Changed):
        operations.approve(version=draft, by=otto, now=LATER)
    assert operations.send_back(version=draft)
    assert not operations.send_back(version=draft)


def test_publish_takes_a_call_along_that_somebody_waits_for(world):
    steps = [{"key": "ask", "kind": "webhook", "url": "https://crm.example/ask"}, {"key": "done", "kind": "end"}]
    flight = Flight("asks", steps=steps)
    (run,) = flight.put("ask", due=NOW)
    world.later(minutes=1)
    assert WebhookCall.objects.count() == 1
    publish(flight.draft(lambda steps, d: steps["done"].update(outcome="asked")))
    world.later(minutes=1)
    call = WebhookCall.objects.get()
    assert (call.enrollment_id, call.step.version.number, call.visit) == (run.pk, 2, 1)
    WebhookCall.objects.update(state="done")
    Enrollment.objects.update(due_at=world.now)
    world.later(minutes=1)
    assert flight.where() == {}
    world.adds_up()


@pytest.mark.parametrize(("other", "reasons"), [("spring", ["other_segment"]), ("autumn", ["", "other_segment"])])
def test_publish_takes_a_decision_along_unless_another_offer_is_asked_for(world, other, reasons):
    """Decided on the old version, and not moved on yet: the person is not asked again about the same offer."""
    for slug in ("spring", "autumn"):
        Offer.objects.create(slug=slug, kind="gift", state="live", name_en=slug, name_de=slug, created_at=NOW)
    rest = [{"key": key, "kind": "end", "outcome": key} for key in ("given", "none")]
    steps = [{"key": "give", "kind": "offer", "offer": "spring", "not_offered": "none"}, *rest]
    flight = Flight("offers", steps)
    (run,) = flight.put("give")
    spring = Offer.objects.get(slug="spring")
    OfferDecision.objects.create(
        offer=spring, contact=run.contact, enrollment=run, visit=0, reason="other_segment", at=NOW
    )
    publish(flight.draft(lambda steps, d: steps["give"].update(offer=other, name=names("Give it"))))
    world.later(hours=1)
    run.refresh_from_db()
    assert run.outcome == ("none" if other == "spring" else "given")
    assert sorted(OfferDecision.objects.values_list("reason", flat=True)) == reasons


def test_publish_does_not_send_again_to_who_waits_for_a_reaction(world):
    steps = [
        {"key": "mail", "kind": "send", "block": "hello", "then": "reaction", "wait_for": "2d"},
        {"key": "done", "kind": "end"},
    ]
    flight = Flight("asks", steps=steps)
    anna = world.person("anna")
    world.does(anna, "cart_updated")
    world.pulse()
    assert len(world.touches(anna)) == 1
    publish(flight.draft(lambda steps, d: steps["done"].update(outcome="asked")))
    world.later(hours=2)
    assert len(world.touches(anna)) == 1
    assert flight.where() == {(2, "mail"): 1}
    world.later(days=3)
    assert (len(world.touches(anna)), flight.where()) == (1, {})
    world.adds_up()


def test_why_page_of_somebody_who_was_moved_says_so(flight, client, maja):
    from django.urls import reverse

    (run,) = flight.put("which", due=NOW + timedelta(days=9))
    publish(flight.draft(lambda steps, d: steps["wait"].update({"for": "8h"})))
    client.force_login(maja)
    said = client.get(reverse("why", args=[run.contact_id, "cart"])).content.decode()
    assert "moved to another version" in said
    assert client.get(reverse("contact", args=[run.contact_id])).status_code == 200
