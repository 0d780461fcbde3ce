"""The last code, the last euro and the last place, wanted by many at once; and the number of statements."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from journeys.models import Enrollment, Journey, Offer, OfferCode, OfferDecision, OfferGrant
from journeys.offers.granting import answer_offers, decline_grant, expire_grants, grant_offers
from orchestrator.kernel.scope import Scope
from tests.journeys.offers.conftest import NOW, OFFER_STEPS, journey, offer


def crowd(n, slug="j"):
    """n people who stand at the offer step of a journey and are due."""
    one = Journey.objects.get(slug=slug)
    step = one.live_version.steps.get(key="give")
    first = Contact.objects.count()
    people = Contact.objects.bulk_create(
        Contact(external_id=f"{slug}{first + i}", email=f"{slug}{first + i}@p.example", created_at=NOW, updated_at=NOW)
        for i in range(n)
    )
    Enrollment.objects.bulk_create(
        Enrollment(
            contact=p, journey=one, version=one.live_version, step=step, entered_at=NOW, arrived_at=NOW, due_at=NOW
        )
        for p in people
    )
    return step, [p.pk for p in people]


def grant(step, ids, slug="spring"):
    return grant_offers(
        slug=slug, step_id=step.pk, journey="j", phase="purchase", now=NOW, scope=Scope(contacts=tuple(ids)), batch=10_000
    )  # fmt: skip


def at_once(*works):
    """Run works in threads that begin together; raises what they raise."""
    gate, wrong = threading.Barrier(len(works)), []

    def run(work):
        try:
            gate.wait()
            work()
        except Exception as error:  # shown below, in the thread of the test
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"single": [f"C-{n}" for n in range(7)]}, "codes_used_up"),
        ({"budget": 79}, "budget_used_up"),
        ({"most_grants": 7}, "grants_used_up"),
    ],
)
def test_eight_workers_never_give_more_than_there_is(world, settings, reason):
    offer(**settings)
    journey("j", OFFER_STEPS)
    step, ids = crowd(40)
    parts = [ids[n::8] for n in range(8)]
    at_once(*(lambda part=part: grant(step, part) for part in parts))
    given = OfferGrant.objects.all()
    assert given.count() == 7
    assert given.values("contact").distinct().count() == 7
    assert sum(one.value for one in given) == 70
    if "single" in settings:
        assert given.values("code").distinct().count() == 7
        assert OfferCode.objects.filter(grant=None).count() == 0
        assert all(code.grant.code == code.code for code in OfferCode.objects.select_related("grant"))
    assert OfferDecision.objects.filter(reason=reason).count() == 33
    assert OfferDecision.objects.count() == 40


@pytest.mark.django_db(transaction=True)
def test_two_offers_to_the_same_people_at_once_are_one_each(world):
    offer()
    offer("winter")
    journey("j", OFFER_STEPS)
    journey("k", [OFFER_STEPS[0] | {"offer": "winter"}, *OFFER_STEPS[1:]])
    step, ids = crowd(60)
    other = Journey.objects.get(slug="k")
    second = other.live_version.steps.get(key="give")
    Enrollment.objects.bulk_create(
        Enrollment(
            contact_id=pk,
            journey=other,
            version=other.live_version,
            step=second,
            entered_at=NOW,
            arrived_at=NOW,
            due_at=NOW,
        )
        for pk in ids
    )
    at_once(lambda: grant(step, ids), lambda: grant(second, ids, "winter"))
    assert OfferGrant.objects.filter(state="open").count() == 60
    reasons = list(OfferDecision.objects.values_list("reason", flat=True))
    assert (reasons.count(""), reasons.count("other_offer")) == (60, 60)


@pytest.mark.django_db(transaction=True)
def test_decline_and_expiry_at_once_leave_one_answer(world):
    offer()
    journey("j", OFFER_STEPS)
    step, ids = crowd(1)
    grant(step, ids)
    pk = OfferGrant.objects.get().pk
    later = NOW + timedelta(days=14)

    def expire():
        with transaction.atomic():
            expire_grants(now=later)

    at_once(lambda: decline_grant(grant_id=pk, now=later), expire)
    assert OfferGrant.objects.get().state in ("declined", "expired")


@pytest.mark.django_db
def test_grants_to_100_and_5000_people_take_the_same_statements(world, settings):
    settings.TICK_BATCH = 10_000
    offer(budget=1_000_000, eligibility={"attribute": "email", "is_set": True})
    Offer.objects.update(codes="single")
    one = Offer.objects.get()
    OfferCode.objects.bulk_create(OfferCode(offer=one, code=f"C-{n}") for n in range(6_000))
    journey("j", OFFER_STEPS)

    def statements(n):
        step, ids = crowd(n)
        with CaptureQueriesContext(connection) as found:
            grant(step, ids)
            answer_offers(now=NOW, scope=Scope(contacts=tuple(ids), news=frozenset({"offer_declined"})))
        with CaptureQueriesContext(connection) as over:
            expire_grants(now=NOW + timedelta(days=30))
        return len(found), len(over)

    statements(10)
    few, many = statements(100), statements(5_000)
    assert few == many
    assert OfferGrant.objects.filter(state="expired").count() == 5_110
    print(f"statements: {many}")
