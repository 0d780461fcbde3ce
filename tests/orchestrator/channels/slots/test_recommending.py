"""Recommendations: what is bought together, what somebody looked at and did not buy; only of people who agree to profiling."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.records.operations import record_consent
from contacts.events.operations import NewEvent, open_months, record_events
from orchestrator.channels.slots.deciding import decide
from orchestrator.channels.slots.models import Product, ProductPair, SeenProduct, Slot, SlotDay
from orchestrator.channels.slots.operations import record_reaction
from orchestrator.channels.slots.queries import read_token
from orchestrator.channels.slots.recommending import count_products
from orchestrator.channels.slots.rules import Reaction
from tests.orchestrator.channels.slots.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(site):
    open_months(first=(NOW - timedelta(days=400)).date(), last=NOW.date())
    Slot.objects.filter(slug="home-teaser").update(kind="recommendation")

    class Shop:
        world = site.world
        turn = 0

        def does(self, person, name, *products, ago=timedelta(days=1), **more):
            self.turn += 1
            about = products[0] if len(products) == 1 else {"products": list(products)}
            event = NewEvent(person.pk, name, NOW - ago + timedelta(seconds=self.turn), about | more)
            record_events(events=[event], source="shop", now=NOW)

        def buys(self, person, *keys, **more):
            self.does(person, "order_placed", *({"product_id": key} for key in keys), order_id=f"o{self.turn}", **more)

        def views(self, person, key, **more):
            self.does(person, "product_viewed", {"product_id": key, "name": key.title()} | more)

    return Shop()


def ask(person=None, **more):
    return decide(slug="home-teaser", contact_id=person and person.pk, language="en", now=NOW, **more)


def items(shown):
    return [item["product"] for item in shown.content["items"]] if shown.answer == "products" else shown.answer


def test_products_bought_together_more_often_than_by_chance_are_pairs(shop):
    anna = shop.world.person()
    for n in range(4):
        shop.buys(anna, "lamp", "bulb", ago=timedelta(days=n + 1))
    for n in range(6):
        shop.buys(anna, "chair", ago=timedelta(days=n + 10))
    shop.buys(anna, "lamp", "chair", ago=timedelta(days=30))
    counted = count_products(now=NOW)
    assert (counted.pairs, counted.baskets) == (2, 11)
    pair = ProductPair.objects.get(product="lamp")
    assert (pair.other, pair.together, pair.rank) == ("bulb", 4, 1)
    assert pair.lift == pytest.approx(4 * 11 / (5 * 4))
    assert items(ask(product="lamp")) == ["bulb"]
    assert ask(product="lamp").tracking == ""
    assert ask(product="chair").answer == "fallback"


def test_orders_without_a_number_are_the_day_of_a_person(shop):
    people = [shop.world.person(name) for name in ("Anna", "Ben", "Cem")]
    for person in people:
        shop.does(person, "product_bought", {"product_id": "a"})
        shop.does(person, "product_bought", {"product_id": "b"})
        shop.does(person, "product_bought", {"product_id": "c"}, ago=timedelta(days=3))
    assert count_products(now=NOW).baskets == 6
    assert list(ProductPair.objects.order_by("product").values_list("product", "other")) == [("a", "b"), ("b", "a")]


def test_whoever_does_not_agree_to_profiling_does_not_count(shop):
    ben = shop.world.person("Ben", grant=("email_marketing",))
    for _ in range(4):
        shop.buys(ben, "lamp", "bulb")
    shop.views(ben, "chair")
    assert count_products(now=NOW) == (0, 0, 0)
    assert ask(ben).answer == "fallback"


def test_person_gets_what_they_saw_and_did_not_buy_then_what_goes_with_it(shop):
    anna, cem = shop.world.person(), shop.world.person("Cem")
    for n in range(3):
        shop.buys(cem, "lamp", "bulb", ago=timedelta(days=n + 1))
        shop.buys(cem, "desk", ago=timedelta(days=n + 9))
    shop.views(cem, "bulb")
    shop.buys(anna, "lamp")
    for key in ("lamp", "desk", "chair"):
        shop.views(anna, key)
    count_products(now=NOW)
    assert SeenProduct.objects.filter(contact=anna, bought=True).values_list("product", flat=True).get() == "lamp"
    shown = ask(anna)
    assert items(shown) == ["chair", "desk", "bulb"]
    assert shown.content["items"][0]["title"] == "Chair"
    assert read_token(shown.tracking).contact == anna.pk


def test_consent_withdrawn_since_the_night_ends_recommendations_at_once(shop):
    anna = shop.world.person()
    shop.views(anna, "chair")
    count_products(now=NOW)
    token = read_token(ask(anna).tracking)
    record_consent(contact_id=anna.pk, purpose="profiling", decision="withdrawn", source="form", now=NOW)
    assert ask(anna).answer == "fallback"
    assert not record_reaction(named=token, reaction=Reaction.SHOWN, machine=False, now=NOW)
    count_products(now=NOW)
    assert not SeenProduct.objects.exists()


def test_products_seen_and_clicked_count_once_a_day(shop):
    anna = shop.world.person()
    shop.views(anna, "chair")
    count_products(now=NOW)
    token = read_token(ask(anna).tracking)
    said = [
        ("shown", ""),
        ("shown", ""),
        ("clicked", "chair"),
        ("clicked", "chair"),
        ("clicked", "desk"),
        ("dismissed", ""),
    ]
    done = [
        record_reaction(named=token, reaction=Reaction(what), machine=False, now=NOW, product=key) for what, key in said
    ]
    assert done == [True, False, True, False, True, False]
    from orchestrator.channels.slots import counts

    counts.write_down()
    day = SlotDay.objects.get(answer="products")
    assert (day.shown, day.clicked) == (1, 2)


def test_products_are_described_by_the_newest_event(shop):
    anna = shop.world.person()
    shop.views(anna, "chair", price="99.90", currency="EUR", url="https://s.example/c", ago=timedelta(days=3))
    count_products(now=NOW)
    shop.does(anna, "product_viewed", {"sku": "chair", "name": "The chair", "price": 89, "currency": "euro", "url": ""})
    shop.does(anna, "product_viewed", {"product_id": "odd", "price": "1e999", "name": "x" * 999, "url": ["a"]})
    shop.does(anna, "product_viewed", {"product_id": ""})
    shop.does(anna, "order_placed", {"products": ["text", 7, None, {"product_id": {"a": 1}}]})
    count_products(now=NOW)
    chair = Product.objects.get(key="chair")
    assert (chair.title, float(chair.price), chair.currency, chair.url) == (
        "The chair",
        89,
        "EUR",
        "https://s.example/c",
    )
    odd = Product.objects.get(key="odd")
    assert (len(odd.title), odd.price) == (300, None)


def test_counting_takes_the_same_statements_for_many_people_and_may_run_again(shop):
    def counted():
        with CaptureQueriesContext(connection) as found:
            count_products(now=NOW)
        return len(found), list(ProductPair.objects.order_by("product").values_list("product", "other", "together"))

    for n in range(3):
        shop.buys(shop.world.person(f"P{n}"), "lamp", "bulb")
    first = counted()
    for n in range(3, 9):
        shop.buys(shop.world.person(f"P{n}"), "lamp", "bulb")
    assert counted()[0] == first[0]
    again = counted()
    assert again[1] == counted()[1]
