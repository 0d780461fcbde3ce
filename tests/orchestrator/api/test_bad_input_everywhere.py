"""Bad inputs 1 to 40 (promises, section 12) at every door: never a 5xx, no partial write, the field named, quickly."""

import base64
import gzip
import io
import json
import time

import pytest

from contacts.accounts.models import Account
from contacts.attributes.models import ApartValue
from contacts.events.models import Event, MessageId, News
from contacts.identity.models import Identifier
from contacts.profiles.models import Contact
from orchestrator.api.dialect import MAX_TRACKED
from orchestrator.api.models import ApiKey
from orchestrator.api.operations import create_key, revoke_key
from orchestrator.api.rules import MAX_BATCH
from tests.orchestrator.api.conftest import NOW

pytestmark = pytest.mark.urls("orchestrator.api.urls")
TABLES = (Account, ApartValue, Contact, Event, Identifier, MessageId, News)
# the same item at each door: ID and BAG are filled in, MORE is a further field; then what its bag and its time are called
DOORS = {
    "/api/v1/events": (
        '{"name": "x", "contact": {"external_id": ID}, "properties": BAGMORE}',
        "",
        "properties",
        "occurred_at",
    ),
    "/api/v1/contacts": ('{"external_id": ID, "attributes": BAGMORE}', "", "attributes", "occurred_at"),
    "/v1/track": ('{"userId": ID, "event": "x", "properties": BAGMORE}', "", "properties", "timestamp"),
    "/v1/batch": (
        '{"batch": [{"type": "track", "userId": ID, "event": "x", "properties": BAGMORE}]}',
        "batch[0].",
        "properties",
        "timestamp",
    ),
}


class Door:
    """A door and how an item is written for it."""

    def __init__(self, path):
        self.path = path
        self.shape, self.prefix, self.bag, self.time = DOORS[path]

    def item(self, bag=b'{"p": 1}', who=b'"a"', more=b""):
        shape = self.shape.encode()
        return shape.replace(b"ID", who).replace(b"BAG", bag).replace(b"MORE", more)

    def value(self, value: bytes):
        return self.item(b'{"p": ' + value + b"}")

    def at(self, when):
        return self.item(more=b", " + json.dumps({self.time: when}).encode()[1:-1])

    def many(self, size):
        one = self.item() if self.prefix == "" else json.dumps(json.loads(self.item())["batch"][0]).encode()
        return b'{"batch": [' + b",".join([one] * size) + b"]}"

    @property
    def most(self):
        return MAX_TRACKED if self.path.startswith("/v1") else MAX_BATCH


P = "{bag}.p"
# the body, and where the problem is said to be: "" the body or the item as a whole, None anywhere
CASES = {
    "01 empty": (lambda d: b"", ""),
    "02 null": (lambda d: b"null", ""),
    "03 list": (lambda d: b"[]", ""),
    "04 text": (lambda d: b'"x"', ""),
    "05 number": (lambda d: b"5", ""),
    "06 truncated": (lambda d: d.item()[:-9], ""),
    "07 trailing garbage": (lambda d: d.item() + b"x", ""),
    "08 BOM": (lambda d: b"\xef\xbb\xbf" + d.item(), ""),
    "09 UTF-16": (lambda d: d.item().decode().encode("utf-16"), ""),
    "10 latin-1": (lambda d: d.value(b'"M\xfcller"'), ""),
    "11 NUL in a value": (lambda d: d.value(b'"a\\u0000b"'), P),
    "12 NUL in a key": (lambda d: d.value(b'{"a\\u0000": 1}'), P + ".a\\u0000"),
    "13 half a surrogate pair": (lambda d: d.value(b'"\\ud800 "'), P),
    "14 overlong UTF-8": (lambda d: d.value(b'"\xc0\x80"'), ""),
    "15 nesting 500": (lambda d: d.value(b"[" * 500 + b"]" * 500), None),
    "16 nesting 5,000": (lambda d: d.value(b"[" * 5_000 + b"]" * 5_000), None),
    "17 nesting 100,000": (lambda d: d.value(b"[" * 100_000 + b"]" * 100_000), None),
    "18 key twice": (lambda d: d.item(b'{"p": 1, "p": 2}'), P),
    "19 NaN": (lambda d: d.value(b"NaN"), ""),
    "19 Infinity": (lambda d: d.value(b"Infinity"), ""),
    "20 1e400": (lambda d: d.value(b"1e400"), P),
    "21 5,000 digits": (lambda d: d.value(b"9" * 5_000), P),
    "22 2^64": (lambda d: d.value(b"18446744073709551616"), P),
    "24 bool for text": (lambda d: d.item(who=b"true"), None),
    "25 100,000 keys": (lambda d: d.item(json.dumps({str(n): n for n in range(100_000)}).encode()), ""),
    "25 201 keys": (lambda d: d.item(json.dumps({str(n): n for n in range(201)}).encode()), "{bag}"),
    "26 key of 70,000": (lambda d: d.item(json.dumps({"k" * 70_000: 1}).encode()), ""),
    "26 key of 201": (lambda d: d.item(json.dumps({"k" * 201: 1}).encode()), "{bag}." + "k" * 50),
    "27 text of 3 MB": (lambda d: d.value(b'"' + b"x" * 3_000_000 + b'"'), ""),
    "28 body of 50 MB": (lambda d: d.value(b'"' + b"x" * 50_000_000 + b'"'), ""),
    "33 batch of none": (lambda d: b'{"batch": []}', None),
    "33 batch of one too many": (lambda d: d.many(d.most + 1), None),
    "33 batch of 100,000": (lambda d: b'{"batch": [' + b",".join([b"{}"] * 100_000) + b"]}", None),
    "33 batch is no list": (lambda d: b'{"batch": 5}', None),
    "36 year 0": (lambda d: d.at("0000-01-01T00:00:00Z"), "{time}"),
    "36 year 1": (lambda d: d.at("0001-01-01T00:00:00Z"), "{time}"),
    "36 year 10000": (lambda d: d.at("10000-01-01T00:00:00Z"), "{time}"),
    "36 offset 99": (lambda d: d.at("2026-01-01T00:00:00+99:99"), "{time}"),
    "36 leap second": (lambda d: d.at("2016-12-31T23:59:60Z"), "{time}"),
    "36 without offset": (lambda d: d.at("2026-03-29T02:30:00"), "{time}"),
    "36 epoch": (lambda d: d.at(1767225600000), "{time}"),
    "36 February 30": (lambda d: d.at("2026-02-30T00:00:00Z"), "{time}"),
}


@pytest.fixture
def send(client, key):
    def post(path, body, content_type="application/json", **headers):
        auth = base64.b64encode(f"{key}:".encode()).decode() if path.startswith("/v1") else key
        headers.setdefault("HTTP_AUTHORIZATION", f"{'Basic' if path.startswith('/v1') else 'Bearer'} {auth}")
        return client.generic("POST", path, body, content_type=content_type, **headers)

    return post


def counts():
    return [table.objects.count() for table in TABLES]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_4xx_names_the_field_and_writes_nothing(send, path, case):
    door = Door(path)
    make, where = CASES[case]
    body, before, started = make(door), counts(), time.process_time()
    answer = send(path, body)
    took = time.process_time() - started
    assert 400 <= answer.status_code < 500, answer.content[:500]
    assert counts() == before
    assert took < 1
    said = answer.json()
    error = (said.get("errors") or said["items"][0]["errors"])[0]
    assert error["message"]
    assert len(answer.content) < 100_000 or case == "33 batch of 100,000"
    if where is not None and not (path == "/api/v1/contacts" and "{time}" in where and "unknown" in error["message"]):
        expected = where.format(bag=door.bag, time=door.time)
        # what no item can be told apart in is said of the whole body, or of the item
        assert error["path"] in ({door.prefix + expected} if expected else {"", door.prefix.rstrip(".")}), error


GOOD = {
    "22 2^63": (lambda d: d.value(b"9223372036854775808"), {}),
    "23 minus nought": (lambda d: d.value(b"-0.0"), {}),
    "35 an event nobody knows": (lambda d: d.item(), {}),
    "37 idempotency key, empty": (lambda d: d.item(), {"HTTP_IDEMPOTENCY_KEY": ""}),
    "37 idempotency key, long": (lambda d: d.item(), {"HTTP_IDEMPOTENCY_KEY": "k" * 256}),
    "40 names of prototypes": (
        lambda d: d.item(b'{"__proto__": 1, "constructor": 2, "_connector": 3, "_negated": 4}'),
        {},
    ),
}


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("case", GOOD)
def test_odd_input_is_taken(send, path, case):
    make, headers = GOOD[case]
    answer = send(path, make(Door(path)), **headers)
    assert answer.status_code in (200, 202), answer.content
    assert Contact.objects.count() == 1
    assert Event.objects.count() == (path != "/api/v1/contacts")


@pytest.mark.parametrize("path", DOORS)
def test_29_gzip_bomb_is_413(send, path):
    bomb = gzip.compress(b'{"a": "' + b"x" * 50_000_000 + b'"}')
    assert send(path, bomb, HTTP_CONTENT_ENCODING="gzip").status_code == 413
    assert send(path, gzip.compress(Door(path).item())[:-9], HTTP_CONTENT_ENCODING="gzip").status_code == 400
    assert not Contact.objects.exists()


@pytest.mark.parametrize("path", DOORS)
def test_30_wrong_content_length_is_400(send, path):
    body = Door(path).item()
    for length in (len(body) - 5, len(body) + 5):
        answer = send(path, body, CONTENT_LENGTH=str(length), **{"wsgi.input": io.BytesIO(body[:-3])})
        assert answer.status_code == 400, answer.content
    assert not Contact.objects.exists()


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    "kind",
    [
        "",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/xml",
        "application/json; charset=utf-16",
    ],
)
def test_32_wrong_content_type_is_415(send, path, kind):
    assert send(path, Door(path).item(), content_type=kind).status_code == 415
    assert not Contact.objects.exists()


@pytest.mark.parametrize("path", ["/api/v1/events", "/v1/batch"])
def test_34_the_same_id_twice_in_a_batch_counts_once(send, path):
    name = "message_id" if path.startswith("/api") else "messageId"
    door = Door(path)
    one = json.loads(door.item() if door.prefix == "" else json.dumps(json.loads(door.item())["batch"][0]))
    answer = send(path, json.dumps({"batch": [one | {name: "m"}, one | {name: "m", "properties": {"p": 2}}]}))
    assert answer.status_code in (200, 202)
    assert Event.objects.get().properties == {"p": 1}


@pytest.mark.parametrize("path", DOORS)
def test_38_key_missing_revoked_of_another_kind_or_in_the_address_is_refused(client, send, key, path):
    body = Door(path).item()
    assert send(path, body, HTTP_AUTHORIZATION="").status_code == 401
    assert send(f"{path}?key={key}&writeKey={key}", body, HTTP_AUTHORIZATION="").status_code == 401
    if path.startswith("/api"):
        public = create_key(name="web", source="web", public=True, now=NOW)
        assert send(path, body, HTTP_AUTHORIZATION=f"Bearer {public}").status_code == 403
    revoke_key(key_id=ApiKey.objects.get(public=False).pk, now=NOW)
    assert send(path, body).status_code == 401
    assert not Contact.objects.exists()
