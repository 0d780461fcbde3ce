"""The gates of offers: rest after a decline, one open offer, promises of an account, segments looked at again."""

from datetime import time, timedelta

import pytest

from consent.models import Limit, QuietHours
from contacts.models import Account, Segment, SegmentMember
from journeys.enrollments.rules import say_reason
from journeys.models import Offer, OfferGrant, Touch
from journeys.offers.granting import decline_grant
from journeys.offers.rules import say_against
from orchestrator.models import Verdict
from tests.flows.conftest import NOW, journey, world
from tests.journeys.offers.conftest import OFFER_STEPS, fills_cart, offer

__all__ = ["world"]
pytestmark = pytest.mark.django_db
LATER = [
    {"key": "give", "kind": "offer", "offer": "spring"},
    {"key": "pause", "kind": "wait", "for": "1d"},
    {"key": "mail", "kind": "send", "block": "hello", "offer": "spring"},
    {"key": "rest", "kind": "wait", "for": "30d"},
    {"key": "end", "kind": "end"},
]


def gate(person):
    return Verdict.objects.filter(contact=person).order_by("-id").first().gates["offer"]


def test_open_offer_is_approved_and_its_gate_is_stored(world):
    offer()
    journey("j", OFFER_STEPS)
    anna = world.person("anna")
    fills_cart(world, anna)
    assert world.verdicts(anna) == [("approved", "")]
    assert gate(anna) == {
        "slug": "spring", "state": "open", "expires_at": (NOW + timedelta(days=14)).isoformat(), "rest_until": None, "other": None, "against": None,
    }  # fmt: skip


def test_message_without_an_offer_has_no_such_gate(world):
    journey("j", [{"key": "mail", "kind": "send", "block": "hello"}, *LATER[3:]])
    anna = world.person("anna")
    fills_cart(world, anna)
    assert "offer" not in Verdict.objects.get().gates


@pytest.mark.parametrize("what", ["accepted", "expired", "withdrawn"])
def test_offer_that_is_not_open_any_more_is_a_conflict(world, what):
    offer()
    journey("j", [LATER[0], {"key": "mail", "kind": "send", "block": "hello"}, *LATER[3:]])
    anna = world.person("anna")
    QuietHours.objects.create(starts=time(9), ends=time(20))
    fills_cart(world, anna)
    assert world.verdicts(anna) == [("held", "quiet_hours")]
    OfferGrant.objects.update(state=what, answered_at=world.now)
    world.later(hours=12)
    assert world.verdicts(anna)[-1] == ("suppressed", "offer_conflict")
    assert gate(anna)["against"] == "not_open"
    assert say_reason("offer_conflict", "de")
    assert say_against("not_open", "en") == "the offer is not open any more"


def test_offer_whose_time_was_cut_short_is_a_conflict(world):
    one = offer()
    journey("j", LATER)
    anna = world.person("anna")
    fills_cart(world, anna)
    Offer.objects.filter(pk=one.pk).update(valid_until=NOW + timedelta(hours=1))
    world.later(days=1)
    assert (world.verdicts(anna), gate(anna)["against"]) == ([("suppressed", "offer_conflict")], "not_valid")


def test_declined_offer_rests_before_it_conflicts(world):
    offer()
    journey("j", LATER)
    anna = world.person("anna")
    fills_cart(world, anna)
    decline_grant(grant_id=OfferGrant.objects.get().pk, now=world.now)
    world.later(days=1)
    assert world.verdicts(anna) == [("suppressed", "rest_after_decline")]
    assert gate(anna)["rest_until"] == (NOW + timedelta(days=30, seconds=1)).isoformat()


def test_rest_lets_messages_without_an_offer_through(world):
    offer()
    journey("j", [LATER[0], LATER[1], {"key": "mail", "kind": "send", "block": "hello"}, *LATER[3:]])
    anna = world.person("anna")
    fills_cart(world, anna)
    decline_grant(grant_id=OfferGrant.objects.get().pk, now=world.now)
    world.later(days=1)
    assert world.verdicts(anna) == [("approved", "")]


def test_named_offer_that_the_person_was_not_given_is_a_conflict(world):
    offer(state="draft")
    other = offer("other")
    journey("j", LATER)
    anna, ben = world.person("anna"), world.person("ben")
    OfferGrant.objects.create(offer=other, contact=ben, granted_at=NOW, expires_at=NOW + timedelta(days=9))
    fills_cart(world, anna, ben)
    world.later(days=1)
    assert world.verdicts(anna) == world.verdicts(ben) == [("suppressed", "offer_conflict")]
    assert (gate(anna)["against"], gate(anna)["other"]) == ("no_grant", None)
    assert (gate(ben)["against"], gate(ben)["other"]) == ("no_grant", "other")


def test_account_that_was_promised_something_else_meanwhile_is_a_conflict(world):
    offer()
    other = offer("other")
    journey("j", LATER)
    company = Account.objects.create(external_id="a", name="Nord", created_at=NOW)
    anna, ben, cem = (world.person(name, account=company) for name in ("anna", "ben", "cem"))
    fills_cart(world, anna, cem)
    OfferGrant.objects.create(offer=other, contact=ben, granted_at=NOW, expires_at=NOW + timedelta(days=9))
    world.later(days=1)
    assert world.verdicts(anna) == world.verdicts(cem) == [("suppressed", "offer_conflict")]
    assert (gate(anna)["against"], gate(anna)["other"]) == ("account_promised", "other")


def test_same_offer_for_two_of_an_account_is_none(world):
    offer()
    journey("j", LATER)
    company = Account.objects.create(external_id="a", name="Nord", created_at=NOW)
    anna, ben = (world.person(name, account=company) for name in ("anna", "ben"))
    fills_cart(world, anna, ben)
    world.later(days=1)
    assert world.verdicts(anna) == world.verdicts(ben) == [("approved", "")]


def test_segment_left_meanwhile_is_a_conflict(world):
    vip = Segment.objects.create(slug="vip", kind="fixed", name_en="v", name_de="v")
    offer(segments=["vip"])
    journey("j", LATER)
    anna, ben = world.person("anna"), world.person("ben")
    for person in (anna, ben):
        SegmentMember.objects.create(segment=vip, contact=person, since=NOW)
    fills_cart(world, anna, ben)
    SegmentMember.objects.filter(contact=anna).delete()
    world.later(days=1)
    assert (world.verdicts(anna), gate(anna)["against"]) == ([("suppressed", "offer_conflict")], "other_segment")
    assert world.verdicts(ben) == [("approved", "")]


def test_conflict_goes_before_full_limits_and_after_quiet_hours(world):
    offer(state="draft")
    journey("j", [{"key": "first", "kind": "send", "block": "again"}, LATER[2], *LATER[3:]])
    Limit.objects.create(
        slug="one", channel="email", most=1, window=timedelta(days=7), name_en="1", name_de="1", overflow="drop"
    )
    anna = world.person("anna")
    fills_cart(world, anna)
    assert sorted(world.touches(anna)) == [("first", "approved", ""), ("mail", "suppressed", "offer_conflict")]
    QuietHours.objects.create(starts=time(9), ends=time(20))
    ben = world.person("ben")
    fills_cart(world, ben)
    assert {state for _, state, _ in world.touches(ben)} == {"held"}


def test_service_message_passes_every_gate_of_offers(world):
    offer(state="draft")
    steps = [{**LATER[2], "purpose": "service"}, *LATER[3:]]
    journey("j", steps)
    anna = world.person("anna")
    fills_cart(world, anna)
    assert Touch.objects.get(contact=anna).state == "approved"
