"""A tick over 100 and over many contacts issues the same number of statements."""

import os
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Purpose, Record, State
from contacts.models import Contact, Event, News, Segment, Stage
from journeys.models import Enrollment, Touch
from orchestrator.tick import loop
from tests.flows.conftest import NOW, journey, names

STEPS = [
    {"key": "split", "kind": "split", "arms": [{"name": "holdout", "weight": 1, "holdout": True}, {"name": "on", "weight": 9}]},
    {"key": "which", "kind": "branch", "branches": [{"key": "de", "name": names("de"), "when": {"attribute": "country", "is": "DE"}, "next": "mail"}], "otherwise": "lead", "missing": "lead"},
    {"key": "lead", "kind": "handover", "team": "t", "next": "end"},
    {"key": "mail", "kind": "send", "block": "hello"},
    {"key": "mark", "kind": "update", "set": {"seen": True}, "stage": "seen"},
    {"key": "rest", "kind": "wait", "window": {"from": "09:00", "to": "12:00"}},
    {"key": "again", "kind": "send", "block": "again"},
    {"key": "end", "kind": "end"},
]  # fmt: skip
# 10,000 in the full run; from 500 on statements are planned as for everybody
MANY = int(os.environ.get("STATEMENT_CONTACTS", "2000"))


def crowd(n):
    """n people who agreed to everything and just filled a cart, every tenth abroad."""
    first = Contact.objects.count()
    people = Contact.objects.bulk_create(
        Contact(
            external_id=f"c{first + i}",
            email=f"c{first + i}@p.example",
            country="FR" if i % 10 == 0 else "DE",
            created_at=NOW,
            updated_at=NOW,
        )
        for i in range(n)
    )
    for purpose in Purpose.objects.filter(slug__in=("profiling", "email_marketing")):
        records = Record.objects.bulk_create(
            Record(contact=p, purpose=purpose, decision="granted", at=NOW, source="t") for p in people
        )
        State.objects.bulk_create(
            State(contact=r.contact, purpose=purpose, granted=True, since=NOW, record=r) for r in records
        )
    Event.objects.bulk_create(
        Event(
            contact=p,
            name="cart_updated",
            occurred_at=NOW,
            received_at=NOW,
            properties={},
            source="t",
            message_id=f"m{p.pk}",
        )
        for p in people
    )
    News.objects.bulk_create(News(contact_id=p.pk, name="cart_updated", since=NOW) for p in people)


def statements(n):
    crowd(n)
    with CaptureQueriesContext(connection) as pulse:
        loop.pulse(now=NOW, batch=100_000)
    with CaptureQueriesContext(connection) as beat:
        loop.beat(now=NOW + timedelta(days=1))
    return tuple(sum("ANALYZE" not in q["sql"] and "pg_class" not in q["sql"] for q in each) for each in (pulse, beat))


@pytest.mark.django_db
def test_tick_over_100_and_over_many_contacts_issues_the_same_statements(world, two_a_week, settings):
    settings.TICK_BATCH = settings.PULSE_BATCH = (
        100_000  # one batch: more batches are more transactions, not more statements a person
    )
    Stage.objects.create(slug="seen", phase="purchase", position=9, name_en="Seen", name_de="Gesehen")
    Stage.objects.create(
        slug="lead", phase="awareness", position=1, condition={"event": "order_placed"}, name_en="Lead", name_de="Lead"
    )
    Segment.objects.create(slug="dach", condition={"attribute": "country", "in": ["DE"]}, name_en="d", name_de="d")
    journey("wide", STEPS, goal={"name": names("g"), "when": {"event": "order_placed", "since": "entry"}})
    statements(10)  # everything that is computed once
    few = statements(100)
    many = statements(MANY)
    assert few == many
    assert Enrollment.objects.count() == MANY + 110
    assert Touch.objects.filter(state="suppressed", reason="holdout").count() > MANY // 10
