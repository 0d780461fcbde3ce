"""The doors of SDKs: what is delivered is stored in our words, once, and a public key says nothing about known people."""

import base64
import gzip
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.accounts.models import Account
from contacts.attributes.models import ApartValue, Attribute
from contacts.events.models import Event
from contacts.profiles.models import Contact
from orchestrator.api import tracking
from orchestrator.api.models import ApiKey, Arrival
from orchestrator.api.operations import create_key, revoke_key

pytestmark = pytest.mark.urls("orchestrator.api.urls")
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
VISITOR = "0b0f2c64-19a1-4c5e-9d0c-5a0c6b7a4c11"
OTHER = "5f0b9f0e-6f0d-4a58-8a43-2f9be8f7c3d2"


def basic(key):
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


@pytest.fixture
def public(db):
    return create_key(name="web", source="web", public=True, now=NOW)


@pytest.fixture
def send(client, key):
    def post(door, body, content_type="application/json", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        headers.setdefault("HTTP_AUTHORIZATION", basic(key))
        return client.generic("POST", f"/v1/{door}", data, content_type=content_type, **headers)

    return post


def track(number=0, **more):
    return {"type": "track", "userId": f"p{number}", "event": "seen", "messageId": f"m{number}"} | more


def test_identify_makes_and_changes_a_person(send):
    Attribute.objects.create(key="tier", name_en="Tier", name_de="Stufe", created_at=NOW)
    traits = {
        "email": "Anna@nordlicht.example",
        "name": "Anna Amsel",
        "tier": "gold",
        "company": {"id": "acme", "name": "Acme"},
    }
    assert send("identify", {"userId": "4711", "traits": traits}).json() == {"success": True}
    send("identify", {"userId": "4711", "traits": {"title": "CEO", "tier": None}})
    anna = Contact.objects.select_related("account").get()
    assert (anna.external_id, anna.email, anna.first_name, anna.last_name) == (
        "4711",
        "anna@nordlicht.example",
        "Anna",
        "Amsel",
    )
    assert (anna.job_title, anna.attributes, anna.account.name) == ("CEO", {}, "Acme")
    assert not Event.objects.exists()


def test_identify_of_a_visitor_writes_to_the_visitor(send):
    send("identify", {"anonymousId": VISITOR, "traits": {"firstName": "Anna"}})
    send("track", {"anonymousId": VISITOR, "event": "seen"})
    anna = Contact.objects.get()
    assert (anna.first_name, anna.external_id) == ("Anna", None)
    assert Event.objects.get().contact_id == anna.pk


def test_batch_of_a_new_person_lands_on_one_contact_in_any_order(send):
    items = [
        {"type": "page", "anonymousId": VISITOR, "name": "Home"},
        {"type": "track", "userId": "4711", "event": "Order Completed"},
        {"type": "identify", "userId": "4711", "anonymousId": VISITOR, "traits": {"email": "anna@nordlicht.example"}},
        {"type": "group", "userId": "4711", "groupId": "acme", "traits": {"name": "Acme", "industry": "tools"}},
        {"type": "screen", "anonymousId": VISITOR, "name": "Start"},
        {"type": "alias", "userId": "4711", "previousId": OTHER},
        {"type": "track", "anonymousId": OTHER, "event": "seen"},
    ]
    for turn in range(5):
        random.Random(turn).shuffle(items)
        text = json.dumps({"batch": items}).replace("4711", f"p{turn}").replace("anna@", f"anna{turn}@")
        text = text.replace(VISITOR, VISITOR[:-1] + f"{turn}").replace(OTHER, OTHER[:-1] + f"{turn}")
        assert send("batch", text.encode()).json() == {"success": True}
        person = Contact.objects.get(external_id=f"p{turn}")
        assert (person.email, person.account.industry) == (f"anna{turn}@nordlicht.example", "tools")
        names = set(Event.objects.filter(contact=person).values_list("name", flat=True))
        assert {"page_viewed", "order_completed", "screen_viewed"} <= names, turn


def test_traits_of_a_request_count_in_the_order_of_their_time(send):
    later, earlier = NOW, NOW - timedelta(hours=1)
    batch = [
        {"type": "identify", "userId": "1", "traits": {"firstName": "New"}, "timestamp": later},
        {"type": "identify", "userId": "1", "traits": {"firstName": "Old", "lastName": "Amsel"}, "timestamp": earlier},
    ]
    send("batch", {"batch": batch})
    anna = Contact.objects.get()
    assert (anna.first_name, anna.last_name) == ("New", "Amsel")


def test_traits_that_nobody_defined_are_kept_apart_and_told(send):
    said = send("batch", {"batch": [{"type": "identify", "userId": "1", "traits": {"plan": "pro"}}]}).json()
    assert said["warnings"] == [{"path": "batch[0].traits.plan", "message": "not defined: kept apart"}]
    assert ApartValue.objects.get().value == "pro"


def test_page_and_screen_become_events_without_what_is_personal(send):
    properties = {"url": "https://shop.example/a?utm_source=ad&email=a@b.c", "search": "?email=a@b.c", "sku": "1"}
    send(
        "page",
        {
            "userId": "1",
            "name": "Prices",
            "category": "Shop",
            "properties": properties,
            "context": {"ip": "203.0.113.7"},
        },
    )
    send("screen", {"userId": "1", "name": "Start"})
    page, screen = Event.objects.order_by("id")
    assert (page.name, screen.name, screen.properties) == ("page_viewed", "screen_viewed", {"name": "Start"})
    expected = {"url": "https://shop.example/a?utm_source=ad", "sku": "1", "name": "Prices", "category": "Shop"}
    assert page.properties == expected


def test_track_twice_is_stored_once_per_source(send, public):
    for _ in range(2):
        assert send("track", track()).status_code == 200
    assert Event.objects.count() == 1
    send("track", track(), HTTP_AUTHORIZATION=basic(public))
    assert Event.objects.count() == 2


def test_batch_says_which_items_were_wrong_and_takes_the_others(send):
    batch = [track(n) if n % 10 != 3 else track(n, timestamp="2026-02-30T00:00:00Z") for n in range(100)]
    answer = send("batch", {"batch": batch})
    said = answer.json()
    assert (answer.status_code, said["success"]) == (200, True)
    assert [item["index"] for item in said["rejected"]] == list(range(3, 100, 10))
    assert said["rejected"][0]["errors"][0]["path"] == "batch[3].timestamp"
    assert Event.objects.count() == 90
    again = send("batch", {"batch": batch})
    assert (again.status_code, Event.objects.count()) == (200, 90)


def test_batch_all_wrong_is_400_with_code_and_message_for_the_sdk(send):
    answer = send("batch", {"batch": [{"type": "track"}, {"type": "nothing"}]})
    said = answer.json()
    assert (answer.status_code, said["success"], said["code"]) == (400, False, "invalid_request")
    assert said["message"].startswith("batch[0].userId: expected")
    assert [item["index"] for item in said["rejected"]] == [0, 1]
    assert not Contact.objects.exists()


def test_batch_from_the_future_is_clamped_and_flagged(send):
    said = send("batch", {"batch": [track(1, timestamp=timezone.now() + timedelta(hours=1))]}).json()
    assert "future" in said["warnings"][0]["message"]
    assert said["warnings"][0]["path"] == "batch[0]"
    assert Event.objects.get().occurred_at <= timezone.now()
    assert "future" in Arrival.objects.get().problem


def test_batch_corrects_the_clock_of_its_sender(send):
    before = timezone.now()
    wrong = before + timedelta(days=3650)
    send("batch", {"batch": [track(1, timestamp=wrong - timedelta(hours=2))], "sentAt": wrong})
    assert before <= Event.objects.get().occurred_at + timedelta(hours=2) <= timezone.now()


def test_batch_of_more_items_takes_no_more_statements(send):
    def statements(size, turn):
        kinds = [
            lambda n: {"type": "identify", "userId": f"{turn}p{n}", "traits": {"firstName": "A", "plan": n}},
            lambda n: {"type": "track", "userId": f"{turn}p{n}", "event": "seen"},
            lambda n: {"type": "page", "anonymousId": f"{turn}-{n:032}"},
            lambda n: {"type": "group", "userId": f"{turn}p{n}", "groupId": f"{turn}g{n}"},
            lambda n: {"type": "alias", "userId": f"{turn}p{n}", "previousId": f"{turn}-{n + 1:032}"},
        ]
        batch = [kinds[n % 5](n // 5) for n in range(size)]
        with CaptureQueriesContext(connection) as captured:
            assert send("batch", {"batch": batch}).status_code == 200
        return len(captured)

    statements(10, "warm")
    assert statements(10, "few") == statements(1_000, "many") <= 30


@pytest.mark.parametrize("kind", ["none", "unknown", "revoked", "in the address", "no base64"])
def test_key_that_is_wrong_is_401(client, send, key, kind):
    header = {"none": "", "unknown": basic("x"), "revoked": basic(key), "in the address": "", "no base64": "Basic %"}[
        kind
    ]
    if kind == "revoked":
        revoke_key(key_id=ApiKey.objects.get().pk, now=NOW)
    door = f"track?writeKey={key}" if kind == "in the address" else "track"
    answer = send(door, track(), HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_write_key")
    assert not Contact.objects.exists()
    assert not Arrival.objects.exists()


def test_key_may_stand_in_the_body_or_the_other_headers(send, key):
    bare = {"HTTP_AUTHORIZATION": ""}
    assert send("track", track(1) | {"writeKey": key}, "text/plain;charset=UTF-8", **bare).status_code == 200
    assert send("batch", {"batch": [track(2)], "writeKey": key}, **bare).status_code == 200
    assert send("batch", {"batch": [track(3)]}, HTTP_AUTHORIZATION=f"Bearer {key}").status_code == 200
    assert send("batch", {"batch": [track(4)]}, HTTP_AUTHORIZATION="", HTTP_X_API_KEY=key).status_code == 200
    for wrong in (5, None, "nonsense", {"a": 1}):
        assert send("batch", {"batch": [track(5)], "writeKey": wrong}, **bare).status_code == 401
    assert Event.objects.count() == 4


@pytest.mark.parametrize("door", ["track/", "t", "t/", "batch/", "b", "import", "import/"])
def test_doors_have_the_forms_that_sdks_know(send, door):
    item = track()
    assert send(door, {"batch": [item]} if door[0] in "bi" else item).status_code == 200
    assert Event.objects.count() == 1


def test_gzip_is_read(send):
    body = gzip.compress(json.dumps({"batch": [track()]}).encode())
    assert send("batch", body, HTTP_CONTENT_ENCODING="gzip").status_code == 200


def test_browser_may_send_from_any_page(client, send):
    ask = {"HTTP_ORIGIN": "https://shop.example", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST"}
    answer = client.options("/v1/track", **ask)
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer["Access-Control-Allow-Headers"]
    for status, header in ((200, None), (401, "")):
        more = {} if header is None else {"HTTP_AUTHORIZATION": header}
        answer = send("track", track(), **more)
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (status, "*")
    assert "Access-Control-Allow-Credentials" not in answer


def test_settings_send_sdks_of_browsers_to_us(client, key, settings):
    settings.PUBLIC_URL = "https://journeys.example"
    said = client.get(f"/v1/projects/{key}/settings").json()
    assert said["integrations"] == {
        "Segment.io": {"apiKey": key, "apiHost": "journeys.example/v1", "protocol": "https"}
    }
    assert client.get("/v1/projects/nonsense/settings").status_code == 404


@pytest.fixture
def anna(db):
    return Contact.objects.create(
        external_id="4711",
        email="anna@nordlicht.example",
        first_name="Anna",
        language="de",
        created_at=NOW,
        updated_at=NOW,
    )


def profile(contact):
    fields = (
        "external_id",
        "email",
        "phone",
        "first_name",
        "language",
        "country",
        "time_zone",
        "account_id",
        "attributes",
    )
    return Contact.objects.filter(pk=contact.pk).values_list(*fields).get()


@pytest.mark.parametrize(
    "claim",
    [
        {"userId": "4711"},
        {"traits": {"email": "anna@nordlicht.example"}},
        {"userId": "4711", "anonymousId": None},
        {"userId": "4711", "traits": {"email": "evil@b.example", "phone": "+4930123456"}},
        {"userId": "new", "traits": {"email": "ANNA@nordlicht.example"}},
    ],
)
def test_public_key_never_changes_a_known_person(send, public, anna, claim):
    before = profile(anna)
    header = {"HTTP_AUTHORIZATION": basic(public)}
    traits = {"firstName": "Evil", "country": "US", "plan": "x", "company": {"id": "evil", "name": "Evil"}} | claim.get(
        "traits", {}
    )
    body = {"anonymousId": VISITOR} | claim | {"traits": traits}
    answer = send("identify", body, **header)
    assert answer.content == b'{"success":true}'  # and nothing about whether she is known
    who = {name: value for name, value in body.items() if name in ("userId", "anonymousId") and value}
    send("track", who | {"event": "seen"}, **header)
    assert profile(anna) == before
    assert not Event.objects.filter(contact=anna).exists()
    assert Event.objects.count() == 1
    assert not Account.objects.exists()


def test_public_key_makes_visitors_and_events(send, public):
    header = {"HTTP_AUTHORIZATION": basic(public)}
    send(
        "identify", {"anonymousId": VISITOR, "traits": {"firstName": "Anna"}, "context": {"locale": "en-GB"}}, **header
    )
    send("page", {"anonymousId": VISITOR}, **header)
    visitor = Contact.objects.get()
    assert (visitor.external_id, visitor.email, visitor.first_name, visitor.language) == (None, "", "Anna", "en")
    assert Event.objects.get().contact == visitor


def test_public_visitor_is_known_once_the_server_says_so(send, public, anna):
    send("page", {"anonymousId": VISITOR}, HTTP_AUTHORIZATION=basic(public))
    assert send("identify", {"userId": "4711", "anonymousId": VISITOR}).status_code == 200
    send("track", {"anonymousId": VISITOR, "event": "seen"}, HTTP_AUTHORIZATION=basic(public))
    assert Event.objects.filter(contact=anna, name="seen").exists()


def test_public_key_says_nothing_about_companies(send, public):
    answer = send(
        "group", {"userId": "1", "groupId": "acme", "traits": {"name": "Evil"}}, HTTP_AUTHORIZATION=basic(public)
    )
    assert answer.status_code == 400
    assert "public key" in answer.json()["message"]
    assert not Account.objects.exists()


def test_arrivals_tell_of_every_request_with_a_valid_key(send, post):
    send("batch", {"batch": [track(1, context={"library": {"name": "x", "version": "1"}}), {"type": "no"}]})
    send("track", b"{", HTTP_USER_AGENT="curl/8.1 (x; anna)")
    send("identify", {})
    post("events", {"name": "seen", "contact": {"external_id": "a"}}, HTTP_USER_AGENT="Mozilla/5.0 (iPhone)")
    post("contacts", b"[]")
    rows = Arrival.objects.order_by("id").values_list("door", "name", "library", "accepted", "rejected")
    assert list(rows) == [
        ("batch", "seen", "x 1", 1, 1),
        ("track", "", "curl/8.1", 0, 1),
        ("identify", "", "", 0, 1),
        ("events", "seen", "browser", 1, 0),
        ("contacts", "", "", 0, 1),
    ]
    assert Arrival.objects.first().problem.startswith("batch[1].type: expected")


@pytest.mark.parametrize("door", ["track", "batch"])
def test_database_that_cannot_write_is_503_and_nothing_is_acknowledged(send, monkeypatch, door):
    def gone(**given):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(tracking, "record_facts", gone)
    answer = send(door, track() if door == "track" else {"batch": [track()]})
    assert (answer.status_code, answer["Retry-After"], answer.json()["success"]) == (503, "5", False)
    assert not Contact.objects.exists()


def test_histories_in_any_order_end_in_the_same_state(send):
    """D5: the same events in 200 orders, in batches of other sizes: the same facts in their own time."""
    start = timezone.now() - timedelta(days=30)
    history = [(f"e{n % 7}", start + timedelta(hours=n * 13), n) for n in range(50)]
    draw = random.Random(7)
    items = []
    for turn in range(200):
        shuffled = history[:]
        draw.shuffle(shuffled)
        for name, at, n in shuffled:
            items.append(
                {
                    "type": "track",
                    "userId": f"o{turn}",
                    "event": name,
                    "timestamp": at,
                    "properties": {"n": n},
                    "messageId": f"{turn}-{n}",
                }
            )
    while items:
        size = draw.randrange(500, 2_500)
        part, items = items[:size], items[size:]
        draw.shuffle(part)
        assert send("batch", {"batch": part}).status_code == 200
    rows: dict[int, list] = {}
    for contact, *row in Event.objects.order_by("contact_id", "occurred_at").values_list(
        "contact_id", "name", "occurred_at", "properties"
    ):
        rows.setdefault(contact, []).append(tuple(map(str, row)))
    assert len(rows) == 200
    assert len({tuple(each) for each in rows.values()}) == 1
