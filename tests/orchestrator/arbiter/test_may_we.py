"""May we? One function, the arbiter, the claim and the guard of the table give one answer, whatever was said before."""

import random
import uuid

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from consent.models import Purpose, State, Suppression
from consent.records.operations import record_consent
from contacts.models import Contact
from journeys.models import Touch
from orchestrator.arbiter.operations import decide_touches
from orchestrator.channels import operations
from orchestrator.channels.adapters.registry import COURIERS
from orchestrator.kernel import sql
from orchestrator.kernel.scope import EVERYBODY
from orchestrator.models import Verdict
from tests.orchestrator.channels.conftest import NOW

pytestmark = pytest.mark.django_db


def against(contact, purpose, address=None, channel="email"):
    asked = [contact.pk, purpose, channel, contact.email if address is None else address]
    return sql.rows("SELECT consent_stands_against(%s, %s, %s, %s)", asked)[0][0]


def purposes(dice):
    """Purposes and topics of all kinds; a topic may have topics."""
    made = list(Purpose.objects.filter(slug__in=("email_marketing", "service")))
    for n in range(7):
        parent = dice.choice([None, *made]) if n else None
        similar = {"similar_goods": "lamps", "notice_en": "n", "notice_de": "n"} if dice.random() < 0.5 else {}
        made.append(
            Purpose.objects.create(
                slug=f"p{n}",
                name_en="p",
                name_de="p",
                parent=parent,
                active=dice.random() < 0.85,
                enforcement=dice.choice(["opt_in", "opt_in", "opt_out", "none"]),
                channel=dice.choice(["", "", "email", "sms"]),
                existing_customer=bool(similar),
                **similar,
            )
        )
    return made


def people(dice, world, known):
    for n in range(25):
        email = "" if n == 0 else f"p{n % 20}@mail.example"  # some share an address
        contact = world.person(f"P{n}", grant=(), email=email)
        if n % 4 == 1:
            Contact.objects.filter(pk=contact.pk).update(restricted_at=NOW)
        if email and dice.random() < 0.2:
            why = dice.choice(["bounced", "complained", "blocked", "objected"])
            Suppression.objects.get_or_create(channel="email", address=email, defaults={"reason": why, "since": NOW})
        for purpose in known:
            for decision in dice.choices(["granted", "granted", "refused", "withdrawn", ""], k=2):
                if decision:
                    record_consent(contact_id=contact.pk, purpose=purpose.slug, decision=decision, source="t", now=NOW)
        bought = [s.pk for s in State.objects.filter(contact=contact, granted=True) if dice.random() < 0.4]
        State.objects.filter(pk__in=bought).update(basis="existing_customer")
        yield contact


@pytest.mark.parametrize("seed", range(4))
def test_may_we_arbiter_claim_and_guard_agree(world, seed):
    dice = random.Random(seed)
    known = purposes(dice)
    touches = [
        world.touch(contact, purpose=slug, key=slug, state="proposed", hold_until=NOW, decided_at=None)
        for contact in people(dice, world, known)
        for slug in [*(p.slug for p in known), "no_such"]
    ]
    expected = {t.pk: against(t.contact, t.purpose) for t in touches}
    decide_touches(now=NOW, scope=EVERYBODY, batch=10_000)
    found = {v.touch_id: v.reason for v in Verdict.objects.all()}
    assert {pk: (expected[pk], reason) for pk, reason in found.items() if expected[pk] != reason} == {}
    assert set(found) == set(expected)
    assert {"", "no_consent", "unsubscribed", "restricted", "no_address"} <= set(expected.values())
    # now as if everything had been approved: the claim reads again, and says the same
    Touch.objects.update(state="approved", decided_at=NOW)
    claimed = operations._claim(COURIERS[0], claim=uuid.uuid4(), now=NOW, limit=10_000)
    assert {one.touch_id: one.reason for one in claimed} == expected


@pytest.mark.parametrize("how", ["sending", "called"])
def test_guard_refuses_a_row_that_is_sent_without_consent_however_it_is_written(world, how):
    ben = world.touch(world.person("Ben", grant=()), address="ben@mail.example")
    change = {"state": "sending"} if how == "sending" else {"called_at": NOW}
    with pytest.raises(IntegrityError, match="must not be sent: no_consent"), transaction.atomic():
        Touch.objects.filter(pk=ben.pk).update(**change)
    ben.refresh_from_db()
    for name, value in change.items():
        setattr(ben, name, value)
    with pytest.raises(IntegrityError, match="no_consent"), transaction.atomic():
        ben.save()  # the admin, a shell
    copy = {**Touch.objects.filter(pk=ben.pk).values().get(), "visit": 9, "id": None, **change}
    with pytest.raises(IntegrityError, match="no_consent"), transaction.atomic():
        Touch.objects.bulk_create([Touch(**copy)])
    assert Touch.objects.filter(state__in=("sending", "sent")).count() == 0
    record_consent(contact_id=ben.contact_id, purpose="email_marketing", decision="granted", source="t", now=NOW)
    assert Touch.objects.filter(pk=ben.pk).update(**change) == 1  # the guard is about consent, not about the row


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"purpose": "no_such"}, "no_consent"),
        ({"channel": "sms"}, "no_address"),  # nothing delivers it
        ({"channel": "fax"}, "no_address"),
    ],
)
def test_decide_what_is_not_known_is_not_sent(world, change, reason):
    touch = world.touch(world.person(), state="proposed", hold_until=NOW, decided_at=None, **change)
    decide_touches(now=NOW, scope=EVERYBODY, batch=10)
    touch.refresh_from_db()
    assert (touch.state, touch.reason) == ("suppressed", reason)


def test_may_we_without_a_person_or_an_answer_is_no(world):
    anna = world.person(grant=())
    assert against(anna, "email_marketing") == "no_consent"
    assert against(anna, "service") == ""
    assert against(anna, "service", address="") == "no_address"
    assert against(anna, None) == "no_consent"
    assert against(anna, "email_marketing", channel=None) == "no_consent"
    Contact.objects.filter(pk=anna.pk).update(email=F("email"))
    assert sql.rows("SELECT consent_stands_against(-1, 'service', 'email', 'a@b.example')") == [("no_consent",)]


def test_may_we_existing_customer_counts_while_the_purpose_allows_it(world):
    anna = world.person()
    Purpose.objects.filter(slug="email_marketing").update(
        existing_customer=True, similar_goods="g", notice_en="n", notice_de="n"
    )
    State.objects.update(basis="existing_customer")
    assert against(anna, "email_marketing") == ""
    Purpose.objects.filter(slug="email_marketing").update(existing_customer=False)
    assert against(anna, "email_marketing") == "no_consent"
