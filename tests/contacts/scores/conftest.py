"""A small world for scores: rules, people, events, consent."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.models import Purpose, Record, State
from contacts.models import Contact, Event, EventType, Score, ScoreRule

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def person(name="anna", *, profiling=True, **columns):
    contact = Contact.objects.create(
        external_id=name, first_name=name.title(), created_at=NOW, updated_at=NOW, **columns
    )
    if profiling:
        agree(contact)
    return contact


def agree(contact, granted=True):
    purpose = Purpose.objects.get(slug="profiling")
    record = Record.objects.create(
        contact=contact, purpose=purpose, decision="granted" if granted else "withdrawn", at=NOW, source="t"
    )
    State.objects.update_or_create(
        contact=contact, purpose=purpose, defaults={"granted": granted, "since": NOW, "record": record}
    )


def happened(contact, name, *ages, **properties):
    """Events so many days (or timedeltas) ago."""
    first = Event.objects.count()
    Event.objects.bulk_create(
        Event(
            contact=contact,
            name=name,
            occurred_at=NOW - (age if isinstance(age, timedelta) else timedelta(days=age)),
            received_at=NOW,
            properties=properties,
            source="t",
            message_id=f"m{first + i}",
        )
        for i, age in enumerate(ages)
    )


def score(slug="engagement", *rules, axis="engagement", **columns):
    made = Score.objects.create(slug=slug, axis=axis, name_en=slug.title(), name_de=slug.title(), **columns)
    for position, rule in enumerate(rules):
        given = {"name_en": f"Rule {position}", "name_de": f"Regel {position}", "position": position} | rule
        ScoreRule.objects.create(score=made, **given)
    return made


def value(contact, slug="engagement"):
    """(value, {rule name: (points, n)}), None without a row."""
    row = contact.scorevalue_set.filter(score__slug=slug).first()
    names = dict(ScoreRule.objects.values_list("id", "name_en"))
    return row and (row.value, {names[f["rule"]]: (f["points"], f["n"]) for f in row.factors})


@pytest.fixture
def order_placed():
    return EventType.objects.create(slug="order_placed", kind="transaction", name_en="Order", name_de="Bestellung")
