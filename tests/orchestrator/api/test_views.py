"""The doors take what is good and say what became of each item."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from contacts.events.models import Event, News
from contacts.profiles.models import Contact
from orchestrator.api import operations
from orchestrator.api.models import ApiKey
from orchestrator.api.operations import create_key, revoke_key
from tests.contacts.attributes.made import define
from tests.waiting import OF_THE_PRODUCT

pytestmark = pytest.mark.urls("orchestrator.api.urls")
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def event(number=0, **more):
    return {"name": "order_placed", "contact": {"external_id": f"p{number}"}, "message_id": f"m{number}"} | more


def test_events_single_is_stored(post):
    answer = post(
        "events", event(occurred_at="2026-05-04T12:00:00+02:00", properties={"total": 9.5, "items": [{"sku": "a"}]})
    )
    assert answer.status_code == 202, answer.content
    assert answer.json() == {"accepted": 1, "rejected": 0, "items": [{"index": 0, "status": "stored", "id": "m0"}]}
    stored = Event.objects.get()
    assert (stored.occurred_at, stored.source, stored.properties) == (
        NOW,
        "shop",
        {"total": 9.5, "items": [{"sku": "a"}]},
    )
    assert Contact.objects.get(pk=stored.contact_id).external_id == "p0"


def test_events_again_is_a_duplicate(post):
    post("events", event())
    answer = post("events", event())
    assert answer.json()["items"] == [{"index": 0, "status": "duplicate", "id": "m0"}]
    assert Event.objects.count() == 1


def test_events_without_time_and_message_id_happened_now(post):
    before = timezone.now()
    answer = post("events", {"name": "seen", "contact": {"email": "A@example.com"}})
    assert len(answer.json()["items"][0]["id"]) == 32
    assert before <= Event.objects.get().occurred_at <= timezone.now()
    assert Contact.objects.get().email == "a@example.com"


def test_events_from_the_future_count_from_arrival(post):
    soon, far = timezone.now() + timedelta(minutes=4), timezone.now() + timedelta(minutes=6)
    items = post(
        "events", {"batch": [event(1, occurred_at=soon.isoformat()), event(2, occurred_at=far.isoformat())]}
    ).json()["items"]
    assert "warning" not in items[0]
    assert "future" in items[1]["warning"]
    assert Event.objects.get(message_id="m1").occurred_at == soon
    assert Event.objects.get(message_id="m2").occurred_at < far - timedelta(minutes=5)


def test_events_batch_of_500_with_50_bad_is_truthful(post):
    batch = [event(n) if n % 10 != 3 else event(n, occurred_at="2026-02-30T00:00:00Z") for n in range(500)]
    answer = post("events", {"batch": batch})
    body = answer.json()
    assert (answer.status_code, body["accepted"], body["rejected"]) == (202, 450, 50)
    assert [item["index"] for item in body["items"]] == list(range(500))
    bad = [item for item in body["items"] if item["status"] == "rejected"]
    assert [item["index"] for item in bad] == list(range(3, 500, 10))
    assert bad[0]["errors"][0]["path"] == "batch[3].occurred_at"
    assert Event.objects.count() == 450
    assert Contact.objects.count() == 450
    news = News.objects.count()
    again = post("events", {"batch": batch}).json()
    assert {item["status"] for item in again["items"]} == {"duplicate", "rejected"}
    assert (Event.objects.count(), News.objects.count()) == (450, news)


def test_events_batch_all_bad_is_400_and_writes_nothing(post):
    answer = post("events", {"batch": [{"name": "x"}, {"contact": {}}]})
    assert answer.status_code == 400
    assert answer.json()["rejected"] == 2
    assert not Event.objects.exists()
    assert not Contact.objects.exists()


def test_events_more_items_take_no_more_statements(post, django_assert_num_queries):
    post("events", {"batch": [event(n) for n in range(10)]})
    for size in (5, 300):
        batch = [event(n % 10, message_id=f"{size}-{n}") for n in range(size)]
        with django_assert_num_queries(9):  # three savepoints, the arrival, who is meant, what is new
            post("events", {"batch": batch})


def test_contacts_batch_makes_and_changes(post):
    define("n", "whole")
    define("m", "list")
    answer = post(
        "contacts",
        {
            "batch": [
                {"external_id": "a", "country": "ch", "attributes": {"n": 1}},
                {"email": "B@example.com", "language": "en"},
            ]
        },
    )
    assert answer.status_code == 202
    a, b = Contact.objects.order_by("id")
    assert [item["id"] for item in answer.json()["items"]] == [str(a.pk), str(b.pk)]
    assert (a.country, a.time_zone, b.email, b.language) == ("CH", "Europe/Zurich", "b@example.com", "en")
    post("contacts", {"external_id": "a", "first_name": "Anna", "country": None, "attributes": {"n": None, "m": ["x"]}})
    a.refresh_from_db()
    assert (a.first_name, a.country, a.attributes) == ("Anna", "CH", {"m": ["x"]})


def test_contacts_attributes_not_taken_over_are_warned_of(post):
    define("age", "whole")
    answer = post(
        "contacts",
        {
            "batch": [
                {"email": "bad"},
                {"external_id": "a", "attributes": {"age": True, "Agee": 3}},
                {"external_id": "b"},
            ]
        },
    )
    bad, odd, good = answer.json()["items"]
    assert (bad["status"], odd["status"], good["status"]) == ("rejected", "stored", "stored")
    assert odd["warnings"] == [
        {"path": "batch[1].attributes.age", "message": "expected a whole number, got true: kept apart"},
        {"path": "batch[1].attributes.Agee", "message": 'not defined (did you mean "age"?): kept apart'},
    ]
    assert "warnings" not in good
    assert Contact.objects.get(external_id="a").attributes == {}
    (alone,) = post("contacts", {"external_id": "a", "attributes": {"age": True}}).json()["items"]
    assert [warning["path"] for warning in alone["warnings"]] == ["attributes.age"]


def test_key_missing_unknown_in_query_or_revoked_is_401(client, post, key):
    body = b'{"name": "x", "contact": {"external_id": "a"}}'
    assert client.post("/api/v1/events", body, content_type="application/json").status_code == 401
    assert client.post(f"/api/v1/events?key={key}", body, content_type="application/json").status_code == 401
    for header in ("Bearer nonsense", "Bearer", f"Basic {key}", "Bearer \udc80"):
        answer = post("events", body, HTTP_AUTHORIZATION=header)
        assert answer.status_code == 401, header
        assert answer.json()["errors"]
    revoke_key(key_id=ApiKey.objects.get().pk, now=NOW)
    assert post("events", body).status_code == 401
    assert not Event.objects.exists()


def test_key_revoked_stops_working_in_seconds(post):
    from orchestrator.api.authentication import KeyAuthentication

    assert post("events", event()).status_code == 202
    revoke_key(key_id=ApiKey.objects.get().pk, now=NOW)
    assert OF_THE_PRODUCT["orchestrator.api.authentication.REMEMBER_SECONDS"] <= 5
    KeyAuthentication.known = {digest: (found, 0.0) for digest, (found, _) in KeyAuthentication.known.items()}
    assert post("events", event(1)).status_code == 401


def test_key_in_x_api_key_works_and_only_its_digest_is_kept(post, key):
    assert post("events", event(), HTTP_AUTHORIZATION="", HTTP_X_API_KEY=key).status_code == 202
    assert key not in str(ApiKey.objects.values().get())


def test_other_methods_are_405(client, key):
    for method in ("get", "put", "patch", "delete"):
        assert getattr(client, method)("/api/v1/events", HTTP_AUTHORIZATION=f"Bearer {key}").status_code == 405


@pytest.mark.parametrize("how", ["read only", "gone"])
def test_database_that_cannot_write_is_503_with_retry_after(post, how, monkeypatch):
    post("events", event())
    if how == "read only":
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
    else:

        def gone(**given):
            raise OperationalError("server closed the connection")

        monkeypatch.setattr(operations, "record_facts", gone)
    answer = post("events", event(1))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["errors"]


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_with_the_same_new_person_make_one_row():
    key = create_key(name="shop", source="shop", now=NOW)
    codes, gate = [], threading.Barrier(16)

    def send(turn):
        try:
            gate.wait()
            body = {
                "name": "seen",
                "contact": {"external_id": "new", "email": "new@example.com"},
                "message_id": f"m{turn % 4}",
            }
            codes.append(
                Client()
                .post("/api/v1/events", body, content_type="application/json", headers={"X-Api-Key": key})
                .status_code
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(turn,)) for turn in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert codes == [202] * 16
    assert Contact.objects.count() == 1
    assert Event.objects.count() == 4
