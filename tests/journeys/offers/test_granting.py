"""The life of a grant, at a step and after it."""

from datetime import timedelta

import pytest

from contacts.models import Account, Event, Segment, SegmentMember, Stage
from journeys.models import Enrollment, Journey, Offer, OfferCode, OfferDecision, OfferGrant, Touch
from journeys.offers.granting import decline_grant, expire_grants, withdraw_grants
from journeys.offers.rules import DECISIONS
from tests.journeys.offers.conftest import NOW, OFFER_STEPS, fills_cart, journey, offer

pytestmark = pytest.mark.django_db


def decisions(world):
    return dict(OfferDecision.objects.values_list("contact__external_id", "reason"))


def grants(**more):
    return list(OfferGrant.objects.filter(**more).order_by("id").values_list("contact__external_id", "state", "code"))


def test_grant_gives_each_person_a_code_and_a_touch_that_knows_it(shop):
    offer(single=["A-1", "A-2"])
    journey("j", OFFER_STEPS)
    anna, ben = shop.person("anna"), shop.person("ben")
    fills_cart(shop, anna, ben)
    assert grants() == [("anna", "open", "A-1"), ("ben", "open", "A-2")]
    assert shop.at(anna) == shop.at(ben) == "rest"
    grant = OfferGrant.objects.get(contact=anna)
    assert (grant.value, grant.granted_at, grant.expires_at) == (10, NOW, NOW + timedelta(days=14))
    assert OfferCode.objects.get(code="A-1").grant == grant
    assert Touch.objects.get(contact=anna).grant == grant
    assert shop.verdicts(anna) == [("approved", "")]
    assert decisions(shop) == {"anna": "", "ben": ""}
    made = Event.objects.get(contact=anna, name="offer_made")
    assert made.properties == {"offer": "spring", "grant": grant.pk, "journey": "j", "kind": "voucher", "value": 10, "currency": "EUR"}  # fmt: skip
    shop.adds_up()


def refused(shop, person, reason):
    assert shop.at(person) == "none", reason
    assert OfferDecision.objects.get(contact=person).reason == reason
    assert reason in DECISIONS
    assert not OfferGrant.objects.filter(contact=person, offer__slug="spring").exists()
    assert shop.path(person)[1] == ("give", "not_offered")
    assert Touch.objects.filter(contact=person).count() == 0
    shop.adds_up()


@pytest.mark.parametrize(
    ("reason", "settings"),
    [
        ("not_live", {"state": "draft"}),
        ("not_live", {"state": "ended"}),
        ("not_valid", {"valid_from": NOW + timedelta(days=1)}),
        ("not_valid", {"valid_until": NOW}),
        ("other_phase", {"phases": ["retention", "advocacy"]}),
        ("other_segment", {"segments": ["vip", "loyal"]}),
        ("not_eligible", {"eligibility": {"attribute": "country", "is": "DE"}}),
        ("grants_used_up", {"most_grants": 0}),
        ("budget_used_up", {"budget": 9}),
        ("codes_used_up", {"codes": "single"}),
    ],
)
def test_grant_refuses_with_a_reason(shop, reason, settings):
    Segment.objects.create(slug="vip", kind="fixed", name_en="v", name_de="v")
    offer(**settings)
    journey("j", OFFER_STEPS)
    anna = shop.person("anna")
    fills_cart(shop, anna)
    refused(shop, anna, reason)


def test_grant_phase_is_that_of_the_persons_stage_else_of_the_journey(shop):
    stage = Stage.objects.create(slug="customer", phase="retention", position=1, name_en="c", name_de="c")
    offer(phases=["purchase"])  # the journey's
    journey("j", OFFER_STEPS)
    anna, ben = shop.person("anna"), shop.person("ben", stage=stage)
    fills_cart(shop, anna, ben)
    assert decisions(shop) == {"anna": "", "ben": "other_phase"}


def test_grant_in_one_of_the_segments_is_made(shop):
    vip = Segment.objects.create(slug="vip", kind="fixed", name_en="v", name_de="v")
    offer(segments=["loyal", "vip"])
    journey("j", OFFER_STEPS)
    anna = shop.person("anna")
    SegmentMember.objects.create(segment=vip, contact=anna, since=NOW)
    fills_cart(shop, anna)
    assert grants() == [("anna", "open", "")]


def test_grant_while_resting_is_refused(shop):
    old = offer("old")
    offer()
    journey("j", OFFER_STEPS)
    anna, ben = shop.person("anna"), shop.person("ben")
    past = {"offer": old, "state": "declined", "granted_at": NOW, "expires_at": NOW, "answered_at": NOW}
    OfferGrant.objects.create(contact=anna, rest_until=NOW + timedelta(days=1), **past)
    OfferGrant.objects.create(contact=ben, rest_until=NOW, **past)
    fills_cart(shop, anna, ben)
    refused(shop, anna, "resting")
    assert decisions(shop)["ben"] == ""


def test_grant_with_another_offer_open_is_refused_with_the_same_kept(shop):
    old, spring = offer("old"), offer()
    journey("j", OFFER_STEPS)
    anna, ben, cem = shop.person("anna"), shop.person("ben"), shop.person("cem")
    for person, what, until in ((anna, old, 1), (ben, spring, 1), (cem, old, -1)):
        OfferGrant.objects.create(
            offer=what, contact=person, granted_at=NOW - timedelta(days=2), expires_at=NOW + timedelta(days=until)
        )
    fills_cart(shop, anna, ben, cem)
    refused(shop, anna, "other_offer")
    assert decisions(shop) == {"anna": "other_offer", "ben": "kept", "cem": ""}
    assert shop.at(ben) == "rest"
    assert Touch.objects.get(contact=ben).grant == OfferGrant.objects.get(contact=ben)
    assert OfferGrant.objects.get(contact=cem, offer=old).state == "expired"


def test_grant_when_the_account_was_promised_something_else_is_refused(shop):
    old = offer("old")
    offer()
    journey("j", OFFER_STEPS)
    company = Account.objects.create(external_id="a", name="Nord", created_at=NOW)
    anna, ben = shop.person("anna", account=company), shop.person("ben", account=company)
    OfferGrant.objects.create(offer=old, contact=ben, granted_at=NOW, expires_at=NOW + timedelta(days=3))
    fills_cart(shop, anna)
    refused(shop, anna, "account_promised")


def stands_at(person, key="give", cart="", **more):
    """A run that is due at a step of the journey."""
    one = Journey.objects.get(slug="j")
    step = one.live_version.steps.get(key=key)
    return Enrollment.objects.create(
        contact=person, journey=one, version=one.live_version, step=step, entered_at=NOW, arrived_at=NOW, due_at=NOW, key=cart, **more
    )  # fmt: skip


def test_grant_to_the_holdout_gives_nothing_on_the_same_way(shop):
    spring = offer(single=["A"])
    journey("j", OFFER_STEPS)
    anna = shop.person("anna")
    stands_at(anna, arm="holdout")
    shop.later(seconds=1)
    assert decisions(shop) == {"anna": "holdout"}
    assert shop.at(anna) == "rest"
    assert (grants(), spring.single_codes.filter(grant=None).count()) == ([], 1)


def test_grant_of_two_runs_of_one_person_is_one(shop):
    offer(single=["A", "B"])
    journey("j", OFFER_STEPS)
    anna = shop.person("anna")
    stands_at(anna, cart="x")
    stands_at(anna, cart="y")
    shop.later(seconds=1)
    assert len(grants()) == 1
    assert sorted(OfferDecision.objects.values_list("reason", flat=True)) == ["", "kept"]
    assert Touch.objects.exclude(grant=None).count() == 2


def test_budget_counts_what_is_open_or_accepted_and_places_count_all(shop):
    spring = offer(budget=30)
    journey("j", OFFER_STEPS)
    people = [shop.person(f"p{n}") for n in range(5)]
    fills_cart(shop, *people)
    assert sorted(decisions(shop).values()) == ["", "", "", "budget_used_up", "budget_used_up"]
    assert decline_grant(grant_id=OfferGrant.objects.first().pk, now=shop.now)
    late = [shop.person("late"), shop.person("later")]
    fills_cart(shop, *late)
    assert sorted(decisions(shop)[name] for name in ("late", "later")) == ["", "budget_used_up"]
    Offer.objects.filter(pk=spring.pk).update(budget=None, most_grants=4)
    last = shop.person("last")
    fills_cart(shop, last)
    assert decisions(shop)["last"] == "grants_used_up"


def test_second_tick_changes_nothing(shop):
    offer(single=["A", "B"])
    journey("j", OFFER_STEPS)
    fills_cart(shop, shop.person("anna"))
    before = list(OfferGrant.objects.values()), list(OfferDecision.objects.values()), Event.objects.count()
    shop.later(seconds=1)
    shop.pulse()
    assert before == (list(OfferGrant.objects.values()), list(OfferDecision.objects.values()), Event.objects.count())


def test_small_batches_decide_everybody_once(shop, settings):
    settings.TICK_BATCH = settings.PULSE_BATCH = 2
    offer(budget=30)
    journey("j", OFFER_STEPS)
    people = [shop.person(f"p{n}") for n in range(7)]
    for person in people:
        shop.does(person, "cart_updated")
    shop.later(seconds=1)
    assert sorted(decisions(shop).values()) == ["", "", ""] + ["budget_used_up"] * 4
    assert {shop.at(person) for person in people} == {"rest", "none"}
    shop.adds_up()


def open_grant(shop, name="anna", **settings):
    offer(**settings)
    journey("j", OFFER_STEPS)
    person = shop.person(name)
    fills_cart(shop, person)
    return person, OfferGrant.objects.get(contact=person)


@pytest.mark.parametrize(
    ("settings", "event", "properties", "state"),
    [
        ({}, "offer_accepted", {}, "accepted"),
        ({}, "offer_accepted", {"offer": "spring"}, "accepted"),
        ({}, "offer_accepted", {"offer": "winter"}, "open"),
        ({}, "order_placed", {"value": 10}, "open"),
        ({"accepted_by": "order_placed"}, "order_placed", {"value": 10}, "accepted"),
        ({"single": ["A-1"]}, "offer_accepted", {"code": " a-1 "}, "accepted"),
        ({"single": ["A-1"]}, "offer_accepted", {"code": "A-2"}, "open"),
        ({"single": ["A-1"]}, "offer_accepted", {}, "open"),
        ({"single": ["A-1"]}, "order_placed", {"coupon": "A-1"}, "accepted"),
        ({"single": ["A-1"]}, "cart_updated", {"coupon": "A-1"}, "open"),
        ({}, "offer_declined", {}, "declined"),
        ({}, "offer_declined", {"offer": "winter"}, "open"),
        ({"single": ["A-1"]}, "offer_declined", {"offer": "spring"}, "declined"),
        ({}, "offer_accepted", {"likely_machine": True}, "open"),
    ],
)
def test_answer_follows_from_an_event(shop, settings, event, properties, state):
    anna, grant = open_grant(shop, **settings)
    shop.does(anna, event, **properties)
    shop.pulse()
    grant.refresh_from_db()
    assert grant.state == state
    assert (grant.answered_at is not None) == (state != "open")
    assert grant.rest_until == (shop.now + timedelta(days=30) if state == "declined" else None)


def test_answer_by_an_order_says_so_as_an_event_once(shop):
    anna, grant = open_grant(shop, single=["A-1"])
    shop.does(anna, "order_placed", code="A-1")
    shop.pulse()
    shop.does(anna, "order_placed", code="A-1")
    shop.pulse()
    assert [e.properties for e in Event.objects.filter(name="offer_accepted")] == [
        {"offer": "spring", "grant": grant.pk}
    ]


def test_answer_with_a_code_counts_after_the_offer_is_over(shop):
    anna, grant = open_grant(shop, single=["A-1"])
    shop.later(days=15)
    grant.refresh_from_db()
    assert (grant.state, grant.answered_at) == ("expired", grant.expires_at)
    shop.does(anna, "order_placed", code="A-1")
    shop.pulse()
    grant.refresh_from_db()
    assert grant.state == "accepted"


def test_answer_without_a_code_counts_only_in_time_also_when_it_comes_late(shop):
    anna, grant = open_grant(shop)
    shop.later(days=15)
    shop.does(anna, "offer_accepted", offer="spring")
    shop.pulse()
    grant.refresh_from_db()
    assert grant.state == "expired"
    shop.does(anna, "offer_accepted", offer="spring", ago=timedelta(days=2))
    shop.pulse()
    grant.refresh_from_db()
    assert grant.state == "accepted"


def test_one_event_is_about_the_newest_grant_only(shop):
    anna, new = open_grant(shop, single=[])
    Offer.objects.update(codes="shared", shared_code="SPRING")
    OfferGrant.objects.update(code="SPRING")
    old = OfferGrant.objects.create(
        offer=new.offer, contact=anna, state="expired", code="SPRING", granted_at=NOW - timedelta(days=60), expires_at=NOW - timedelta(days=46)
    )  # fmt: skip
    for _ in range(2):
        shop.does(anna, "order_placed", code="spring", message_id="once")
        shop.does(anna, "cart_updated")
        shop.pulse()
    assert dict(OfferGrant.objects.values_list("pk", "state")) == {new.pk: "accepted", old.pk: "expired"}


def test_decline_starts_the_rest_and_leads_on_in_the_same_pulse(shop):
    offer()
    goal = {"name": {"en": "n", "de": "n"}, "when": {"offer": "spring", "state": "accepted"}}
    leaves = [{"when": {"offer": "any", "state": "declined"}}]
    journey("j", OFFER_STEPS, goal=goal, exit=leaves)
    anna, ben = shop.person("anna"), shop.person("ben")
    fills_cart(shop, anna, ben)
    shop.does(anna, "offer_declined", offer="spring")
    shop.does(ben, "offer_accepted", offer="spring")
    shop.pulse()
    assert (shop.at(anna), shop.at(ben)) == ("left: exit_condition", "left: goal")


def test_decline_of_what_is_not_open_changes_nothing(shop):
    _anna, grant = open_grant(shop)
    assert decline_grant(grant_id=grant.pk, now=shop.now)
    assert not decline_grant(grant_id=grant.pk, now=shop.now)
    assert not decline_grant(grant_id=0, now=shop.now)
    assert Event.objects.filter(name="offer_declined").count() == 1


def test_expire_ends_at_the_moment_and_once(shop):
    anna, grant = open_grant(shop)
    assert expire_grants(now=grant.expires_at - timedelta(seconds=1)) == 0
    assert expire_grants(now=grant.expires_at) == 1
    assert expire_grants(now=grant.expires_at) == 0
    assert Event.objects.filter(name="offer_expired", contact=anna).count() == 1


def test_withdraw_takes_back_open_ones_only(shop):
    _anna, grant = open_grant(shop)
    assert withdraw_grants(offer=grant.offer, now=shop.now) == 1
    assert withdraw_grants(offer=grant.offer, now=shop.now) == 0
    grant.refresh_from_db()
    assert (grant.state, grant.rest_until) == ("withdrawn", None)


def test_code_of_somebody_who_is_erased_is_never_given_again(shop):
    anna, grant = open_grant(shop, single=["A-1"])
    anna.delete()
    assert not OfferGrant.objects.filter(pk=grant.pk).exists()
    assert not OfferCode.objects.exists()
