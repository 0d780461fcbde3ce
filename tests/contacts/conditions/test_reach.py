"""Whom a channel may reach: the reasons in the order of the arbiter's gates."""

from datetime import UTC, datetime

import pytest

from consent.models import Purpose, Suppression
from consent.records.operations import record_consent
from consent.records.reach import REASONS, email_verdict
from contacts.conditions.reach import Reach, reaches, register_reach
from contacts.conditions.registry import CONTACT
from contacts.models import Contact

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)


def person(email, *decisions):
    contact = Contact.objects.create(email=email, created_at=NOW, updated_at=NOW)
    for decision in decisions:
        record_consent(contact_id=contact.pk, purpose="email_marketing", decision=decision, source="test", now=NOW)
    return contact


def verdict(contact):
    return Contact.objects.filter(pk=contact.pk).values_list(email_verdict(CONTACT), flat=True).get()


@pytest.mark.django_db
def test_email_verdict_gives_the_first_reason():
    Suppression.objects.create(address="gone@people.example", reason="bounced", since=NOW)
    assert verdict(person("anna@people.example", "granted")) == ""
    assert verdict(person("", "granted")) == "no_address"
    assert verdict(person("gone@people.example", "granted")) == "suppressed"
    assert verdict(person("gone@people.example")) == "suppressed"
    assert verdict(person("ben@people.example")) == "no_consent"
    assert verdict(person("cem@people.example", "granted", "withdrawn")) == "no_consent"


@pytest.mark.django_db
def test_email_verdict_of_a_purpose_by_contract_needs_no_consent():
    Purpose.objects.filter(slug="email_marketing").update(enforcement="none")
    assert verdict(person("ben@people.example")) == ""


def test_reaches_lists_email_with_words_for_every_reason():
    (email,) = [reach for reach in reaches() if reach.channel == "email"]
    assert set(email.reasons) == set(REASONS) == {"no_address", "suppressed", "no_consent"}
    assert all(texts["en"] != texts["de"] for texts in email.reasons.values())


def test_register_reach_adds_a_channel(monkeypatch):
    monkeypatch.setattr("contacts.conditions.reach._reaches", {})
    register_reach(Reach("sms", {"en": "SMS", "de": "SMS"}, {}, email_verdict))
    assert [reach.channel for reach in reaches()] == ["sms"]
