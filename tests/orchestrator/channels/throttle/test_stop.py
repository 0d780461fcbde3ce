"""The switch: when it is answered nothing begins any more, in any channel, and what waits goes out once when it is lifted."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from consent.preferences.mails import ask_service_mail
from journeys.models import Touch
from orchestrator.channels import handing
from orchestrator.channels.adapters import email
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.rules import SENT
from orchestrator.channels.service_mail import send_service_mails
from orchestrator.channels.throttle.operations import resume_sending, stop_sending
from orchestrator.channels.throttle.queries import open_stops, stopped
from orchestrator.models import Stop
from tests.waiting import HUNG, ended

from ..conftest import NOW, Glance

BEGINS_WITHIN = 0.5  # seconds after a sender asked: ADR 12


@pytest.mark.django_db
def test_stop_of_everything_sends_nothing_and_resume_sends_each_once(world, smtp, clock):
    world.touch(world.person())
    assert stop_sending(by="maja", why="wrong prices", now=NOW)
    assert not stop_sending(by="olga", why="again", now=NOW)
    assert deliver_touches(now=clock) == {}
    assert resume_sending(by="olga", now=clock.move(minutes=5))
    assert not resume_sending(by="olga", now=clock.at)
    assert deliver_touches(now=clock) == {"sent": 1}
    assert deliver_touches(now=clock) == {}
    assert len(smtp.mails) == 1
    (row,) = Stop.objects.all()
    assert (row.by, row.why, row.since, row.ended_by, row.ended_at) == ("maja", "wrong prices", NOW, "olga", clock.at)


@pytest.mark.django_db
def test_stop_of_a_channel_leaves_the_others_alone(world, smtp, clock):
    world.touch(world.person())
    stop_sending(by="maja", why="", now=NOW, channel="sms")
    assert (stopped("sms"), stopped("email"), set(open_stops())) == (True, False, {"sms"})
    assert deliver_touches(now=clock) == {"sent": 1}
    world.touch(world.person("Ben"))
    stop_sending(by="maja", why="", now=NOW, channel="email")
    assert deliver_touches(now=clock) == {}


@pytest.mark.django_db
def test_stop_holds_service_mails_too(smtp, clock):
    values = {"signup": 1, "url": "https://x.example/d/1/", "days": 7, "choices": [{"name": "News", "text": "Yes"}]}
    ask_service_mail(kind="double_opt_in", address="a@mail.example", language="en", values=values, now=NOW)
    stop_sending(by="maja", why="", now=NOW)
    assert send_service_mails(now=clock) == {}
    resume_sending(by="maja", now=NOW)
    assert send_service_mails(now=clock) == {"sent": 1}


@pytest.mark.django_db(transaction=True)
def test_stop_between_claim_and_call_gives_everything_back(world, smtp, clock):
    for n in range(7):
        world.touch(world.person(f"P{n}"))

    def stop(_mail):
        thread = threading.Thread(target=lambda: (stop_sending(by="m", why="", now=NOW), connections.close_all()))
        thread.start()
        thread.join()

    smtp.on_data = stop
    assert deliver_touches(now=clock) == {"sent": 5, "claim_over": 2}  # the group that was on its way, then nothing
    smtp.on_data = None
    assert set(Touch.objects.exclude(state="sent").values_list("state", "claim", "called_at")) == {
        ("approved", None, None)
    }
    resume_sending(by="m", now=NOW)
    assert deliver_touches(now=clock) == {"sent": 2}
    assert len({mail["X-Touch"] for mail in smtp.mails}) == len(smtp.mails) == 7


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


@pytest.mark.django_db(transaction=True)
def test_stop_while_eight_workers_send_lets_nothing_begin_afterwards(world, settings, monkeypatch, no_pool):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.DELIVERY_LEASE_SECONDS = HUNG
    at, begun, glance = timezone.now(), [], Glance()
    enough, answer, over = threading.Event(), threading.Event(), threading.Event()

    def send(_outbox, mail):
        begun.append((glance.at, mail.recipient))
        if len(begun) >= 10:
            enough.set()
            answer.wait(HUNG)  # not all are through before somebody can stop them
        return SENT

    monkeypatch.setattr(handing, "BEGIN_WITHIN", BEGINS_WITHIN)
    monkeypatch.setattr(email, "time", glance)
    monkeypatch.setattr(email.Outbox, "_open", lambda self: None)
    monkeypatch.setattr(email.Outbox, "send", send)
    for n in range(200):
        world.touch(world.person(f"P{n}", grant=("email_marketing",)), proposed_at=at, decided_at=at, expires_at=at + timedelta(days=2))  # fmt: skip

    def work():
        while not over.is_set() and Touch.objects.filter(state="approved").exists():
            deliver_touches(now=timezone.now, limit=25)
            if stopped("email"):
                break
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert enough.wait(HUNG)
    stop_sending(by="maja", why="", now=timezone.now())
    answered = time.monotonic()
    answer.set()
    ended(threads)
    over.set()
    before = len(begun)
    # a group that was asked about before the answer may begin until its own deadline, which is part of the promise
    late = [when - answered for when, _ in begun if when > answered + BEGINS_WITHIN]
    assert late == []
    assert 0 < before < 200
    assert not Touch.objects.filter(state="sending").exists()
    resume_sending(by="maja", now=timezone.now())
    while Touch.objects.filter(state="approved").exists():
        deliver_touches(now=timezone.now)
    assert len(begun) == len({who for _, who in begun}) == 200
