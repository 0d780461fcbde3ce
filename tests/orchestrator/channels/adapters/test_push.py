"""Push messages: encrypted for each device, signed with our key, and devices that are gone stay gone."""

import base64
import json
import os
import threading
from datetime import timedelta

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from py_vapid import Vapid02

from contacts.devices.operations import add_device
from contacts.models import Device, Event
from orchestrator.channels.adapters import push
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.rules import pushed
from orchestrator.channels.vapid import public_key

from ..conftest import NOW
from .conftest import http, listen  # noqa: F401

pytestmark = pytest.mark.django_db
KEY = "vppTZPA_pR8W7zElVMbhQq0QGMuKsln9TxrqYGQ3u90"


def coded(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Browser:
    """What a browser keeps: a key pair and a secret. It can read what was meant for it."""

    def __init__(self):
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)

    @property
    def keys(self):
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": coded(point), "auth": coded(self.auth)}

    def read(self, body):
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


class PushService:
    """Takes messages by path, and says what it is told to."""

    def __init__(self):
        self.says, self.taken, self.lock = {}, [], threading.Lock()

    def __call__(self, request):
        head, _, body = request.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        path = line.split(" ")[1]
        with self.lock:
            self.taken.append((path, dict(field.split(": ", 1) for field in fields), body))
        return self.says.get(path, http(201, b""))


@pytest.fixture
def service(listen, settings):  # noqa: F811
    made = PushService()
    machine = listen(made)
    settings.WEBHOOK_ALLOW_PRIVATE, made.machine = [machine.place], machine
    settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT = KEY, "mailto:hello@nordlicht.example"
    settings.PUBLIC_URL = "https://track.example"
    return made


@pytest.fixture
def by_push(reach):
    return reach(
        push.COURIER, subject="Your cart, {{ contact.first_name }}", en="It waits: https://shop.example/cart?id={{ run.key }} Come back!",
    )  # fmt: skip


@pytest.fixture
def has(service):
    def add(person, path="a", browser=None):
        browser = browser or Browser()
        add_device(
            contact_id=person.pk, endpoint=f"{service.machine.url}{path}", agent="Firefox/128", now=NOW, **browser.keys
        )
        return browser

    return add


def state(touch):
    touch.refresh_from_db()
    return touch.state, touch.reason


def test_deliver_encrypts_for_the_device_and_signs(by_push, service, has, clock):
    anna = by_push.person()
    browser = has(anna)
    touch = by_push.touch(anna)
    assert deliver_touches(now=clock) == {"sent": 1}
    assert state(touch) == ("sent", "")
    assert touch.address == f"devices of {anna.pk}"
    ((path, headers, body),) = service.taken
    shown = browser.read(body)
    assert path == "/a"
    assert (shown["title"], shown["body"], shown["lang"]) == ("Your cart, Anna", "It waits: Come back!", "en")
    assert shown["tag"] == f"touch-{touch.pk}"
    assert shown["url"].startswith("https://track.example/c/")
    assert b"Anna" not in body
    assert headers["Content-Encoding"] == "aes128gcm"
    assert headers["TTL"] == str(2 * 24 * 3600)
    assert headers["Topic"] == f"t{touch.pk}"
    kind, _, rest = headers["Authorization"].partition(" ")
    assert kind == "vapid"
    said = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (
        said["k"]
        == public_key()
        == coded(Vapid02.from_string(KEY).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    )
    claims = json.loads(base64.urlsafe_b64decode(said["t"].split(".")[1] + "=="))
    assert claims == {
        "aud": service.machine.url[:-1],
        "sub": "mailto:hello@nordlicht.example",
        "exp": int(NOW.timestamp()) + 12 * 3600,
    }
    assert Vapid02.verify(headers["Authorization"])
    assert Device.objects.get().last_ok_at == NOW


def test_click_on_the_message_leads_on_and_is_an_event_of_push(by_push, service, has, clock):
    anna = by_push.person()
    browser = has(anna)
    touch = by_push.touch(anna)
    deliver_touches(now=clock)
    url = browser.read(service.taken[0][2])["url"]
    got = Client().get(url.removeprefix("https://track.example"), headers={"user-agent": "Mozilla/5.0 Firefox/128.0"})
    assert got["Location"] == "https://shop.example/cart?id=c1"
    assert Event.objects.get(name="push_clicked").properties["touch"] == touch.pk


def test_deliver_to_several_devices_is_sent_where_one_takes_it(by_push, service, has, clock):
    anna = by_push.person()
    for path in ("a", "b", "c"):
        has(anna, path)
    service.says = {"/a": http(410, b""), "/b": http(503, b"")}
    by_push.touch(anna)
    assert deliver_touches(now=clock) == {"sent": 1}
    found = {device.endpoint[-1]: (bool(device.gone_at), bool(device.last_ok_at)) for device in Device.objects.all()}
    assert found == {"a": (True, False), "b": (False, False), "c": (False, True)}


def test_deliver_where_every_device_is_gone_fails_and_the_next_has_no_address(by_push, service, has, clock):
    anna = by_push.person()
    has(anna)
    service.says = {"/a": http(404, b"")}
    touch = by_push.touch(anna)
    assert deliver_touches(now=clock) == {"provider_rejected": 1}
    assert state(touch) == ("failed", "provider_rejected")
    by_push.touch(anna, key="c2")
    assert deliver_touches(now=clock) == {"no_address": 1}
    assert len(service.taken) == 1


def test_deliver_where_the_service_is_away_is_tried_again(by_push, service, has, clock):
    anna = by_push.person()
    has(anna)
    service.says = {"/a": b""}
    touch = by_push.touch(anna)
    assert deliver_touches(now=clock) == {"provider_unavailable": 1}
    assert state(touch) == ("approved", "provider_unavailable")


def test_deliver_to_an_address_inside_connects_to_nobody(by_push, service, has, clock, settings):
    anna = by_push.person()
    has(anna)
    settings.WEBHOOK_ALLOW_PRIVATE = []
    by_push.touch(anna)
    assert deliver_touches(now=clock) == {"provider_unavailable": 1}
    assert service.machine.connections == 0


def test_deliver_asks_for_devices_once(by_push, service, has, clock, django_assert_max_num_queries):
    def some(n):
        for i in range(n):
            person = by_push.person(f"P{n}x{i}")
            has(person, f"{n}x{i}")
            by_push.touch(person)

    some(1)
    deliver_touches(now=clock)
    some(1)
    with django_assert_max_num_queries(100) as one:
        deliver_touches(now=clock)
    some(5)
    with django_assert_max_num_queries(100) as five:
        assert deliver_touches(now=clock) == {"sent": 5}
    assert len(five) <= len(one)


def test_prepare_cuts_a_long_text_and_never_promises_more_time_than_there_is():
    message = push.Message(7, "devices of 1", "T", "", "ä" * 5000, "", expires_at=NOW + timedelta(days=90))
    one = push.prepare(message, now=NOW)
    assert len(one.content) <= push.MOST_BYTES
    assert json.loads(one.content)["body"].endswith("ä…")
    assert one.seconds == push.LONGEST
    assert push.prepare(message._replace(expires_at=NOW - timedelta(1)), now=NOW).seconds == 0
    with pytest.raises(ValueError, match="empty"):
        push.prepare(message._replace(subject="", text=""), now=NOW)


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([201, 500], "sent"),
        ([410, 404], "rejected"),
        ([], "rejected"),
        ([413, 410], "rejected"),
        ([429], "unavailable"),
        ([410, None], "unavailable"),
        ([301], "unavailable"),
    ],
)
def test_pushed(statuses, outcome):
    assert pushed(statuses).outcome == outcome
