"""Events are stored once, in their own month, and the pulse hears of them."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.events.models import Event, MessageId, News
from contacts.events.operations import NewEvent, keep_months, open_months, record_events
from orchestrator.kernel import doorbell, sql

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def event(message_id="", contact_id=7, name="order_placed", at=NOW, **properties):
    return NewEvent(contact_id, name, at, properties, message_id)


@pytest.mark.django_db
def test_record_events_new_stores_and_tells_the_pulse():
    assert record_events(events=[event("a", total=12.5), event("b", contact_id=8)], source="shop", now=NOW) == [
        True,
        True,
    ]
    first = Event.objects.get(message_id="a")
    assert (first.contact_id, first.name, first.occurred_at, first.received_at) == (7, "order_placed", NOW, NOW)
    assert first.properties == {"total": 12.5}
    assert list(News.objects.order_by("id").values_list("contact_id", "name", "since")) == [
        (7, "order_placed", NOW),
        (8, "order_placed", NOW),
    ]


@pytest.mark.django_db
def test_record_events_again_changes_nothing():
    record_events(events=[event("a")], source="shop", now=NOW)
    assert record_events(events=[event("a"), event("b")], source="shop", now=NOW) == [False, True]
    assert (Event.objects.count(), News.objects.count(), MessageId.objects.count()) == (2, 2, 2)


@pytest.mark.django_db
def test_record_events_same_id_in_one_call_first_wins():
    assert record_events(events=[event("a", n=1), event("a", n=2)], source="shop", now=NOW) == [True, False]
    assert Event.objects.get().properties == {"n": 1}


@pytest.mark.django_db
def test_record_events_same_id_of_another_source_is_new():
    record_events(events=[event("a")], source="shop", now=NOW)
    assert record_events(events=[event("a")], source="app", now=NOW) == [True]


@pytest.mark.django_db
def test_record_events_without_message_id_is_always_new():
    assert record_events(events=[event(), event()], source="shop", now=NOW) == [True, True]
    assert all(len(each.message_id) == 32 for each in Event.objects.all())


@pytest.mark.django_db
def test_record_events_any_number_takes_one_statement(django_assert_num_queries):
    for n in (1, 300):
        with django_assert_num_queries(3):  # the statement and the savepoint around it
            record_events(events=[event(f"{n}-{i}") for i in range(n)], source="shop", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_record_events_new_rings_and_duplicate_does_not(monkeypatch):
    rung = []
    monkeypatch.setattr(doorbell, "_listeners", [lambda: rung.append(1)])
    record_events(events=[event("a")], source="shop", now=NOW)
    record_events(events=[event("a")], source="shop", now=NOW)
    assert rung == [1]


@pytest.mark.django_db
def test_open_months_moves_waiting_rows_out_of_the_default_partition():
    record_events(events=[event("old", at=datetime(1998, 3, 9, tzinfo=UTC))], source="shop", now=NOW)
    assert sql.rows("SELECT count(*) FROM contacts_event_default") == [(1,)]
    first, last = datetime(1998, 2, 3).date(), datetime(1998, 4, 1).date()
    assert open_months(first=first, last=last) == [f"contacts_event_1998{m}" for m in ("02", "03", "04")]
    assert open_months(first=first, last=last) == []
    assert sql.rows("SELECT count(*) FROM contacts_event_default") == [(0,)]
    assert Event.objects.get().occurred_at == datetime(1998, 3, 9, tzinfo=UTC)


@pytest.mark.django_db
def test_keep_months_over_new_year_opens_four():
    assert keep_months(now=datetime(2031, 12, 31, 23, tzinfo=UTC)) == [
        f"contacts_event_{m}" for m in ("203111", "203112", "203201", "203202")
    ]


@pytest.mark.django_db
def test_record_events_far_away_lands_in_the_default_partition():
    far = [event("y1970", at=datetime(1970, 1, 1, tzinfo=UTC)), event("y9999", at=datetime(9999, 12, 31, tzinfo=UTC))]
    assert record_events(events=far, source="shop", now=NOW) == [True, True]
    assert Event.objects.filter(occurred_at__gt=NOW + timedelta(days=9999)).count() == 1
