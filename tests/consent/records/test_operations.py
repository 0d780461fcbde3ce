"""What people said is kept for ever, and what holds now follows from it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from consent.models import Record, State, Suppression
from consent.records.operations import (
    Choice,
    UnknownDecision,
    UnknownPurpose,
    rebuild_states,
    record_consent,
    record_consents,
    suppress_address,
)
from consent.records.queries import consents_of
from contacts.models import Contact, News
from orchestrator.kernel import doorbell

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return Contact.objects.create(first_name="Anna", email="anna@mail.example", created_at=NOW, updated_at=NOW)


def say(contact, decision, now=NOW, purpose="email_marketing", **more):
    return record_consent(contact_id=contact.pk, purpose=purpose, decision=decision, source="form", now=now, **more)


def held(contact):
    return list(State.objects.filter(contact=contact).values_list("purpose__slug", "granted", "since", "record_id"))


def test_record_consent_granted_keeps_record_state_and_news(anna):
    record = say(anna, "granted", wording="2026-01", proof={"form": "footer"})
    kept = Record.objects.get(pk=record)
    assert (kept.decision, kept.source, kept.wording, kept.proof) == ("granted", "form", "2026-01", {"form": "footer"})
    assert held(anna) == [("email_marketing", True, NOW, record)]
    assert list(News.objects.values_list("contact_id", "name", "since")) == [(anna.pk, "consent", NOW)]


def test_record_consent_withdrawn_later_holds(anna):
    say(anna, "granted")
    second = say(anna, "withdrawn", NOW + DAY)
    assert held(anna) == [("email_marketing", False, NOW + DAY, second)]
    assert Record.objects.count() == 2


def test_record_consent_older_than_state_is_kept_and_changes_nothing(anna):
    second = say(anna, "withdrawn")
    say(anna, "granted", NOW - DAY)
    assert held(anna) == [("email_marketing", False, NOW, second)]
    assert Record.objects.count() == 2


def test_record_consents_twice_at_one_instant_the_later_choice_holds(anna):
    choices = [Choice(anna.pk, "profiling", decision, "import") for decision in ("granted", "withdrawn")]
    ids = record_consents(choices=choices, now=NOW)
    assert held(anna) == [("profiling", False, NOW, ids[1])]
    assert ids == sorted(ids)


def test_record_consents_many_needs_as_many_statements_as_one(anna):
    others = [Contact(email=f"p{n}@mail.example", created_at=NOW, updated_at=NOW) for n in range(50)]
    Contact.objects.bulk_create(others)
    with CaptureQueriesContext(
        connection,
    ) as one:
        record_consents(choices=[Choice(anna.pk, "profiling", "granted", "import", at=NOW - DAY)], now=NOW)
    with CaptureQueriesContext(connection) as many:
        record_consents(choices=[Choice(c.pk, "profiling", "granted", "import") for c in others], now=NOW)
    assert len(one) == len(many)
    assert set(State.objects.filter(purpose__slug="profiling", granted=True).values_list("contact_id", flat=True)) == {
        anna.pk
    } | {c.pk for c in others}
    assert held(anna)[0][2] == NOW - DAY


@pytest.mark.parametrize(
    ("purpose", "decision", "error"),
    [("email_marketing", "perhaps", UnknownDecision), ("world_peace", "granted", UnknownPurpose)],
)
def test_record_consents_with_unknown_word_writes_nothing(anna, purpose, decision, error):
    choices = [Choice(anna.pk, "profiling", "granted", "x"), Choice(anna.pk, purpose, decision, "x")]
    with pytest.raises(error):
        record_consents(choices=choices, now=NOW)
    assert not Record.objects.exists()
    assert not News.objects.exists()


def test_record_consent_rings_once_it_is_committed(anna, django_capture_on_commit_callbacks):
    rung = []
    doorbell.listen(listener := lambda: rung.append(1))
    try:
        with django_capture_on_commit_callbacks(execute=True):
            say(anna, "granted")
            assert not rung
    finally:
        doorbell._listeners.remove(listener)
    assert rung == [1]


@pytest.mark.parametrize("change", ["UPDATE consent_record SET decision = 'granted'", "DELETE FROM consent_record"])
def test_record_is_append_only_in_the_database(anna, change):
    say(anna, "withdrawn")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert Record.objects.get().decision == "withdrawn"


def test_rebuild_states_from_records_alone_gives_the_same(anna):
    say(anna, "granted")
    say(anna, "withdrawn", NOW + DAY)
    say(anna, "refused", purpose="third_party")
    say(anna, "granted", NOW - DAY, purpose="profiling")
    before = sorted(held(anna))
    State.objects.filter(purpose__slug="profiling").delete()
    State.objects.filter(purpose__slug="email_marketing").update(granted=True)
    assert rebuild_states() == 3
    assert sorted(held(anna)) == before
    assert rebuild_states() == 3


def test_rebuild_states_without_any_record_removes_the_state(anna):
    State.objects.create(contact=anna, purpose_id=1, granted=True, since=NOW, record_id=1)
    rebuild_states()
    assert held(anna) == []


def test_suppress_address_twice_keeps_the_reason_that_stops_more():
    assert suppress_address(channel="email", address=" Anna@Mail.Example ", reason="complained", now=NOW)
    assert not suppress_address(channel="email", address="anna@mail.example", reason="bounced", now=NOW + DAY)
    assert Suppression.objects.values_list("reason", "since").get() == ("bounced", NOW + DAY)
    assert not suppress_address(channel="email", address="anna@mail.example", reason="objected", now=NOW + DAY)
    assert Suppression.objects.values_list("reason", "since").get() == ("bounced", NOW + DAY)


def test_consents_of_lists_every_purpose_that_needs_consent(anna):
    say(anna, "granted", wording="v3")
    found = {c.purpose: c for c in consents_of(anna.pk)}
    assert set(found) == {"email_marketing", "profiling", "third_party"}
    assert found["email_marketing"][1:6] == ("E-mail marketing", True, NOW, "form", "v3")
    assert found["profiling"].granted is None
