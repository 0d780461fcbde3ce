"""A marketer at the browser, and some people."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

from contacts.models import Contact, EventType

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


@pytest.fixture
def marketer(client, db):
    client.force_login(User.objects.create_user("maja", first_name="Maja", last_name="Lindner"))
    return client


@pytest.fixture
def people(db):
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="Order placed", name_de="Bestellung")
    rows = [
        Contact(external_id=name, email=f"{name}@people.example", country=country, created_at=NOW, updated_at=NOW)
        for name, country in (("anna", "DE"), ("ben", "DE"), ("cem", "AT"), ("dora", "CH"))
    ]
    return {contact.external_id: contact for contact in Contact.objects.bulk_create(rows)}
