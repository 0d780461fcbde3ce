"""Two connections at once: what the provider sees is committed, and a withdrawal wins every race."""

import threading
import time
import uuid

import psycopg
import pytest
from django.db import IntegrityError, connection, connections, transaction

from consent.records.operations import record_consent
from journeys.models import Touch
from orchestrator.channels import handing, operations
from orchestrator.channels.adapters import email
from orchestrator.channels.adapters.registry import COURIERS
from orchestrator.channels.operations import deliver_touches
from orchestrator.kernel import sql
from tests.waiting import ended, until_blocked

from .conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(query):
    """Ask over a connection of its own, which sees only what is committed."""
    given = connection.settings_dict
    with psycopg.connect(host=given["HOST"], port=given["PORT"] or None, user=given["USER"] or None, dbname=given["NAME"],
                         password=given["PASSWORD"] or None) as other:  # fmt: skip
        return other.execute(query).fetchall()


def test_deliver_has_no_transaction_open_while_the_provider_is_called(world, smtp, clock):
    world.touch(world.person("Anna"))
    world.touch(world.person("Ben"))
    seen = []

    def look(_mail):
        touches = elsewhere("SELECT state, called_at IS NOT NULL FROM journeys_touch ORDER BY id")
        busy = elsewhere(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        locks = elsewhere(
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'transactionid' AND l.pid <> pg_backend_pid() AND a.datname = current_database()"
        )
        seen.append((touches, busy[0][0], locks[0][0]))

    smtp.on_data = look
    assert deliver_touches(now=clock) == {"sent": 2}
    assert seen == [
        ([("sending", True), ("sending", True)], 0, 0),
        ([("sending", True), ("sending", True)], 0, 0),
    ]  # marked together before the first call, recorded together after the last


class Spent:
    """In place of the module `time`: only what a withdrawal takes counts, however slow the machine is with everything else."""

    seconds = 0.0

    def monotonic(self):
        return self.seconds


def test_deliver_consent_withdrawn_while_another_mail_of_the_batch_goes_out_is_not_sent(
    world, smtp, clock, monkeypatch
):
    world.touch(world.person("Anna"))
    ben = world.touch(world.person("Ben"))
    spent = Spent()
    monkeypatch.setattr(handing, "BEGIN_WITHIN", 0.5)
    for module in (handing, email):
        monkeypatch.setattr(module, "time", spent)

    def withdraw(_mail):
        def in_thread():
            begun = time.monotonic()
            record_consent(
                contact_id=ben.contact_id, purpose="email_marketing", decision="withdrawn", source="x", now=NOW
            )
            spent.seconds += time.monotonic() - begun
            connections.close_all()

        thread = threading.Thread(target=in_thread)
        thread.start()
        ended([thread])

    smtp.on_data = withdraw
    assert deliver_touches(now=clock) == {"sent": 1, "claim_over": 1}
    assert deliver_touches(now=clock) == {"unsubscribed": 1}
    assert [m["To"] for m in smtp.mails] == ["anna@mail.example"]


def test_call_waits_for_a_withdrawal_that_is_just_being_written(world, clock):
    touch = world.touch(world.person())
    claim = uuid.uuid4()
    operations._claim(COURIERS[0], claim=claim, now=clock(), limit=1)
    got = []

    def call():
        values = {"ids": [touch.pk], "claim": claim, "now": clock(), "kind": "email"}
        try:
            got.append(sql.count(sql.statement("orchestrator/channels/sql/call.sql"), values))
        except IntegrityError as refusal:
            got.append(str(refusal).splitlines()[0])
        connections.close_all()

    thread = threading.Thread(target=call)
    with transaction.atomic():
        record_consent(
            contact_id=touch.contact_id, purpose="email_marketing", decision="withdrawn", source="x", now=NOW
        )
        thread.start()
        until_blocked()
        assert got == []
    ended([thread])
    assert got == [f"touch {touch.pk} must not be sent: unsubscribed"]


def test_claim_by_two_workers_at_once_sends_every_touch_once(world, smtp, clock):
    touches = [world.touch(world.person(f"P{n}")) for n in range(40)]
    totals = []

    def work():
        totals.append(
            sum((deliver_touches(now=clock, limit=5) for _ in range(8)), start=deliver_touches(now=clock, limit=1))
        )
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sum(t.values()) for t in totals) == len(touches)
    assert sorted(int(m["X-Touch"]) for m in smtp.mails) == sorted(t.pk for t in touches)
    assert set(Touch.objects.values_list("state", flat=True)) == {"sent"}
