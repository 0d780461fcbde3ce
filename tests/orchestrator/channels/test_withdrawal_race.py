"""Promise B2: a withdrawal wins every race. Many senders, many who unsubscribe, three ways to do it; and naive senders as controls."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from consent.preferences.queries import unsubscribe_url
from consent.records.models import State
from consent.records.operations import record_consent
from journeys.models import Touch
from orchestrator.channels import handing
from orchestrator.channels.adapters import email
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.rules import SENT
from tests.orchestrator.channels.conftest import Glance
from tests.waiting import HUNG, until

pytestmark = pytest.mark.django_db(transaction=True)
CONTACTS = int(os.environ.get("RACE_CONTACTS", "60"))  # 10,000 in the full run
SENDERS, UNSUBSCRIBERS = 8, 6
PROVIDER_SECONDS = float(os.environ.get("RACE_PROVIDER_SECONDS", "0.02"))  # 0.2 in the full run
WAITS, BEGINS_WITHIN = 0.7, 0.5  # a withdrawal for what was marked, a sender after it asked: ADR 12


class Provider:
    """Takes some milliseconds for a mail, and knows when it was asked to begin and when it was done."""

    def __init__(self):
        self.begun, self.done, self.lock = {}, {}, threading.Lock()

    def take(self, contact_id, at):
        with self.lock:
            assert contact_id not in self.begun, "sent twice"
            self.begun[contact_id] = at
        time.sleep(PROVIDER_SECONDS)
        with self.lock:
            self.done[contact_id] = time.monotonic()


@pytest.fixture
def no_pool():
    """More threads than the pool has connections: each has one of its own."""
    options = connection.settings_dict["OPTIONS"]
    pool = options["pool"]
    connection.close()
    connection.close_pool()
    options["pool"] = False
    yield
    connections.close_all()
    options["pool"] = pool


@pytest.fixture
def provider(monkeypatch, no_pool):
    taken, glance = Provider(), Glance()
    people = {}

    def send(_outbox, mail):
        taken.take(people[mail.recipient], glance.at)
        return SENT

    monkeypatch.setattr(email, "time", glance)
    monkeypatch.setattr(email.Outbox, "_open", lambda self: None)
    monkeypatch.setattr(email.Outbox, "send", send)
    taken.people = people
    return taken


@pytest.fixture
def queue(world, provider, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = "https://track.example"
    settings.DELIVERY_LEASE_SECONDS = HUNG
    at = timezone.now()
    found = []
    for n in range(CONTACTS):
        contact = world.person(f"P{n}", grant=("email_marketing",))
        touch = world.touch(contact, proposed_at=at, decided_at=at, expires_at=at + timedelta(days=2))
        provider.people[contact.email] = contact.pk
        found.append((contact.pk, touch.pk))
    return found


def unsubscribe(n, contact, touch):
    """By the page, by the mail program, by the team's own record; each is answered when it returns."""
    path = unsubscribe_url(contact_id=contact, touch_id=touch).removeprefix("https://track.example")
    if n % 3 == 0:
        assert Client().post(path, {"confirm": "page"}).status_code == 200
    elif n % 3 == 1:
        assert Client().post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    else:
        record_consent(
            contact_id=contact, purpose="email_marketing", decision="withdrawn", source="api", now=timezone.now()
        )


def race(queue, sender, answers, begins=lambda: None):
    """Run senders and unsubscribers at once. Writes down when each withdrawal was asked for and answered.

    begins: returns when the unsubscribers may begin.
    """
    stop = threading.Event()

    def send():
        while not stop.is_set() or Touch.objects.filter(state="approved").exists():
            if not sender():
                time.sleep(0.005)
        connections.close_all()

    def leave(part):
        begins()
        for n, (contact, touch) in part:
            asked = time.monotonic()
            unsubscribe(n, contact, touch)
            answers[contact] = (asked, time.monotonic())
        connections.close_all()

    numbered = list(enumerate(queue))
    with ThreadPoolExecutor(SENDERS + UNSUBSCRIBERS) as pool:
        sending = [pool.submit(send) for _ in range(SENDERS)]
        leaving = [pool.submit(leave, numbered[k::UNSUBSCRIBERS]) for k in range(UNSUBSCRIBERS)]
        for one in leaving:
            one.result()
        stop.set()
        for one in sending:
            one.result()


def has_granted(contact, purpose):
    return State.objects.filter(contact_id=contact, purpose__slug=purpose, granted=True).exists()


def begun_after(provider, answers):
    return [c for c, begun in provider.begun.items() if c in answers and begun > answers[c][1]]


def test_withdrawal_wins_every_race(queue, provider, monkeypatch):
    monkeypatch.setattr(handing, "BEGIN_WITHIN", BEGINS_WITHIN)
    answers = {}
    race(queue, lambda: sum(deliver_touches(now=timezone.now, limit=5).values()), answers)
    assert len(answers) == CONTACTS
    assert begun_after(provider, answers) == []  # nothing begins after the answer
    in_flight = [c for c, done in provider.done.items() if provider.begun[c] < answers[c][1] < done]
    # nor is anything on its way then: the answer waited for it, as long as it may where the machine stood still in a call
    assert [c for c in in_flight if answers[c][1] - answers[c][0] < WAITS] == []
    assert [c for c in in_flight if provider.done[c] - provider.begun[c] < WAITS - BEGINS_WITHIN] == []
    took = sorted(answered - asked for asked, answered in answers.values())
    print(f"withdrawal answered: 99th {took[int(len(took) * 0.99) - 1]:.3f} s, longest {took[-1]:.3f} s, of {CONTACTS}")
    assert set(Touch.objects.exclude(state="sent").values_list("state", "reason")) <= {("suppressed", "unsubscribed")}
    assert Touch.objects.filter(state="sent").count() == len(provider.done)


def test_withdrawal_is_answered_though_the_provider_hangs(queue, provider, monkeypatch):
    contact, touch = queue[0]
    Touch.objects.exclude(pk=touch).update(state="suppressed")
    release = threading.Event()
    monkeypatch.setattr(email.Outbox, "send", lambda _outbox, _mail: (release.wait(HUNG), SENT)[1])
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(lambda: (deliver_touches(now=timezone.now), connections.close_all())[0])
        until(lambda: Touch.objects.filter(called_at__isnull=False).exists(), "a call that is marked")
        unsubscribe(0, contact, touch)
        hanging = not sending.done()
        release.set()
        assert sending.result() == {"sent": 1}
    assert hanging  # the answer came while the provider still held the call


@pytest.mark.parametrize("naive", ["at plan time", "at dispatch without a lock"])
def test_control_naive_senders_write_to_people_who_have_left(queue, provider, naive):
    """So that the race is known to have teeth: consent read when planned, or read and then sent without holding anything.

    What chance brings about sooner or later is brought about: everybody leaves while a message to them is rendered.
    """
    left = list(queue)
    lock, reading, answers = threading.Lock(), threading.Barrier(SENDERS + UNSUBSCRIBERS), {}
    first = threading.local()
    planned = {contact: has_granted(contact, "email_marketing") for contact, _ in queue}
    Touch.objects.update(state="suppressed")

    def sender():
        with lock:
            if not left:
                return 0
            contact, _ = left.pop()
        agreed = planned[contact] if naive == "at plan time" else has_granted(contact, "email_marketing")
        if not hasattr(first, "read"):
            first.read = True
            reading.wait(HUNG)
        until(lambda: contact in answers, "the answer to a withdrawal")  # rendering, the network
        if agreed:
            provider.take(contact, time.monotonic())
        return 1

    race(queue, sender, answers, begins=lambda: reading.wait(HUNG))
    assert len(begun_after(provider, answers)) >= SENDERS
