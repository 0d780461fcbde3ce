"""People of a holdout at the door: kept out with a reason, or let in, measured and never written to."""

from decimal import Decimal

import pytest
import time_machine

from consent.limits.operations import create_holdout, end_holdout
from consent.models import HoldoutMember
from journeys.enrollments.numbers import runs
from journeys.models import Enrollment, Journey, Refusal
from reporting.explain.why import why_page
from tests.flows.conftest import NOW, journey

STEPS = [
    {"key": "hello", "kind": "send", "block": "hello"},
    {"key": "wait", "kind": "wait", "for": "1d"},
    {"key": "end", "kind": "end"},
]


def hold_out(*, walks, only="", slug="group"):
    names = {"en": "A group", "de": "Eine Gruppe"}
    holdout, _ = create_holdout(slug=slug, names=names, share=Decimal(1), journey=only, walks=walks, now=NOW)
    return holdout


def cart(steps=STEPS, slug="cart", **more):
    journey(slug, [dict(step) for step in steps], **more)


@pytest.mark.parametrize(("only", "reason"), [("", "holdout_global"), ("cart", "holdout_journey")])
def test_enter_journeys_of_somebody_held_out_is_refused_with_the_group(world, only, reason):
    cart()
    anna = world.person("anna")
    hold_out(walks=False, only=only)
    world.does(anna, "cart_updated")
    world.pulse()
    refusal = Refusal.objects.get(contact=anna)
    assert (refusal.reason, refusal.details["holdout"]) == (reason, "group")
    assert not Enrollment.objects.exists()


def test_enter_journeys_of_another_journey_than_the_holdouts_takes_in(world):
    cart()
    anna = world.person("anna")
    hold_out(walks=False, only="nurture")
    world.does(anna, "cart_updated")
    world.pulse()
    assert world.touches(anna) == [("hello", "approved", "")]


def test_enter_journeys_of_a_holdout_that_has_ended_takes_in(world):
    cart()
    anna = world.person("anna")
    end_holdout(pk=hold_out(walks=False).pk)
    world.does(anna, "cart_updated")
    world.pulse()
    assert world.touches(anna) == [("hello", "approved", "")]


def test_enter_journeys_by_contract_knows_no_holdout(world):
    cart(purpose="service")
    anna = world.person("anna")
    hold_out(walks=False)
    world.does(anna, "cart_updated")
    world.pulse()
    assert world.touches(anna) == [("hello", "approved", "")]
    assert world.run(anna).arm == ""


def test_enter_journeys_of_a_walking_holdout_is_measured_as_control(world):
    cart(goal={"name": {"en": "Order", "de": "Kauf"}, "when": {"event": "order_placed", "since": "entry"}})
    anna = world.person("anna")
    hold_out(walks=True)
    ben = world.person("ben")  # a newcomer is drawn as well
    for person in (anna, ben):
        world.does(person, "cart_updated")
    world.pulse()
    world.later(minutes=5)
    world.does(ben, "order_placed")
    world.pulse()
    assert world.touches(anna) == [("hello", "suppressed", "holdout")]
    assert world.run(anna).arm == "holdout"
    run = runs(since=NOW)[Journey.objects.get(slug="cart").pk]
    assert (run.entered, run.held_out, run.held_out_goals) == (0, 2, 1)
    world.adds_up()


def test_uplift_on_every_page_compares_with_those_who_walk_along(world, client, admin_user, settings):
    cart(goal={"name": {"en": "Order", "de": "Kauf"}, "when": {"event": "order_placed", "since": "entry"}})
    people = [world.person(f"p{n}") for n in range(8)]
    names = {"en": "A group", "de": "Eine Gruppe"}
    create_holdout(slug="group", names=names, share=Decimal(1), journey="cart", walks=True, now=NOW)
    HoldoutMember.objects.filter(contact__in=people[4:]).delete()  # the first four walk along
    for person in people:
        world.does(person, "cart_updated")
    world.pulse()
    world.later(minutes=5)
    for person in (people[0], *people[4:7]):
        world.does(person, "order_placed")
    world.pulse()
    assert [world.run(person).arm for person in people] == ["holdout"] * 4 + [""] * 4
    run = runs(since=NOW)[Journey.objects.get(slug="cart").pk]
    assert run[1:] == (4, 3, 4, 1)  # entered and at the goal, held out and at the goal
    assert run.uplift.points == pytest.approx(50)  # 3 of 4 against 1 of 4
    client.force_login(admin_user)
    with time_machine.travel(world.now, tick=False):
        (today,) = client.get("/").context["journeys"]
        (row,) = client.get("/journeys/").context["rows"]
        own = client.get("/journeys/cart/").context
    assert (today["rate"], today["uplift"]) == (0.75, run.uplift)
    assert row["run"].uplift == own["run"].uplift == run.uplift
    assert own["held_out"] == [{"name": "A group", "members": 4, "walks": True, "everywhere": False}]


def test_enter_journeys_of_a_walking_holdout_stays_control_behind_a_split(world):
    split = {"key": "split", "kind": "split", "arms": [{"name": "a", "weight": 1}, {"name": "b", "weight": 1}]}
    cart([split, *STEPS])
    anna = world.person("anna")
    hold_out(walks=True)
    world.does(anna, "cart_updated")
    world.pulse()
    assert world.run(anna).arm == "holdout"
    assert world.touches(anna) == [("hello", "suppressed", "holdout")]


@pytest.mark.parametrize(("walks", "passed"), [(True, None), (False, False)])
def test_why_of_somebody_held_out_names_the_group(world, walks, passed):
    cart()
    anna = world.person("anna")
    hold_out(walks=walks)
    page = why_page(anna, Journey.objects.get(slug="cart"), now=NOW, sensitive=True)
    gates = [
        gate
        for part in page.values()
        if isinstance(part, list)
        for gate in part
        if getattr(gate, "name", "") == "Held out"
    ]
    assert [gate.passed for gate in gates] == [passed]
    assert "A group" in gates[0].text
