"""Promise B3: where consent cannot be read, or is not known, nothing is sent; what stands in the way is kept, and it goes on afterwards."""

from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from journeys.models import Touch
from orchestrator.arbiter.operations import decide_touches
from orchestrator.channels import handing
from orchestrator.channels.adapters import email
from orchestrator.channels.operations import deliver_touches, release_leases
from orchestrator.kernel.scope import EVERYBODY
from orchestrator.models import Verdict

from .conftest import NOW

SIGNATURE = "consent_stands_against(contact bigint, purpose text, channel text, address text)"
BROKEN = f"CREATE FUNCTION {SIGNATURE} RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION 'out of order'; END $$"
SLOW = f"""CREATE FUNCTION {SIGNATURE} RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN PERFORM pg_sleep(0.6); RETURN consent_stands_against_quick($1, $2, $3, $4); END $$"""


def run(text):
    with connection.cursor() as cursor:
        cursor.execute(text)


def replace_function(text):
    run("ALTER FUNCTION consent_stands_against(bigint, text, text, text) RENAME TO consent_stands_against_quick")
    run(text)


def put_back():
    run("DROP FUNCTION consent_stands_against(bigint, text, text, text)")
    run("ALTER FUNCTION consent_stands_against_quick(bigint, text, text, text) RENAME TO consent_stands_against")


def state(touch):
    return Touch.objects.values_list("state", "reason", "called_at").get(pk=touch.pk)


@pytest.fixture
def replaced(transactional_db):
    """Replace the function that everybody asks; put back at the end of the test at the latest."""
    found = []

    def replace(text):
        replace_function(text)
        found.append(text)

    def back():
        put_back()
        found.clear()

    yield replace, back
    if found:
        back()


@pytest.fixture
def locked(transactional_db):
    """Lock what people said from another session; here nobody waits longer than a moment."""
    given = connection.settings_dict
    other = psycopg.connect(host=given["HOST"] or None, dbname=given["NAME"], user=given["USER"] or None)
    run("SET lock_timeout = '150ms'")
    yield lambda: other.execute("LOCK TABLE consent_state IN ACCESS EXCLUSIVE MODE"), other.rollback
    run("RESET lock_timeout")
    other.close()


def when_ready(monkeypatch, what):
    """Have something happen once, after the claim and before the provider would be called."""
    left, ready = [what], email.Outbox.ready

    def then(outbox):
        ready(outbox)
        if left:
            left.pop()()

    monkeypatch.setattr(email.Outbox, "ready", then)


def test_deliver_while_consents_are_locked_sends_nothing_and_goes_on_afterwards(locked, world, smtp, clock):
    lock, unlock = locked
    touch = world.touch(world.person())
    lock()
    for _ in range(2):
        with pytest.raises(OperationalError, match="lock timeout"):
            deliver_touches(now=clock)
    assert (state(touch), smtp.mails) == (("approved", "", None), [])
    unlock()
    assert deliver_touches(now=clock) == {"sent": 1}


def test_deliver_when_consents_are_locked_behind_the_claim_sends_nothing(locked, world, smtp, clock, monkeypatch):
    lock, unlock = locked
    touch = world.touch(world.person())
    when_ready(monkeypatch, lock)
    assert deliver_touches(now=clock) == {"claim_over": 1}
    assert (state(touch), smtp.mails) == (("approved", "", None), [])
    unlock()
    assert deliver_touches(now=clock) == {"sent": 1}


def test_decide_while_consents_are_locked_approves_nothing_and_goes_on_afterwards(locked, world, clock):
    lock, unlock = locked
    touch = world.touch(world.person(), state="proposed", hold_until=NOW, decided_at=None)
    lock()
    with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
        decide_touches(now=NOW, scope=EVERYBODY, batch=10)
    assert state(touch)[0] == "proposed"
    assert not Verdict.objects.exists()
    unlock()
    with transaction.atomic():
        assert decide_touches(now=NOW, scope=EVERYBODY, batch=10) == {("approved", ""): 1}


def test_deliver_while_the_rules_raise_sends_nothing_and_goes_on_afterwards(replaced, world, smtp, clock):
    replace, back = replaced
    touch = world.touch(world.person())
    replace(BROKEN)
    with pytest.raises(DatabaseError, match="out of order"):
        deliver_touches(now=clock)
    assert (state(touch), smtp.mails) == (("approved", "", None), [])
    back()
    assert deliver_touches(now=clock) == {"sent": 1}


def test_deliver_when_the_rules_raise_behind_the_claim_sends_nothing(replaced, world, smtp, clock, monkeypatch):
    replace, back = replaced
    touch = world.touch(world.person())
    when_ready(monkeypatch, lambda: replace(BROKEN))
    with pytest.raises(DatabaseError, match="out of order"):
        deliver_touches(now=clock)
    assert (state(touch), smtp.mails) == (("sending", "", None), [])
    back()
    assert release_leases(now=clock.move(minutes=5)) == {"approved": 1}  # as after a worker that died
    assert deliver_touches(now=clock) == {"sent": 1}


def test_deliver_while_the_rules_take_too_long_sends_nothing_and_goes_on_afterwards(
    replaced, world, smtp, clock, monkeypatch
):
    replace, back = replaced
    touch = world.touch(world.person())
    replace(SLOW)
    with monkeypatch.context() as patched:
        patched.setattr(handing, "BEGIN_WITHIN", 0.5)
        assert deliver_touches(now=clock) == {"claim_over": 1}  # an answer so old is none
    assert (state(touch)[:2], smtp.mails) == (("approved", ""), [])
    back()
    assert deliver_touches(now=clock) == {"sent": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("decided", [False, True])
@pytest.mark.parametrize(
    ("values", "address", "outcome"),
    [
        ({"purpose": "raffle"}, None, ("suppressed", "no_consent")),
        ({"purpose": ""}, None, ("suppressed", "no_consent")),
        ({"channel": "pigeon"}, None, ("suppressed", "no_address")),
        ({}, "", ("suppressed", "no_address")),
        ({}, "nowhere", ("suppressed", "no_address")),
    ],
)
def test_what_is_not_known_is_not_sent_and_says_why(world, smtp, clock, values, address, outcome, decided):
    """Whether the arbiter sees it, or it was approved and the claim does."""
    contact = world.person(email=address)
    more = {} if decided else {"state": "proposed", "hold_until": NOW, "decided_at": None}
    touch = world.touch(contact, **values, **more)
    if not decided:
        decide_touches(now=NOW, scope=EVERYBODY, batch=10)
    counts = deliver_touches(now=clock)
    assert counts["sent"] == 0
    assert smtp.mails == []
    if decided and values.get("channel") == "pigeon":
        assert state(touch) == ("approved", "", None)  # nobody delivers this channel, so nobody claims it
        return
    assert state(touch) == (*outcome, None)
    assert Verdict.objects.filter(touch=touch, outcome=outcome[0], reason=outcome[1]).count() == 1
    clock.move(hours=1)
    world.touch(world.person("Ben", email="ben@mail.example"), expires_at=NOW + timedelta(days=2), key="c2")
    assert deliver_touches(now=clock) == {"sent": 1}
