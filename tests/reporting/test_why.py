"""Why and why not: every gate of entry, step, leaving and message for one person and one journey."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from consent.records.operations import record_consent
from contacts.models import Segment
from journeys.models import Enrollment, Journey, Offer, Touch
from orchestrator.models import Verdict
from reporting.explain.queries import one_contact
from reporting.explain.why import why_page
from tests.flows.conftest import journey, names

STEPS = [
    {"key": "wait", "kind": "wait", "for": "4h"},
    {"key": "mail", "kind": "send", "block": "hello"},
    {"key": "react", "kind": "wait", "until": {"event": "order_placed", "since": "step"}, "at_most": "3d"},
    {"key": "end", "kind": "end", "outcome": "reminded"},
]
GOAL = {"name": names("Ordered"), "when": {"event": "order_placed", "since": "entry"}}


def page_of(world, contact):
    return why_page(one_contact(contact.pk), Journey.objects.get(slug="cart"), now=world.now, sensitive=True)


def said(gates):
    return {gate.name: (gate.text, gate.passed) for gate in gates}


@pytest.fixture
def cart(world):
    return journey(
        "cart",
        [dict(step) for step in STEPS],
        entry={"signal": "cart", "when": {"attribute": "country", "is": "DE"}, "reentry": {"after": "leaving", "delay": "7d"}},
        goal=GOAL,
        max_age="30d",
    )  # fmt: skip


def test_why_not_without_the_trigger_says_so_first(world, cart):
    anna = world.person("anna", country="DE")
    page = page_of(world, anna)
    assert page["sentence"].startswith("Anna is not in “cart”: Trigger, signal “Cart” fires: never so far")
    assert said(page["entry"])["Condition of entry"][1] is True
    assert page["run"] is None
    assert page["coming"] == page["step"] == []


def test_why_not_with_a_condition_that_does_not_hold_shows_the_leaf_and_the_refusal(world, cart):
    ben = world.person("ben", country="FR")
    world.does(ben, "cart_updated", cart_id="c1")
    world.pulse()
    page = page_of(world, ben)
    gate = next(gate for gate in page["entry"] if gate.name == "Condition of entry")
    assert (gate.passed, gate.tree["value"]) == (False, "FR")
    assert [one["reason"] for one in page["refusals"]] == ["does not meet the condition of entry"]
    assert "Condition of entry" in page["sentence"]


def test_why_in_the_middle_shows_step_goal_and_what_comes_with_times(world, cart):
    anna = world.person("anna", country="DE")
    world.does(anna, "cart_updated", cart_id="c1")
    world.pulse()
    page = page_of(world, anna)
    assert page["sentence"].startswith("Anna is in “cart” at “wait”")
    assert [(one.name, one.at) for one in page["coming"]] == [
        ("mail", world.now + timedelta(hours=4)),
        ("react", world.now + timedelta(hours=4)),
        ("end", world.now + timedelta(hours=76)),
    ]
    leaving = said(page["leaving"])
    assert leaving["Goal “Ordered”"][1] is False
    assert leaving["Maximum age"][1] is False
    assert said(page["entry"])["Coming again"] == ("is in it already", False)


def test_why_asks_the_arbiter_and_leaves_nothing_behind(world, cart):
    anna, cem = world.person("anna", country="DE"), world.person("cem", country="DE")
    for person in (anna, cem):
        world.does(person, "cart_updated", cart_id="c1")
    world.pulse()
    record_consent(contact_id=cem.pk, purpose="email_marketing", decision="refused", source="t", now=world.now)
    assert page_of(world, anna)["message"]["outcome"] == "approved"
    message = page_of(world, cem)["message"]
    assert (message["outcome"], message["reason"]) == ("suppressed", "there is no consent for this purpose")
    assert {gate.name: gate.passed for gate in message["gates"]}["Consent"] is False
    dana = world.person("dana", country="DE")
    assert page_of(world, dana)["message"]["outcome"] == "approved"  # as if she had just entered
    assert not Touch.objects.exists()
    assert not Verdict.objects.exists()
    assert Enrollment.objects.count() == 2


def test_why_after_the_goal_says_how_it_ended_and_when_again(world, cart):
    anna = world.person("anna", country="DE")
    world.does(anna, "cart_updated", cart_id="c1")
    world.pulse()
    world.now += timedelta(hours=1)
    world.does(anna, "order_placed")
    world.pulse()
    page = page_of(world, anna)
    assert [one["reason"] for one in page["past_runs"]] == ["reached the goal"]
    text, passed = said(page["entry"])["Coming again"]
    assert passed is False
    assert text.startswith("may come again 7 days later: from 25 Nov")


def test_why_says_what_was_decided_about_offers_also_in_the_runs_before(client, world):
    """Of the run at hand beside its step, of those before beside how they ended."""
    for slug, phases in (("spring", ["retention"]), ("gift", [])):
        Offer.objects.create(
            slug=slug,
            kind="gift",
            state="live",
            phases=phases,
            name_en=slug.title(),
            name_de=slug,
            created_at=world.now,
        )
    gives = [{"key": slug, "kind": "offer", "offer": slug} for slug in ("spring", "gift")]
    journey("cart", [*gives, {"key": "rest", "kind": "wait", "for": "2d"}, {"key": "end", "kind": "end"}])
    anna = world.person("anna")
    world.does(anna, "cart_updated")
    world.pulse()
    refused, made = page_of(world, anna)["step"][-2:]
    assert (refused.name, refused.text, refused.at) == (
        "Offer “Spring”",
        "the person is in another phase",
        world.now,
    )
    assert (made.name, made.text, made.passed) == ("Offer “Gift”", "got the offer", None)
    begun = world.now
    world.later(days=2)
    page = page_of(world, anna)
    assert page["run"] is None
    (before,) = page["past_runs"]
    assert before["offers"] == [
        ("Spring", "the person is in another phase", begun),
        ("Gift", "got the offer", begun),
    ]
    client.force_login(User.objects.create_user("maja"))
    html = client.get(f"/contacts/{anna.pk}/why/cart/").content.decode()
    assert "Offer “Spring”: the person is in another phase" in html


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"every": "day", "time": "09:00"}, datetime(2026, 11, 19, 8, tzinfo=UTC)),
        ({"every": "day", "time": "09:00", "local": False}, datetime(2026, 11, 19, 8, tzinfo=UTC)),
        ({"at": "2026-12-01T09:00"}, datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ({"at": "2026-11-01T09:00"}, None),
    ],
)
def test_why_not_before_a_schedule_says_when_it_comes_next(world, schedule, expected):
    Segment.objects.create(slug="vip", kind="fixed", name_en="VIP", name_de="VIP")
    journey("cart", [dict(step) for step in STEPS], entry={"schedule": {"segment": "vip", **schedule}})
    gates = page_of(world, world.person("anna"))["entry"]
    turn = next(gate for gate in gates if gate.name == "Next turn")
    assert (turn.at, turn.passed) == (expected, None if expected else False)


def test_why_page_opens_for_marketing_and_leads_on_from_the_contact(client, world, cart):
    anna = world.person("anna", country="DE")
    client.force_login(User.objects.create_user("maja"))
    assert "Why not in" in client.get(f"/contacts/{anna.pk}/").content.decode()
    answer = client.get(f"/contacts/{anna.pk}/why/?journey=cart")
    assert answer.url == f"/contacts/{anna.pk}/why/cart/"
    page = client.get(answer.url)
    assert page.status_code == 200
    assert "Why not?" in page.content.decode()
    assert client.get(f"/contacts/{anna.pk}/why/nope/").status_code == 404
    assert client.get("/contacts/999999999999999999999/why/cart/").status_code == 404
