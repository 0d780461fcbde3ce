"""Devices: only what a browser really gives is kept, and each belongs to whoever uses it now."""

import base64
import os
from datetime import UTC, datetime, timedelta

import pytest

from contacts.devices.operations import NobodyThere, add_device, record_reached, remove_device
from contacts.devices.queries import live_devices
from contacts.devices.rules import MOST, BadSubscription, checked_keys, label_of
from contacts.models import Contact, Device
from orchestrator.kernel import sql

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
P256DH = base64.urlsafe_b64encode(b"\x04" + os.urandom(64)).decode()
AUTH = base64.urlsafe_b64encode(os.urandom(16)).decode()
URL = "https://push.example/send/abc"


@pytest.fixture
def anna():
    return Contact.objects.create(first_name="Anna", created_at=NOW, updated_at=NOW)


def add(person, endpoint=URL, now=NOW, **more):
    given = {"p256dh": P256DH, "auth": AUTH, "agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/128.0"} | more
    return add_device(contact_id=person.pk, endpoint=endpoint, now=now, **given)


def address(person):
    return sql.rows("SELECT contacts_address(c, 'device') FROM contacts_contact c WHERE id = %s", [person.pk])[0][0]


def test_device_is_an_address_as_long_as_it_lives(anna):
    assert address(anna) == ""
    device = add(anna)
    assert (device.label, device.p256dh) == ("Firefox, Windows", P256DH.rstrip("="))
    assert address(anna) == f"devices of {anna.pk}"
    assert remove_device(endpoint=URL, now=NOW) == anna.pk
    assert address(anna) == ""
    assert remove_device(endpoint="https://push.example/other", now=NOW) is None
    add(anna)
    assert address(anna) == f"devices of {anna.pk}"
    assert Device.objects.count() == 1


def test_device_belongs_to_whoever_uses_it_now(anna):
    ben = Contact.objects.create(first_name="Ben", created_at=NOW, updated_at=NOW)
    add(anna)
    add(ben)
    assert live_devices([anna.pk, ben.pk]).keys() == {ben.pk}


def test_device_too_many_lets_the_oldest_go(anna):
    for n in range(MOST + 2):
        add(anna, f"{URL}{n}")
    gone = Device.objects.exclude(gone_at=None).values_list("endpoint", flat=True)
    assert set(gone) == {f"{URL}0", f"{URL}1"}


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/",
        "https://127.0.0.1/",
        "https://push.example:22/",
        "file:///etc/passwd",
        "",
        "https://x.example/" + "a" * 1000,
    ],
)
def test_device_with_an_address_that_is_none_is_refused(anna, endpoint):
    with pytest.raises(BadSubscription):
        add(anna, endpoint)
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("", AUTH), (P256DH, ""), (AUTH, AUTH), (P256DH, P256DH), ("ä" * 88, AUTH), (P256DH, "=" * 9)],
    ids=["no key", "no secret", "key too short", "secret too long", "no letters of a key", "no letters of a secret"],
)
def test_keys_that_are_none_are_refused(p256dh, auth):
    with pytest.raises(BadSubscription):
        checked_keys(p256dh, auth)


def test_device_of_nobody_is_refused(anna):
    anna.delete()
    anna.pk = 999_999
    with pytest.raises(NobodyThere):
        add(anna)


def test_record_reached(anna):
    one, other = add(anna, f"{URL}1"), add(anna, f"{URL}2")
    record_reached(reached={one.pk}, gone={other.pk}, now=NOW + timedelta(1))
    assert [(d.last_ok_at is None, d.gone_at is None) for d in Device.objects.order_by("pk")] == [
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) AppleWebKit Chrome/1 Safari/1 Edg/1", "Edge, macOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/1 Safari/1", "Chrome, Android"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_label_of(agent, label):
    assert label_of(agent) == label
