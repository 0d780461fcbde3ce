"""Webhooks of providers: each payload of each one's documentation, ten times at once, in any order, has one effect."""

import base64
import itertools
import json
import random
import threading

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.core.signing import Signer
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import Record, State, Suppression
from contacts.models import Contact, Event
from journeys.models import Touch
from orchestrator.channels.feedback import hook_views
from orchestrator.channels.feedback.operations import record_feedback
from orchestrator.channels.feedback.queries import touches_of
from orchestrator.channels.tokens import token
from orchestrator.models import Hook

from .payloads import ADDRESS, ALL, AT, CERT_URL, EPOCH, KINDS, PROVIDERS, amazon, basic, payload, secrets

pytestmark = pytest.mark.django_db
BROWSER = Client(enforce_csrf_checks=True)
EVENTS = {
    "delivered": "email_delivered", "opened": "email_opened", "clicked": "email_clicked", "soft": "email_bounced",
    "hard": "email_bounced", "complaint": "email_complained", "unsubscribed": "email_unsubscribed",
}  # fmt: skip


@pytest.fixture(autouse=True)
def doors(settings):
    settings.FEEDBACK_SECRETS = secrets()
    hook_views.certificates[CERT_URL] = amazon()[1]


@pytest.fixture
def touch(world):
    anna = world.person()
    return world.touch(
        anna, state="sent", address=ADDRESS, called_at=AT.replace(minute=0), sent_at=AT.replace(minute=0)
    )


def post(name, body, headers, at=AT, client=BROWSER):
    with time_machine.travel(at, tick=False):
        return client.post(f"/feedback/{name}/", body, content_type="application/json", headers=headers)


def state():
    """All that the order of webhooks must not change."""
    return (
        sorted(Event.objects.values_list("name", "contact_id", "occurred_at", "properties__kind")),
        sorted(Suppression.objects.values_list("address", "reason", "since")),
        sorted(State.objects.values_list("contact_id", "purpose__slug", "granted")),
        sorted(Touch.objects.values_list("pk", "state")),
    )


@pytest.mark.parametrize(("name", "kind"), ALL)
def test_hook_of_each_kind_becomes_its_event(touch, name, kind):
    body, headers = payload(name, kind, token(touch.pk))
    answer = post(name, body, headers)
    assert (answer.status_code, answer.json()) == (200, {"events": ["stored"]})
    event = Event.objects.get()
    assert (event.name, event.contact_id, event.properties["touch"]) == (EVENTS[kind], touch.contact_id, touch.pk)
    assert event.occurred_at == AT.replace(microsecond=event.occurred_at.microsecond)
    reasons = {"hard": ["bounced"], "complaint": ["complained"]}.get(kind, [])
    assert list(Suppression.objects.values_list("reason", flat=True)) == reasons
    assert Record.objects.filter(decision="withdrawn").exists() is (kind in ("complaint", "unsubscribed"))
    if kind == "soft":
        assert event.properties["kind"] == "soft"
    if kind in ("opened", "clicked"):
        assert event.properties["likely_machine"] is False
    if kind == "clicked":
        assert event.properties["url"] == "https://shop.example/cart"


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_posted_again_changes_nothing(touch, name):
    body, headers = payload(name, "hard", token(touch.pk))
    post(name, body, headers)
    before = state()
    for _ in range(3):
        answer = post(name, body, headers)
        assert (answer.status_code, answer.json()["events"]) in [(200, ["told"]), (200, ["duplicate"])]
    assert state() == before
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", PROVIDERS)
def test_hooks_ten_times_at_once_by_ten_threads_in_every_order_have_one_effect(world, name):
    anna = world.person()
    touch = world.touch(
        anna, state="sent", address=ADDRESS, called_at=AT.replace(minute=0), sent_at=AT.replace(minute=0)
    )
    kinds = [kind for kind in ("delivered", "soft", "hard", "complaint", "opened") if (name, kind) in ALL]
    given = [payload(name, kind, token(touch.pk)) for kind in kinds]
    codes, dice = [], random.Random(3)
    orders = dice.sample(list(itertools.permutations(given)), 10)
    start = threading.Barrier(10)

    def work(order):
        client = Client()
        start.wait()
        try:
            for body, headers in order:
                codes.append(
                    client.post(
                        f"/feedback/{name}/", body, content_type="application/json", headers=headers
                    ).status_code
                )
        finally:
            connections.close_all()

    with time_machine.travel(AT, tick=False):
        threads = [threading.Thread(target=work, args=(order,)) for order in orders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert codes == [200] * 10 * len(kinds)
    assert sorted(Event.objects.values_list("name", flat=True)) == sorted(EVENTS[kind] for kind in kinds)
    assert list(Suppression.objects.values_list("address", "reason")) == [(ADDRESS, "bounced")]


@pytest.mark.parametrize("name", ["mailgun", "postmark", "standard"])
def test_hooks_in_every_order_end_in_the_same_state(touch, name):
    kinds = ["delivered", "soft", "hard", "complaint"]
    ends = []
    for order in itertools.permutations(kinds):
        for kind in order:
            assert post(name, *payload(name, kind, token(touch.pk))).status_code == 200
        ends.append(state())
        Event.objects.all().delete()
        Suppression.objects.all().delete()
        Hook.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM contacts_messageid")
    assert len(ends) == 24
    assert all(end[:2] == ends[0][:2] for end in ends)
    assert Suppression.objects.count() == 0


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_about_a_message_whose_answer_was_lost_tells_that_it_went_out(touch, name):
    Touch.objects.filter(pk=touch.pk).update(state="unknown", reason="unknown_outcome", sent_at=None)
    assert post(name, *payload(name, "delivered", token(touch.pk))).status_code == 200
    touch.refresh_from_db()
    assert (touch.state, touch.reason, touch.sent_at) == ("sent", "", touch.called_at)


def test_hook_of_a_click_on_our_own_link_counts_as_that_click(touch):
    ours = Signer(salt="orchestrator.channels.click", sep=".").sign(f"{touch.pk}-3")
    body, headers = payload("postmark", "clicked", token(touch.pk))
    body = body.replace(b"https://shop.example/cart", f"https://track.example/c/{ours}/".encode())
    post("postmark", body, headers)
    with time_machine.travel(AT, tick=False):
        record_feedback(touch=touches_of([touch.pk])[touch.pk], name="email_clicked", machine=False, now=AT, position=3)
    assert "url" not in Event.objects.get().properties  # the minute in which both told it counts once


def test_hook_of_an_open_without_consent_to_profiling_records_nothing(world):
    ben = world.person("Ben", grant=("email_marketing",), email=ADDRESS)
    touch = world.touch(ben, state="sent", address=ADDRESS, called_at=AT.replace(minute=0), sent_at=AT)
    for kind in ("opened", "clicked"):
        assert post("postmark", *payload("postmark", kind, token(touch.pk))).status_code == 200
    assert not Event.objects.exists()


def test_hook_of_many_events_takes_as_many_statements_as_one(world):
    def batch(names):
        touches = [
            world.touch(
                world.person(name),
                state="sent",
                address=f"{name.lower()}@mail.example",
                called_at=AT,
                sent_at=AT,
                key=name,
            )
            for name in names
        ]
        events = [
            {"event": kind, "time": EPOCH, "MessageID": t.pk, "email": t.address, "Payload": json.dumps({"touch": token(t.pk)}), "agent": "Firefox", "hard_bounce": True}
            for t in touches
            for kind in ("sent", "open", "bounce")
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as seen:
            assert post("mailjet", json.dumps(events).encode(), basic()).json()["events"] == ["stored"] * len(events)
        return len(seen)

    first = batch(["P0"])
    assert batch([f"Q{n}" for n in range(40)]) <= first + 2


def test_confirmation_of_amazon_is_answered_at_amazon_only(touch, monkeypatch):
    called = []
    monkeypatch.setattr(
        hook_views.outward,
        "call",
        lambda method, url, **_: called.append(url) or hook_views.outward.Answer(200, b"", True, ""),
    )

    def confirmation(url, key):
        message = {
            "Type": "SubscriptionConfirmation",
            "MessageId": key,
            "TopicArn": secrets()["amazon_ses"],
            "Message": "You have chosen",
            "Token": "t",
            "SubscribeURL": url,
            "Timestamp": "2026-03-02T09:10:00.000Z",
            "SignatureVersion": "2",
            "SigningCertURL": CERT_URL,
        }
        names = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
        signed = "".join(f"{name}\n{message[name]}\n" for name in names).encode()
        message["Signature"] = base64.b64encode(amazon()[0].sign(signed, padding.PKCS1v15(), hashes.SHA256())).decode()
        return json.dumps(message).encode()

    good = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    assert post("amazon_ses", confirmation(good, "m1"), {}).status_code == 200
    assert post("amazon_ses", confirmation("https://evil.example/", "m2"), {}).status_code == 200
    assert called == [good]


def test_kinds_are_all_told_by_somebody():
    assert {kind for _, kind in ALL} == set(KINDS) == set(EVENTS)
    assert Contact.objects.count() == 0
