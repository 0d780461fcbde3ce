"""The door for push: a browser agrees for itself, and takes it back."""

import base64
import json
import os

import pytest

from consent.models import Purpose, Record, State
from contacts.identity.operations import resolve_people
from contacts.identity.rules import Seen
from contacts.models import Device
from orchestrator.api.operations import create_key
from orchestrator.channels.vapid import public_key

from .conftest import NOW

pytestmark = pytest.mark.django_db
VISITOR = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
SUBSCRIPTION = {
    "endpoint": "https://push.example/send/abc",
    "expirationTime": None,
    "keys": {
        "p256dh": base64.urlsafe_b64encode(b"\x04" + os.urandom(64)).decode(),
        "auth": base64.urlsafe_b64encode(os.urandom(16)).decode(),
    },
}


@pytest.fixture(autouse=True)
def purpose(db):
    return Purpose.objects.create(
        slug="push_marketing",
        name_en="P",
        name_de="P",
        kind="communication",
        channel="push",
        enforcement="opt_in",
        legal_basis="x",
    )


@pytest.fixture
def page(client):
    key = create_key(name="page", source="web", now=NOW, public=True)

    def send(key=key, **more):
        body = {"subscription": SUBSCRIPTION, "purpose": "push_marketing", "anonymousId": VISITOR} | more
        known = base64.b64encode(f"{key}:".encode()).decode()
        return client.post(
            "/v1/devices",
            json.dumps(body),
            content_type="text/plain",
            headers={"Authorization": f"Basic {known}", "User-Agent": "X Firefox/1"},
        )

    return send


def test_browser_agrees_for_itself(page):
    got = page(url="https://shop.example/")
    assert (got.status_code, got["Access-Control-Allow-Origin"]) == (202, "*")
    device = Device.objects.get()
    assert (device.endpoint, device.label) == (SUBSCRIPTION["endpoint"], "Firefox")
    assert State.objects.get(contact=device.contact, purpose__slug="push_marketing").granted
    assert Record.objects.get().proof == {"method": "browser_permission", "by": "web", "url": "https://shop.example/"}
    assert page().status_code == 202
    assert Device.objects.count() == 1


def test_browser_takes_it_back(page):
    page()
    assert page(granted=False, anonymousId="").status_code == 202
    device = Device.objects.get()
    assert device.gone_at
    assert State.objects.get(contact=device.contact).granted is False
    assert page(granted=False, subscription={**SUBSCRIPTION, "endpoint": "https://push.example/x"}).status_code == 202
    assert Record.objects.count() == 2


def test_public_key_names_no_known_person(page):
    assert page(userId="u1").status_code == 403
    assert not Device.objects.exists()


def test_server_names_its_user(page, key):
    (anna,) = resolve_people(people=[Seen("u1")], now=NOW, source="shop", trusted=True)
    assert page(key=key, userId="u1").status_code == 202
    assert Device.objects.get().contact_id == anna


@pytest.mark.parametrize(
    "more",
    [
        {"purpose": "email_marketing"},
        {"purpose": "none\0"},
        {"wording": "push_marketing/en/9"},
        {"anonymousId": ""},
        {"anonymousId": "a\0b"},
        {"subscription": {}},
        {"subscription": {**SUBSCRIPTION, "endpoint": "http://127.0.0.1/"}},
        {"subscription": {**SUBSCRIPTION, "keys": {"p256dh": "x", "auth": "y"}}},
        {"subscription": None},
        {"granted": "yes"},
    ],
)
def test_nonsense_is_refused_and_writes_nothing(page, more):
    got = page(**more)
    assert got.status_code == 400
    assert got.json()["errors"]
    assert not Device.objects.exists()
    assert not Record.objects.exists()


def test_stranger_is_refused(page, client):
    assert page(key="wrong").status_code == 401
    assert client.post("/v1/devices", "{}", content_type="text/plain").status_code == 401


def test_key_of_the_server_is_told_to_everybody(client, settings):
    settings.VAPID_PRIVATE_KEY = ""
    assert client.get("/v1/devices").json() == {"applicationServerKey": ""}
    settings.VAPID_PRIVATE_KEY = "vppTZPA_pR8W7zElVMbhQq0QGMuKsln9TxrqYGQ3u90"
    got = client.get("/v1/devices")
    assert got["Access-Control-Allow-Origin"] == "*"
    assert got.json() == {"applicationServerKey": public_key()}
    assert len(base64.urlsafe_b64decode(public_key() + "=")) == 65
