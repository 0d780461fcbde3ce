"""The door for bounces and complaints: plain or as mailed, in batches, as often as they come."""

import threading

import pytest
from django.db import connections
from django.test import Client

from consent.models import Record, Suppression
from consent.preferences.queries import unsubscribe_token
from consent.preferences.rules import Subject
from consent.records.operations import record_consent
from contacts.models import Contact, Event
from orchestrator.api.models import Arrival
from orchestrator.api.operations import create_key
from tests.orchestrator.api.conftest import NOW
from tests.orchestrator.channels.feedback.reports import ARF, DSN, ORIGINAL, arf
from tests.waiting import ended

pytestmark = [pytest.mark.django_db, pytest.mark.urls("orchestrator.api.urls")]
ANNA = "anna@mail.example"


@pytest.fixture
def anna(db):
    anna = Contact.objects.create(first_name="Anna", email=ANNA, created_at=NOW, updated_at=NOW)
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="granted", source="form", now=NOW)
    return anna


def reasons():
    return dict(Suppression.objects.values_list("address", "reason"))


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"event": "hard_bounce", "address": " Anna@Mail.example".strip()}, "bounced"),
        ({"event": "email_bounced", "kind": "hard", "address": ANNA, "id": "r1"}, "bounced"),
        ({"event": "complaint", "address": ANNA}, "complained"),
        ({"event": "email_complained", "address": ANNA, "at": "2026-05-04T08:00:00+02:00"}, "complained"),
        ({"event": "soft_bounce", "address": ANNA, "id": "r1"}, None),
        ({"raw": DSN}, "bounced"),
        ({"raw": ARF}, "complained"),
        ({"raw": ARF, "id": "r1"}, "complained"),
    ],
)
def test_feedback_is_heeded_once(post, anna, item, reason):
    answer = post("feedback", item)
    assert (answer.status_code, answer.json()["items"]) == (202, [{"index": 0, "status": "stored"}])
    again = post("feedback", {"batch": [item, item]})
    assert (again.status_code, {one["status"] for one in again.json()["items"]}) == (202, {"duplicate"})
    assert reasons() == ({ANNA: reason} if reason else {})
    assert Event.objects.count() == 1
    assert Record.objects.filter(decision="withdrawn").count() == (reason == "complained")


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"event": "opened", "address": ANNA}, "event"),
        ({"address": ANNA}, "event"),
        ({"event": "email_bounced", "address": ANNA}, "kind"),
        ({"event": "email_bounced", "kind": "medium", "address": ANNA}, "kind"),
        ({"event": "complaint"}, ""),
        ({"event": "complaint", "address": "nobody"}, "address"),
        ({"event": "complaint", "address": "a@b.example\r\nBcc: x@y.example"}, "address"),
        ({"event": "complaint", "touch": 0}, "touch"),
        ({"event": "complaint", "touch": 2**63}, "touch"),
        ({"event": "complaint", "address": ANNA, "at": "yesterday"}, "at"),
        ({"event": "complaint", "address": ANNA, "colour": "red"}, "colour"),
        ({"event": "soft_bounce", "address": ANNA}, ""),
        ({"raw": "no report at all"}, "raw"),
        ({"raw": ARF[:-9]}, "raw"),
        ({"raw": DSN, "address": ANNA}, "address"),
        ({"raw": DSN, "event": "complaint"}, "event"),
        ({"raw": 5}, "raw"),
        ({"raw": "x" * 600_000}, "raw"),
    ],
)
def test_feedback_that_cannot_be_read_is_refused_with_its_place_and_the_rest_is_taken(post, anna, item, path):
    answer = post("feedback", item)
    assert answer.status_code == 400
    (error,) = answer.json()["items"][0]["errors"]
    assert error["path"] == path
    assert len(error["message"]) > 10
    assert reasons() == {}
    assert not Event.objects.exists()
    good = {"event": "hard_bounce", "address": "ben@mail.example"}
    mixed = post("feedback", {"batch": [item, good]})
    assert (mixed.status_code, [one["status"] for one in mixed.json()["items"]]) == (202, ["rejected", "stored"])
    assert mixed.json()["items"][0]["errors"][0]["path"].startswith("batch[0]")
    assert reasons() == {"ben@mail.example": "bounced"}
    assert Arrival.objects.latest("id").rejected == 1


@pytest.mark.parametrize("raw", [arf(kind="not-spam"), DSN.replace("Action: failed", "Action: delayed")])
def test_feedback_that_says_nothing_against_an_address_is_ignored(post, anna, raw):
    answer = post("feedback", {"raw": raw})
    assert (answer.status_code, answer.json()["items"]) == (202, [{"index": 0, "status": "ignored"}])
    assert reasons() == {}


def test_feedback_about_a_touch_nobody_knows_is_ignored(post):
    answer = post("feedback", {"event": "complaint", "touch": 4711})
    assert (answer.status_code, answer.json()["items"][0]["status"]) == (202, "ignored")


def test_feedback_believes_the_touch_of_a_link_that_we_signed_only(post, anna):
    token = unsubscribe_token(Subject(anna.pk, 77))
    for link, status in ((token, "ignored"), (token[:-1] + "x", "rejected")):
        raw = arf(to="", original=ORIGINAL.replace("12-34.sig", link))
        assert post("feedback", {"raw": raw}).json()["items"][0]["status"] == status


def test_feedback_needs_a_secret_key_that_sends(client, post):
    item = {"event": "hard_bounce", "address": ANNA}
    for key in (
        create_key(name="page", source="page", now=NOW, public=True),
        create_key(name="git", source="git", now=NOW, scope="read"),
    ):
        assert post("feedback", item, HTTP_AUTHORIZATION=f"Bearer {key}").status_code == 403
    assert client.post("/api/v1/feedback", item, content_type="application/json").status_code == 401
    assert reasons() == {}


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("email_bounced", {"kind": "hard"}, {ANNA: "bounced"}),
        ("email_complained", {}, {ANNA: "complained"}),
        ("email_bounced", {"kind": "soft"}, {}),
    ],
)
def test_events_that_say_what_came_back_are_heeded(post, anna, name, properties, expected):
    event = {"name": name, "contact": {"email": ANNA}, "message_id": "m", "properties": properties}
    assert post("events", event).json()["items"][0]["status"] == "stored"
    assert reasons() == expected


def test_tracked_complaint_of_a_web_page_stops_nobody_and_of_a_server_does(client, anna):
    item = {"event": "email_complained", "anonymousId": "v1", "messageId": "m1", "properties": {"address": ANNA}}
    for public, expected in ((True, {}), (False, {ANNA: "complained"})):
        key = create_key(name="sdk", source=f"sdk{public}", now=NOW, public=public)
        answer = client.post("/v1/track", item, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {key}")
        assert answer.status_code == 200
        assert reasons() == expected


@pytest.mark.django_db(transaction=True)
def test_feedback_ten_times_by_ten_threads_is_always_taken_and_counts_once(key, anna):
    bodies = [
        {"batch": [{"event": "complaint", "address": ANNA}, {"raw": DSN}, {"event": "soft_bounce", "address": ANNA, "id": "s"}]},
        {"batch": [{"raw": DSN}, {"event": "soft_bounce", "address": ANNA, "id": "s"}, {"event": "complaint", "address": ANNA}]},
    ]  # fmt: skip
    barrier, found = threading.Barrier(10), []

    def send(number):
        try:
            barrier.wait()
            for _ in range(10):
                answer = Client().post(
                    "/api/v1/feedback",
                    bodies[number % 2],
                    content_type="application/json",
                    headers={"authorization": f"Bearer {key}"},
                )
                found.append((answer.status_code, answer.json()))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=[n]) for n in range(10)]
    for thread in threads:
        thread.start()
    ended(threads)
    assert [status for status, _ in found] == [202] * 100
    assert sum(item["status"] == "stored" for _, body in found for item in body["items"]) == 3
    assert reasons() == {ANNA: "bounced"}
    assert Record.objects.filter(source="complaint").count() == 1
