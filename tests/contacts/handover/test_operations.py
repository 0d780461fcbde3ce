"""Handing over and answering, each state once, twice, and by two people at once."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.handover import operations, queries
from contacts.handover.operations import AlreadyMoved, Lead, UnknownReason, open_handovers
from contacts.models import Contact, Handover, HandoverLog, News
from orchestrator.kernel import doorbell

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def test_open_handovers_stores_clock_snapshot_log_and_news(anna, pricing, django_capture_on_commit_callbacks):
    rung = []
    doorbell.listen(lambda: rung.append(1))
    snapshot = queries.snapshots([anna.pk], NOW)[anna.pk]
    with django_capture_on_commit_callbacks(execute=True):
        opened = open_handovers(
            leads=[Lead(anna.pk, "inside-sales", timedelta(hours=4), "nurture", 7, snapshot)], now=NOW
        )
    handover = Handover.objects.get()
    assert opened == {anna.pk: handover.pk}
    assert handover.due_at == datetime(2026, 3, 11, 13, tzinfo=UTC)
    assert (handover.state, handover.account, handover.enrollment_id) == ("waiting", anna.account, 7)
    assert [(signal["slug"], signal["evidence"]) for signal in handover.snapshot["signals"]] == [
        ("pricing", {"counts": {"pricing_viewed": 3}})
    ]
    assert [entry.by for entry in handover.log.all()] == ["nurture"]
    assert [(news.contact_id, news.name, news.since) for news in News.objects.all()] == [(anna.pk, "handover", NOW)]
    assert rung


def test_open_handovers_with_one_open_changes_nothing(anna, ben, lead):
    News.objects.all().delete()
    again = [Lead(anna.pk, "inside-sales", timedelta(hours=4)), Lead(ben.pk, "inside-sales", timedelta(hours=4))] * 2
    assert set(open_handovers(leads=again, now=LATER)) == {ben.pk}
    assert Handover.objects.filter(contact=anna).count() == 1
    assert News.objects.count() == HandoverLog.objects.filter(handover__contact=ben).count() == 1


def test_open_handovers_after_a_closed_one_opens_again(anna, lead):
    operations.reject(handover_id=lead.pk, reason="no_need", by="Kim", now=LATER)
    assert set(open_handovers(leads=[Lead(anna.pk, "inside-sales", timedelta(hours=4))], now=LATER)) == {anna.pk}


def test_open_handovers_of_many_issues_as_many_statements_as_of_one(db):
    def statements(count):
        people = [Contact(external_id=f"{count}-{n}", created_at=NOW, updated_at=NOW) for n in range(count)]
        ids = [contact.pk for contact in Contact.objects.bulk_create(people)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            taken = queries.snapshots(ids, NOW)
            opened = open_handovers(leads=[Lead(i, "t", timedelta(hours=2), "", None, taken[i]) for i in ids], now=NOW)
        assert len(opened) == count
        return len(captured)

    assert statements(1) == statements(300)


def test_snapshots_show_behaviour_of_those_who_agreed_to_profiling(anna, ben, pricing):
    from consent.records.operations import record_consent

    record_consent(contact_id=anna.pk, purpose="profiling", decision="granted", source="form", now=NOW)
    events = queries.snapshots([anna.pk, ben.pk], NOW)[anna.pk]["events"]
    assert {event["event"] for event in events} == {"order_placed", "pricing_viewed"}
    record_consent(contact_id=anna.pk, purpose="profiling", decision="withdrawn", source="form", now=LATER)
    assert [event["event"] for event in queries.snapshots([anna.pk], LATER)[anna.pk]["events"]] == ["order_placed"]


def test_snapshots_leave_out_behaviour_and_signals_that_are_over(anna, pricing):
    snapshot = queries.snapshots([anna.pk], NOW)[anna.pk]
    assert [event["event"] for event in snapshot["events"]] == ["order_placed"]
    assert snapshot["account"]["name"] == "Acme"
    assert snapshot["stage"] is None
    assert queries.snapshots([anna.pk], NOW + timedelta(days=8))[anna.pk]["signals"] == []


def test_accept_makes_the_lead_the_owners(lead, kim):
    operations.accept(handover_id=lead.pk, owner=kim, by="Kim Meier", note="calls today", now=LATER)
    lead.refresh_from_db()
    assert (lead.state, lead.owner, lead.answered_at, lead.closed_at) == ("accepted", kim, LATER, None)
    assert [(entry.state, entry.note) for entry in lead.log.all()] == [("waiting", ""), ("accepted", "calls today")]
    assert News.objects.filter(name="handover").count() == 2


def test_win_keeps_the_value_and_the_time_of_the_answer(lead, kim):
    operations.accept(handover_id=lead.pk, owner=kim, by="Kim", now=NOW)
    operations.win(handover_id=lead.pk, value=Decimal("1200.50"), currency="EUR", by="Kim", now=LATER)
    lead.refresh_from_db()
    assert (lead.state, lead.answered_at, lead.closed_at) == ("won", NOW, LATER)
    assert lead.snapshot["deal"] == {"value": "1200.50", "currency": "EUR"}


@pytest.mark.parametrize(("act", "state"), [(operations.lose, "lost"), (operations.recycle, "recycled")])
def test_lose_and_recycle_close_a_conversation(lead, kim, act, state):
    operations.accept(handover_id=lead.pk, owner=kim, by="Kim", now=NOW)
    reason = {"lost": "price", "recycled": "later"}[state]
    assert act(handover_id=lead.pk, reason=reason, by="Kim", now=LATER).state == state
    with pytest.raises(AlreadyMoved):
        act(handover_id=lead.pk, reason=reason, by="Kim", now=LATER)


def test_lose_without_conversation_is_refused(lead):
    with pytest.raises(AlreadyMoved):
        operations.lose(handover_id=lead.pk, reason="price", by="Kim", now=LATER)


@pytest.mark.parametrize("reason", ["", "price", "made up"])
def test_reject_with_a_reason_of_nobody_is_refused(lead, reason):
    with pytest.raises(UnknownReason):
        operations.reject(handover_id=lead.pk, reason=reason, by="Kim", now=LATER)
    lead.refresh_from_db()
    assert lead.state == "waiting"


@pytest.mark.django_db(transaction=True)
def test_accept_by_two_at_once_lets_one_win(lead, kim, robin):
    barrier, outcomes = threading.Barrier(2), []

    def accept(name):
        try:
            barrier.wait()
            operations.accept(handover_id=lead.pk, owner=User.objects.get(username=name), by=name, now=LATER)
            outcomes.append(name)
        except AlreadyMoved as late:
            outcomes.append(late.handover.owner.username)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=[name]) for name in ("kim", "robin")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lead.refresh_from_db()
    assert outcomes == [lead.owner.username] * 2
    assert lead.log.filter(state="accepted").count() == 1
