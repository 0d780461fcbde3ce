"""What is wrong with a request is said with its path; nothing is half written, and never a 5xx (promises, section 12)."""

import gzip
import json

import pytest

from contacts.events.models import Event
from contacts.profiles.models import Contact

pytestmark = pytest.mark.urls("orchestrator.api.urls")


def with_property(value: bytes) -> bytes:
    return b'{"name": "x", "contact": {"external_id": "a"}, "properties": {"p": ' + value + b"}}"


def with_time(text) -> bytes:
    return json.dumps({"name": "x", "contact": {"external_id": "a"}, "occurred_at": text}).encode()


def with_fields(**more) -> bytes:
    return json.dumps({"name": "x", "contact": {"external_id": "a"}} | more).encode()


GOOD = {"name": "x", "contact": {"external_id": "a"}}
BODIES = {
    "01 empty": (b"", ""),
    "02 null": (b"null", ""),
    "03 list": (b"[]", ""),
    "04 string": (b'"x"', ""),
    "05 number": (b"5", ""),
    "06 truncated": (b'{"name": "x", "con', ""),
    "07 trailing": (with_fields() + b"x", ""),
    "08 BOM": (b"\xef\xbb\xbf" + with_fields(), ""),
    "09 UTF-16": (with_fields().decode().encode("utf-16"), ""),
    "10 latin-1": (b'{"name": "M\xfcller", "contact": {"external_id": "a"}}', ""),
    "11 NUL in value": (with_property(b'"a\\u0000b"'), "properties.p"),
    "11 NUL in identifier": (with_fields(contact={"external_id": "a\0"}), "contact.external_id"),
    "11 raw NUL": (with_property(b'"\0"'), ""),
    "12 NUL in key": (with_property(b'{"a\\u0000": 1}'), "properties.p.a\\u0000"),
    "13 lone surrogate": (with_property(b'"\\ud800 "'), "properties.p"),
    "13 surrogate in key": (with_property(b'{"\\udc00x": 1}'), "properties.p.\\udc00x"),
    "14 overlong UTF-8": (with_property(b'"\xc0\x80"'), ""),
    "15 nesting 500": (with_property(b"[" * 500 + b"]" * 500), "properties.p[0]"),
    "16 nesting 5,000": (with_property(b"[" * 5000 + b"]" * 5000), "properties.p[0]"),
    "16 objects 5,000 deep": (with_property(b'{"a":' * 5000 + b"1" + b"}" * 5000), "properties.p.a"),
    "17 nesting 100,000": (with_property(b"[" * 100_000 + b"]" * 100_000), "properties.p[0]"),
    "17 never closed": (b"[" * 100_000, ""),
    "18 duplicate key": (b'{"name": "x", "name": "y", "contact": {"external_id": "a"}}', "name"),
    "18 duplicate in contact": (
        b'{"name": "x", "contact": {"external_id": "a", "external_id" : "b"}}',
        "contact.external_id",
    ),
    "18 duplicate property": (
        b'{"name": "x", "contact": {"external_id": "a"}, "properties": {"p": 1, "p": 2}}',
        "properties.p",
    ),
    "18 duplicate deep": (with_property(b'[{"q": 1, "q": 2}]'), "properties.p[0].q"),
    "18 duplicate batch": (b'{"batch": [], "batch": []}', "batch"),
    "19 NaN": (with_property(b"NaN"), ""),
    "19 Infinity": (with_property(b"-Infinity"), ""),
    "20 1e400": (with_property(b"1e400"), "properties.p"),
    "20 1e400 in a list": (with_property(b"[1, 1e400]"), "properties.p[1]"),
    "21 5,000 digits": (with_property(b"9" * 5000), "properties.p"),
    "22 2^64": (with_property(b"18446744073709551616"), "properties.p"),
    "24 bool for text": (with_fields(name=True), "name"),
    "25 201 properties": (with_fields(properties={str(n): n for n in range(201)}), "properties"),
    "25 100,000 keys": (with_fields(properties={str(n): n for n in range(100_000)}), ""),
    "26 long key": (with_fields(properties={"k" * 201: 1}), "properties." + "k" * 50),
    "26 key of 70,000": (with_fields(properties={"k" * 70_000: 1}), ""),
    "27 3 MB string": (with_property(b'"' + b"x" * 3_000_000 + b'"'), ""),
    "33 batch of 0": (b'{"batch": []}', "batch"),
    "33 batch of 501": (json.dumps({"batch": [GOOD] * 501}).encode(), "batch"),
    "33 batch of 50,000": (json.dumps({"batch": [GOOD] * 50_000}).encode(), "batch"),
    "33 batch is no list": (b'{"batch": {}}', "batch"),
    "33 beside batch": (b'{"batch": [{}], "more": 1}', "more"),
    "36 year 0": (with_time("0000-01-01T00:00:00Z"), "occurred_at"),
    "36 year 1": (with_time("0001-01-01T00:00:00+14:00"), "occurred_at"),
    "36 year 1969": (with_time("1969-12-31T23:59:59Z"), "occurred_at"),
    "36 year 10000": (with_time("10000-01-01T00:00:00Z"), "occurred_at"),
    "36 offset 99": (with_time("2026-01-01T00:00:00+99:99"), "occurred_at"),
    "36 leap second": (with_time("2026-01-01T00:00:60Z"), "occurred_at"),
    "36 naive": (with_time("2026-01-01T00:00:00"), "occurred_at"),
    "36 epoch": (with_time(1767225600000), "occurred_at"),
    "36 February 30": (with_time("2026-02-30T00:00:00Z"), "occurred_at"),
    "name missing": (b'{"contact": {"external_id": "a"}}', "name"),
    "name empty": (with_fields(name=""), "name"),
    "name too long": (with_fields(name="x" * 101), "name"),
    "contact missing": (b'{"name": "x"}', "contact"),
    "contact empty": (with_fields(contact={}), "contact"),
    "contact unknown field": (with_fields(contact={"id": 1}), "contact.id"),
    "unknown field": (with_fields(nmae="x"), "nmae"),
    "e-mail": (with_fields(contact={"email": "nobody"}), "contact.email"),
    "e-mail with a header": (with_fields(contact={"email": "a@b.example\r\nBcc: c@d.example"}), "contact.email"),
    "message id empty": (with_fields(message_id=""), "message_id"),
    "properties a list": (with_fields(properties=[1]), "properties"),
}


@pytest.mark.parametrize("name", BODIES)
def test_events_bad_body_is_4xx_with_path(post, name):
    body, path = BODIES[name]
    answer = post("events", body)
    assert 400 <= answer.status_code < 500, answer.content
    said = answer.json()
    errors = said.get("errors") or said["items"][0]["errors"]
    assert errors[0]["message"]
    assert errors[0]["path"].startswith(path) if "nesting" in name or "deep" in name else errors[0]["path"] == path, (
        errors
    )
    assert not Event.objects.exists()
    assert not Contact.objects.exists()


PEOPLE = {
    "no key": ({"first_name": "A"}, ""),
    "empty keys": ({"external_id": None, "email": ""}, ""),
    "language": ({"external_id": "a", "language": "fr"}, "language"),
    "country": ({"external_id": "a", "country": "XX"}, "country"),
    "zone": ({"external_id": "a", "time_zone": "Mars/Base"}, "time_zone"),
    "zone as path": ({"external_id": "a", "time_zone": "../../etc/passwd"}, "time_zone"),
    "NUL": ({"external_id": "a", "first_name": "\0"}, "first_name"),
    "number for text": ({"external_id": 5}, "external_id"),
    "attributes deep": (
        {"external_id": "a", "attributes": {"x": [[[[[[[[[1]]]]]]]]]}},
        "attributes.x[0][0][0][0][0][0][0]",
    ),
    "attributes big number": ({"external_id": "a", "attributes": {"x": 2**70}}, "attributes.x"),
    "unknown": ({"external_id": "a", "stage": "vip"}, "stage"),
}


@pytest.mark.parametrize("name", PEOPLE)
def test_contacts_bad_item_is_400_with_path(post, name):
    body, path = PEOPLE[name]
    answer = post("contacts", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["items"][0]["errors"][0]["path"] == path
    assert not Contact.objects.exists()


def test_events_too_large_is_413_before_it_is_read(post):
    assert post("events", b"x" * 5_000_000).status_code == 413


def test_events_gzip_is_read_and_a_bomb_is_413(post):
    good = gzip.compress(with_fields())
    assert post("events", good, HTTP_CONTENT_ENCODING="gzip").status_code == 202
    assert post("events", gzip.compress(b" " * 50_000_000), HTTP_CONTENT_ENCODING="gzip").status_code == 413
    assert post("events", good[:-9], HTTP_CONTENT_ENCODING="gzip").status_code == 400
    assert post("events", with_fields(), HTTP_CONTENT_ENCODING="gzip").status_code == 400
    assert post("events", good, HTTP_CONTENT_ENCODING="br").status_code == 415
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "application/json; charset=utf-16",
        "multipart/form-data; boundary=x",
    ],
)
def test_events_wrong_content_type_is_415(post, content_type):
    assert post("events", with_fields(), content_type=content_type).status_code == 415


def test_events_same_id_twice_in_a_batch_first_wins(post):
    one, two = GOOD | {"message_id": "m", "properties": {"n": 1}}, GOOD | {"message_id": "m", "properties": {"n": 2}}
    answer = post("events", {"batch": [one, two]})
    assert [item["status"] for item in answer.json()["items"]] == ["stored", "duplicate"]
    assert Event.objects.get().properties == {"n": 1}


def test_events_odd_but_good_is_stored_as_sent(post):
    odd = {
        "__proto__": 1,
        "constructor": ":",
        "_negated": 2**63,
        "minus": -0.0,
        "x": '": {"',
        "batch": "batch",
        "u": "é😀",
    }
    answer = post("events", GOOD | {"properties": odd})
    assert answer.status_code == 202, answer.content
    assert Event.objects.get().properties == odd


def test_events_bad_beside_good_names_its_place(post):
    answer = post(
        "events",
        b'{"batch": ['
        + with_fields()
        + b","
        + with_property(b'"\\u0000"')
        + b", "
        + with_property(b'"\\ud800"')
        + b', 5, null, {"name": "y"}]}',
    )
    assert answer.status_code == 202
    paths = [item["errors"][0]["path"] if "errors" in item else item["status"] for item in answer.json()["items"]]
    assert paths == [
        "stored",
        "batch[1].properties.p",
        "batch[2].properties.p",
        "batch[3]",
        "batch[4]",
        "batch[5].contact",
    ]
    assert Event.objects.count() == 1
