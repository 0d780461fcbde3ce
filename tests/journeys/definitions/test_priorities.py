"""Priorities between journeys: the order is saved once, weights say themselves, and each pair has a winner."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import Contact, Score
from journeys.definitions.ranks import Weights, reordered, winner
from journeys.models import Enrollment, Journey, Version
from orchestrator.kernel.access import SALES_GROUP

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no fault of the rule
@given(st.lists(st.integers(0, 32_000), max_size=30))
def test_reordered_falls_strictly_and_keeps_its_place(priorities):
    found = reordered(priorities)
    assert all(above > below for above, below in itertools.pairwise(found))
    assert all(0 <= one <= 32_767 for one in found)
    if len(set(priorities)) == len(priorities) and max(priorities, default=0) <= 30_000:
        assert found == sorted(priorities, reverse=True)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Weights(30, Decimal(1), None, False), Weights(20, Decimal(1), None, False), "one"),
        (Weights(10, Decimal(1), None, False), Weights(20, Decimal(1), None, False), "other"),
        (Weights(10, Decimal(2), None, False), Weights(20, Decimal(1), None, False), "first"),
        (Weights(20, Decimal(1), None, False), Weights(15, Decimal(1), Decimal(2), False), "depends"),
        (Weights(50, Decimal(1), None, True), Weights(1, Decimal(1), None, False), "depends"),
        (Weights(50, Decimal(1), None, False), Weights(20, Decimal(1), Decimal(2), True), "one"),
    ],
)
def test_winner_of_two_journeys(one, other, expected):
    assert winner(one, other) == expected


@pytest.fixture
def page(client, db):
    client.force_login(User.objects.create_user("mara"))
    for slug, priority in (("cart", 30), ("nurture", 20), ("news", 20)):
        journey = Journey.objects.create(slug=slug, phase="purchase", state="live", priority=priority, name_en=slug.title(), name_de=slug, created_at=NOW)  # fmt: skip
        Version.objects.create(journey=journey, number=1, definition={}, created_at=NOW)
    return client


def order():
    return list(Journey.objects.order_by("-priority", "slug").values_list("slug", flat=True))


def opened(page):
    return page.get(reverse("journey_priorities")).context["opened"]


def test_journey_priorities_is_for_marketing_only(client, db):
    sales = User.objects.create_user("kim")
    sales.groups.add(Group.objects.get_or_create(name=SALES_GROUP)[0])
    client.force_login(sales)
    assert client.get(reverse("journey_priorities")).status_code == 403


def test_journey_priorities_saves_a_dragged_order(page):
    given = {"journey": ["news", "cart", "nurture"], "opened": opened(page)}
    assert page.post(reverse("journey_priorities"), given).status_code == 302
    assert order() == ["news", "cart", "nurture"]
    assert len(set(Journey.objects.values_list("priority", flat=True))) == 3


@pytest.mark.parametrize(("button", "expected"), [("up", ["nurture", "cart", "news"]), ("down", ["cart", "news", "nurture"])])  # fmt: skip
def test_journey_priorities_by_button_moves_one_place_without_javascript(page, button, expected):
    given = {"journey": ["cart", "nurture", "news"], "opened": opened(page), button: "nurture"}
    page.post(reverse("journey_priorities"), given)
    assert order() == expected


def test_journey_priorities_of_two_at_once_tells_the_second_one(page):
    seen = opened(page)
    page.post(reverse("journey_priorities"), {"journey": ["news", "cart", "nurture"], "opened": seen})
    answer = page.post(reverse("journey_priorities"), {"journey": ["nurture", "cart", "news"], "opened": seen})
    assert answer.status_code == 409
    assert "Somebody else has changed the priorities meanwhile." in answer.content.decode()
    assert order() == ["news", "cart", "nurture"]


@pytest.mark.parametrize("slugs", [["cart"], ["cart", "nurture", "news", "news"], ["cart", "nurture", "pigeon"], []])
def test_journey_priorities_of_a_list_that_does_not_fit_changes_nothing(page, slugs):
    answer = page.post(reverse("journey_priorities"), {"journey": slugs, "opened": opened(page)})
    assert answer.status_code == 409
    assert order() == ["cart", "news", "nurture"]


def test_journey_priorities_says_scores_and_who_wins(page):
    Score.objects.create(slug="fit", axis="fit", name_en="Fit", name_de="Passung")
    Journey.objects.filter(slug="cart").update(context={"attribute": "country", "is": "DE"}, context_factor=2)
    Journey.objects.filter(slug="news").update(propensity="fit", value=Decimal("1.5"))
    anna = Contact.objects.create(external_id="anna", created_at=NOW, updated_at=NOW)
    for slug in ("cart", "nurture"):
        journey = Journey.objects.get(slug=slug)
        Enrollment.objects.create(contact=anna, journey=journey, version=journey.versions.get(), entered_at=NOW, arrived_at=NOW)  # fmt: skip
    context = page.get(reverse("journey_priorities")).context
    said = {row["slug"]: row["sentence"] for row in context["rows"]}
    assert said["cart"].startswith("priority 30; counts twice for: ")
    assert said["news"] == "priority 20; worth 1.5 times; times the score “Fit” of the person (100 counts fully)"
    assert [(pair["text"], pair["people"]) for pair in context["pairs"]] == [
        ("“Cart” goes before “Nurture”", "1 person is in both")
    ]


WRONG_CONTEXTS = [
    {"context": text}
    for text in (
        *('{"attribute": "country", "is": 7}', '{"attribute": "country"}', '{"nonsense": 1}', "{}", "[]", "0", "false"),
        *('{"event": "x", "since": "entry"}', '{"all": []}'),
    )
]


def test_journey_priorities_says_a_context_that_is_not_valid_any_more(page):
    Journey.objects.filter(slug="cart").update(context={"attribute": "country"}, context_factor=2)
    said = {row["slug"]: row["sentence"] for row in page.get(reverse("journey_priorities")).context["rows"]}
    assert said["cart"] == "priority 30; its context is not valid and does not count"


def test_journey_weights_are_saved_and_bad_ones_refused(page):
    at = reverse("journey_weights", args=["cart"])
    seen = page.get(at).context["opened"]
    given = {"value": "1.5", "context": '{"attribute": "country", "is": "DE"}', "context_factor": "2", "propensity": ""}
    for bad in (
        {"value": "0"},
        {"context_factor": "-1"},
        {"context": "{"},
        {"context": ""},
        {"propensity": "pigeon"},
        *WRONG_CONTEXTS,
    ):
        answer = page.post(at, given | bad | {"opened": seen})
        assert answer.status_code == 200
        assert answer.context["form"].errors, bad
    assert page.post(at, given | {"opened": seen}).status_code == 302
    cart = Journey.objects.get(slug="cart")
    assert (cart.value, cart.context_factor, cart.context) == (Decimal("1.5"), 2, {"attribute": "country", "is": "DE"})
    late = page.post(at, given | {"value": "3", "opened": seen})
    assert late.status_code == 409
    assert Journey.objects.get(slug="cart").value == Decimal("1.5")
    assert page.post(at, given | {"value": "3", "opened": late.context["opened"]}).status_code == 302
