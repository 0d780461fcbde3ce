"""Offers from files and into files; codes; conflicts over journeys; what runs out; merges."""

from datetime import timedelta

import pytest

from contacts.identity.operations import merge_contacts, undo_merge
from contacts.identity.registry import Pair
from contacts.models import Merge, Segment
from journeys.models import Offer, OfferCode, OfferDecision, OfferGrant
from journeys.offers.conflicts import conflict_rows
from journeys.offers.movers import close_second_grants
from journeys.offers.operations import (
    InvalidOffer,
    NotReady,
    add_codes,
    generate_codes,
    import_offers,
    publish_offer,
)
from journeys.offers.page import offer_rows
from journeys.offers.queries import export_offers
from journeys.offers.rules import ALPHABET, DECISIONS, days_left, new_codes, read_codes, say_decision
from tests.journeys.offers.conftest import NOW, OFFER_STEPS, fills_cart, journey, offer

pytestmark = pytest.mark.django_db
FULL = {
    "slug": "spring",
    "name": {"en": "Spring", "de": "Frühling"},
    "kind": "voucher",
    "state": "live",
    "phases": ["purchase"],
    "eligibility": {"attribute": "country", "is": "DE"},
    "segments": ["vip"],
    "valid_from": "2026-03-01T00:00:00+00:00",
    "valid_until": "2026-06-01T00:00:00+00:00",
    "valid_days": 7,
    "value": "12.5",
    "currency": "CHF",
    "most_grants": 100,
    "budget": "1000",
    "codes": "shared",
    "shared_code": "SPRING",
    "rest_days": 10,
    "accepted_by": "order_placed",
}


def test_files_go_out_as_they_came_in():
    assert import_offers(offers=[FULL], now=NOW) == {"spring": "new"}
    assert export_offers() == [FULL]
    assert import_offers(offers=export_offers(), now=NOW) == {"spring": "same"}
    assert import_offers(offers=[FULL | {"valid_days": 8}], now=NOW) == {"spring": "changed"}
    assert Offer.objects.get().valid_days == 8


def test_file_with_less_has_defaults_and_keeps_the_state():
    import_offers(offers=[FULL], now=NOW)
    small = {"slug": "spring", "name": {"en": "S", "de": "F"}, "kind": "gift"}
    assert import_offers(offers=[small], now=NOW) == {"spring": "changed"}
    assert export_offers() == [small | {"state": "live"}]
    assert export_offers(["other"]) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"kind": "nonsense"}, "offers[1].kind"),
        ({"slug": "any"}, "offers[1].slug"),
        ({"slug": "a b"}, "offers[1].slug"),
        ({"name": {"en": "S"}}, "offers[1].name_de"),
        ({"name": "S"}, "offers[1].name_en"),
        ({"phases": ["winter"]}, "offers[1].phases"),
        ({"phases": "purchase"}, "offers[1].phases"),
        ({"segments": [1]}, "offers[1].segments"),
        ({"eligibility": {"nonsense": 1}}, "offers[1].eligibility"),
        ({"valid_from": "2026-03-01"}, "offers[1]"),
        ({"valid_until": "2020-01-01T00:00:00+00:00"}, "offers[1].valid_until"),
        ({"value": "much"}, "offers[1].value"),
        ({"valid_days": -1}, "offers[1].valid_days"),
        ({"budgett": 3}, "offers[1].budgett"),
    ],
)
def test_wrong_file_writes_nothing_and_says_where(change, path):
    with pytest.raises(InvalidOffer) as error:
        import_offers(offers=[FULL | {"slug": "first"}, FULL | change], now=NOW)
    assert error.value.problems[0].startswith(path)
    assert not Offer.objects.exists()


def test_file_that_is_no_object_is_refused():
    with pytest.raises(InvalidOffer):
        import_offers(offers=["spring"], now=NOW)


@pytest.mark.parametrize(
    "settings",
    [
        {"codes": "single"},
        {"codes": "shared"},
        {"valid_until": NOW},
        {"valid_days": 0},
        {"budget": 9},
        {"segments": ["gone"]},
    ],
)
def test_publish_of_what_is_not_ready_is_refused(settings):
    offer(state="draft", **settings)
    with pytest.raises(NotReady):
        publish_offer(slug="spring", now=NOW)
    assert Offer.objects.get().state == "draft"


def test_codes_cannot_be_guessed_and_are_stored_once():
    assert len(set(ALPHABET)) == 32
    assert not set("01IO") & set(ALPHABET)
    made = new_codes(1_000, "X")
    assert len(set(made)) == 1_000
    offer(codes="single")
    assert generate_codes(slug="spring", count=12_000) == 12_000
    assert add_codes(slug="spring", codes=["A", "B"]) == 2
    assert add_codes(slug="spring", codes=["B", "C"]) == 1
    assert OfferCode.objects.count() == 12_003


def test_read_codes_takes_lines_and_first_columns():
    read = read_codes('\ufeffA-1\r\n "B-1" ;x\nC-1,2\n\nA-1\na b\n' + "x" * 61)
    assert (read.codes, read.twice, len(read.wrong)) == (["A-1", "B-1", "C-1"], 1, 2)


def test_days_left_at_last_weeks_pace():
    assert (days_left(14, 7), days_left(3, 7), days_left(0, 7)) == (14, 3, 0)
    assert (days_left(None, 7), days_left(5, 0)) == (None, None)


def test_every_decision_has_a_sentence_in_both_languages():
    for code in DECISIONS:
        assert say_decision(code, "en") != say_decision(code, "de")


def warnings(now=NOW):
    (row,) = [row for row in offer_rows(now=now) if row["slug"] == "spring"]
    return row["warnings"]


def test_list_warns_of_what_runs_out_in_two_weeks(shop):
    one = offer(single=[f"C-{n}" for n in range(30)])
    people = [shop.person(f"p{n}") for n in range(20)]
    journey("j", OFFER_STEPS)
    assert warnings() == []
    fills_cart(shop, *people)
    assert warnings(shop.now) == ["the codes run out in 3 days"]
    Offer.objects.filter(pk=one.pk).update(
        codes="none", budget=250, most_grants=60, valid_until=shop.now + timedelta(days=1, hours=1)
    )
    assert warnings(shop.now) == [
        "the budget runs out in 1 day",
        "the places run out in 14 days",
        "it is over in 1 day",
    ]
    Offer.objects.filter(pk=one.pk).update(budget=200, most_grants=20, valid_until=shop.now)
    assert warnings(shop.now) == ["the budget is used up", "it was made as often as allowed", "its time is over"]


def two_journeys(shop, **more):
    offer()
    offer("winter", **more)
    journey("one", OFFER_STEPS)
    journey("two", [OFFER_STEPS[0] | {"offer": "winter"}, *OFFER_STEPS[1:]])


def test_conflict_of_two_discounts_with_the_people_who_are_in_both(shop):
    two_journeys(shop)
    people = [shop.person(f"p{n}") for n in range(7)]
    fills_cart(shop, *people)
    (row,) = conflict_rows()
    assert [one["tone"] for one in row["found"]] == ["amber", "amber"]
    assert (row["people"], len(row["sample"]), row["more"]) == (7, 5, 2)
    assert {side["journey_slug"] for side in row["sides"]} == {"one", "two"}
    assert len(conflict_rows("winter")) == 1
    assert conflict_rows("other") == []


def test_conflict_that_may_come_is_one_of_the_same_phase(shop):
    two_journeys(shop, kind="consultation")
    (row,) = conflict_rows()
    assert ([one["tone"] for one in row["found"]], row["people"], row["phases"]) == (["grey"], 0, ["Purchase"])


def test_no_conflict_in_other_phases_or_between_exclusive_segments(shop):
    Segment.objects.create(slug="a", kind="fixed", name_en="a", name_de="a")
    Segment.objects.create(slug="b", kind="fixed", name_en="b", name_de="b")
    two_journeys(shop, phases=["advocacy"])
    assert conflict_rows() == []
    Offer.objects.filter(slug="spring").update(segments=["a"])
    Offer.objects.filter(slug="winter").update(segments=["b"], phases=[])
    assert conflict_rows() == []
    fills_cart(shop, shop.person("anna"))
    assert [one["tone"] for one in conflict_rows()[0]["found"]] == ["red", "amber", "amber"]


def test_one_offer_in_two_journeys_is_no_conflict(shop):
    offer()
    journey("one", OFFER_STEPS)
    journey("two", OFFER_STEPS)
    assert conflict_rows() == []


def test_merge_keeps_one_open_offer_and_the_undo_gives_both_back(shop):
    spring, winter = offer(), offer("winter")
    journey("j", OFFER_STEPS)
    anna, twin = shop.person("anna"), shop.person("twin")
    fills_cart(shop, anna)
    OfferGrant.objects.create(offer=winter, contact=twin, granted_at=shop.now, expires_at=shop.now + timedelta(days=9))
    before = list(OfferGrant.objects.order_by("id").values())
    done = merge_contacts(survivor_id=twin.pk, loser_id=anna.pk, why="same", by="maja", now=shop.now)
    assert dict(OfferGrant.objects.values_list("offer__slug", "state")) == {"spring": "withdrawn", "winter": "open"}
    assert set(OfferGrant.objects.values_list("contact_id", flat=True)) == {twin.pk}
    assert OfferDecision.objects.get().contact_id == twin.pk
    undo_merge(merge_id=done.pk, by="maja", now=shop.now)
    assert list(OfferGrant.objects.order_by("id").values()) == before
    assert OfferDecision.objects.get().contact_id == anna.pk
    assert spring.grants.count() == 1


def test_merge_of_three_at_once_keeps_the_newest_where_the_survivor_has_none(shop):
    one = offer()
    survivor, first, second = shop.person("anna"), shop.person("first"), shop.person("second")
    for n, person in enumerate((first, second)):
        OfferGrant.objects.create(
            offer=one, contact=person, granted_at=NOW + timedelta(hours=n), expires_at=NOW + timedelta(days=9)
        )
    rows = [
        Merge.objects.create(survivor_id=survivor.pk, loser_id=person.pk, at=NOW, loser={}, survivor_before={})
        for person in (first, second)
    ]
    close_second_grants([Pair(row.pk, row.loser_id, survivor.pk) for row in rows], NOW)
    assert dict(OfferGrant.objects.values_list("contact__external_id", "state")) == {
        "first": "withdrawn",
        "second": "open",
    }
