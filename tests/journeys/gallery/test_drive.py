"""Three people through each whole template: one reaches the goal, one never reacts, one withdraws consent on the way."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from consent.records.operations import record_consent
from contacts.handover.operations import accept
from contacts.models import Account, Handover
from journeys.gallery.operations import import_bundle
from journeys.gallery.templates import SLUGS, template
from journeys.models import Touch
from tests.flows.conftest import NOW, World

pytestmark = pytest.mark.django_db


def dormant(world, person):
    """Somebody who ordered once, 150 days ago, and comes into the segment by time."""
    world.does(person, "order_placed", ago=timedelta(days=150), order_id=f"old-{person.pk}", value=30)


def third_order(world, person):
    for n in range(3):
        world.does(person, "order_placed", ago=timedelta(days=30 * n), order_id=f"o{person.pk}-{n}", value=50)


def accepted(world, person):
    world.does(person, "demo_requested")
    world.later(hours=1)
    seller = User.objects.create_user("seller")
    accept(handover_id=Handover.objects.get(contact=person).pk, owner=seller, by="seller", now=world.now)


# by template: what lets somebody in, what reaches the goal, the outcome of whoever never reacts
WAYS = {
    "onboarding": (
        lambda w, p: w.does(p, "account_created"),
        lambda w, p: w.does(p, "order_placed", value=40),
        "introduced",
    ),
    "abandoned-booking": (
        lambda w, p: w.does(p, "form_started", form_id=f"f{p.pk}"),
        lambda w, p: w.does(p, "form_submitted", form_id=f"f{p.pk}"),
        "let-go",
    ),
    "b2b-nurture": (lambda w, p: w.does(p, "whitepaper_downloaded"), accepted, "later"),
    "abandoned-cart": (
        lambda w, p: w.does(p, "cart_updated", cart_id=f"c{p.pk}", value=200),
        lambda w, p: w.does(p, "order_placed", cart_id=f"c{p.pk}", value=200),
        "let-go",
    ),
    "post-purchase": (
        lambda w, p: w.does(p, "order_placed", order_id=f"o{p.pk}", value=50),
        lambda w, p: w.does(p, "review_written", order_id=f"o{p.pk}"),
        "looked-after",
    ),
    "loyalty": (third_order, lambda w, p: w.does(p, "order_placed", order_id=f"o{p.pk}-9", value=50), "thanked"),
    "reactivation": (dormant, lambda w, p: w.does(p, "order_placed", order_id=f"n{p.pk}", value=50), "lost"),
    "win-back": (
        lambda w, p: w.does(p, "subscription_cancelled", reason="price"),
        lambda w, p: w.does(p, "subscription_started"),
        "let-go",
    ),
}
RATHER_SILENT = (
    "onboarding",
    "b2b-nurture",
    "post-purchase",
    "win-back",
)  # belong to a contract: nobody leaves, nothing is sent


def last_run(world, person):
    from journeys.models import Enrollment

    return Enrollment.objects.filter(contact=person).order_by("id").first()


@pytest.mark.parametrize("slug", SLUGS)
def test_template_goal_silence_and_withdrawal_end_cleanly(slug):
    world = World()
    import_bundle(document=template(slug).document, by=None, now=NOW - timedelta(days=1), approved=True, live=True)
    world.later(minutes=1)
    company = Account.objects.create(external_id="acme", name="Acme", created_at=NOW)
    role = {"job_title": "Head of IT", "account": company} if slug == "b2b-nurture" else {}
    anna, ben, cem = (world.person(name, **role) for name in ("anna", "ben", "cem"))
    begin, reach, outcome = WAYS[slug]
    for person in (anna, ben, cem):
        begin(world, person)
    world.pulse()
    for _day in range(3):
        world.later(hours=20)
    reach(world, anna)
    record_consent(contact_id=cem.pk, purpose="email_marketing", decision="withdrawn", source="test", now=world.now)
    world.pulse()
    withdrawn_at = world.now
    assert last_run(world, anna).reason == "goal"
    assert last_run(world, ben).left_at is None
    if slug in RATHER_SILENT:
        assert last_run(world, cem).left_at is None
    else:
        assert last_run(world, cem).reason == "consent_withdrawn"
    for days in (*[1] * 20, *[2] * 45):
        world.later(days=days)
    run = last_run(world, ben)
    assert (run.reason, run.outcome) == ("completed", outcome)
    assert last_run(world, cem).left_at is not None
    late = Touch.objects.filter(contact=cem, purpose="email_marketing", proposed_at__gt=withdrawn_at)
    assert {touch.state for touch in late} <= {"suppressed"}
    assert not Touch.objects.filter(contact=anna, proposed_at__gt=withdrawn_at).exclude(purpose="service").exists()
    world.adds_up()
