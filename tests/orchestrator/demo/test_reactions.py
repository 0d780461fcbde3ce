"""What people do because of a mail or by themselves, and what sales makes of leads: the same each time, and plausible."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from contacts.handover.models import Handover
from contacts.handover.operations import Lead, open_handovers
from contacts.profiles.models import Contact
from contacts.stages.models import Stage
from orchestrator.demo import definitions
from orchestrator.demo.people import Person
from orchestrator.demo.reactions import CARTS, COMES_BACK, Carts, Sent, buy, follow
from orchestrator.demo.sales import SalesDesk, plan

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
MONTH = NOW + timedelta(days=30)
ANNA = Person(3, "buyer", "outdoor", NOW - timedelta(days=90), MONTH, {}, None, {})
CART = {"cart_id": "C-3-1", "value": 95, "items": 1, "product": "duene-bollard"}

STAGES = {"accepted": "sql", "won": "new-customer", "lost": "mql", "recycled": "mql"}


@pytest.fixture
def leads(db: Any) -> list[Handover]:
    definitions.write_facts()
    found = [Contact.objects.create(external_id=f"NL-{n:05d}", created_at=NOW, updated_at=NOW) for n in range(40)]
    given = [Lead(person.pk, "project-sales", timedelta(hours=4), snapshot={"stages": STAGES}) for person in found]
    open_handovers(leads=given, now=NOW)
    return list(Handover.objects.select_related("contact").order_by("id"))


@pytest.fixture
def desk(db: Any) -> SalesDesk:
    user = User.objects.create(username="sales", first_name="Sven", last_name="Holmer")
    return SalesDesk(seed=1, owner=user)


def test_order_of_a_left_cart_names_it_and_comes_once() -> None:
    carts = Carts()
    carts.note(3, "cart_updated", CART)
    names = [(name, properties["cart_id"]) for name, _, properties in carts.order(random.Random(1), ANNA, NOW)]
    assert names == [("checkout_started", "C-3-1"), ("order_placed", "C-3-1")]
    assert list(carts.order(random.Random(1), ANNA, NOW)) == []


def test_come_back_happens_evenly_in_each_arm() -> None:
    carts = Carts()
    back = {"holdout": 0, "contacted": 0}
    for arm, people in (("holdout", 40), ("contacted", 300)):
        for _ in range(people):
            carts.note(3, "cart_updated", CART)
            back[arm] += any(carts.come_back(random.Random(1), ANNA, arm, NOW))
    assert back == {"holdout": round(40 * COMES_BACK), "contacted": round(300 * COMES_BACK)}


def test_follow_after_the_reminder_orders_the_cart_of_some() -> None:
    sent = Sent(1, 1, NOW, "email_marketing", CARTS, "cart-reminder")
    orders = 0
    for seed in range(200):
        carts = Carts()
        carts.note(3, "cart_updated", CART)
        found = list(follow(random.Random(seed), ANNA, sent, NOW, carts))
        orders += any(name == "order_placed" and what["cart_id"] == "C-3-1" for name, _, what in found)
    assert 55 < orders < 110


def test_buy_is_a_whole_visit_in_order() -> None:
    found = list(buy(random.Random(1), ANNA, NOW, "m1"))
    assert [name for name, _, _ in found] == ["page_viewed", "product_viewed", "cart_updated", "order_placed"]
    assert [at for _, at, _ in found] == sorted(at for _, at, _ in found)


def test_plan_of_a_lead_is_always_the_same(leads: list[Handover]) -> None:
    assert [plan(lead, seed=1) for lead in leads] == [plan(lead, seed=1) for lead in leads]
    assert plan(leads[0], seed=1).answer_at > NOW
    assert plan(leads[0], seed=1).ends_at > plan(leads[0], seed=1).answer_at


def test_work_answers_most_leads_in_time_and_ends_conversations(leads: list[Handover], desk: SalesDesk) -> None:
    later = leads[0].contact_id
    desk.work(NOW + timedelta(hours=2), later={later})
    assert 0 < Handover.objects.filter(state="waiting").count() < 40
    done = desk.work(MONTH, later={later})
    assert Handover.objects.get(state="waiting").contact_id == later
    states = set(Handover.objects.values_list("state", flat=True))
    assert states == {"waiting", "won", "lost", "rejected", "recycled"}
    in_time = [lead for lead in Handover.objects.exclude(state="waiting") if lead.answered_at <= lead.due_at]
    assert len(in_time) > 30
    assert {at <= MONTH for _, at, _, _ in done} == {True}
    assert set(Stage.objects.filter(contact__isnull=False).values_list("slug", flat=True)) <= set(STAGES.values())


def test_look_answers_one_lead_when_enough_wait(leads: list[Handover], desk: SalesDesk) -> None:
    assert desk.look(now=NOW) == plan(leads[0], seed=1).answer
    assert Handover.objects.filter(state="waiting").count() == 39
    Handover.objects.filter(state="waiting").delete()
    assert desk.look(now=NOW) is None
