"""The cast of these tests: Anna and Ben are leads, Kim and Robin are in sales."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User

from contacts.handover.operations import Lead, open_handovers
from contacts.models import Account, Contact, Event, EventType, Handover, Signal, SignalFiring
from orchestrator.kernel.access import SALES_GROUP

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)  # Wednesday, 10:00 in Berlin


@pytest.fixture
def anna(db):
    account = Account.objects.create(external_id="acme", name="Acme", industry="retail", created_at=NOW)
    return Contact.objects.create(
        first_name="Anna", last_name="Amsel", email="anna@acme.example", account=account, created_at=NOW, updated_at=NOW
    )


@pytest.fixture
def ben(db):
    return Contact.objects.create(first_name="Ben", email="ben@example.org", created_at=NOW, updated_at=NOW)


@pytest.fixture
def kim(db):
    return User.objects.create_user("kim", first_name="Kim", last_name="Meier")


@pytest.fixture
def sales(kim):
    kim.groups.add(Group.objects.get_or_create(name=SALES_GROUP)[0])
    return kim


@pytest.fixture
def robin(db):
    return User.objects.create_user("robin", first_name="Robin", last_name="Roth")


@pytest.fixture
def pricing(anna):
    signal = Signal.objects.create(
        slug="pricing",
        name_en="Looked at prices",
        name_de="Preise angesehen",
        kind="behaviour",
        strength="strong",
        condition={},
        cooldown=timedelta(days=1),
        holds_for=timedelta(days=7),
    )
    SignalFiring.objects.create(
        signal=signal, contact=anna, fired_at=NOW - timedelta(days=1), evidence={"counts": {"pricing_viewed": 3}}
    )
    SignalFiring.objects.create(
        signal=signal, contact=anna, fired_at=NOW - timedelta(days=2), evidence={"counts": {"pricing_viewed": 1}}
    )
    EventType.objects.create(slug="order_placed", name_en="Order placed", name_de="Bestellt", kind="transaction")
    for name in ("order_placed", "pricing_viewed"):
        Event.objects.create(
            contact=anna,
            name=name,
            occurred_at=NOW - timedelta(hours=3),
            received_at=NOW,
            source="test",
            message_id=name,
        )
    return signal


@pytest.fixture
def lead(anna):
    open_handovers(leads=[Lead(anna.pk, "inside-sales", timedelta(hours=4), "b2b-nurture")], now=NOW)
    return Handover.objects.get()
