"""The doors of journeys for machines: who enters, who leaves, what is wrong, and the same request again."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Contact, Identifier
from journeys.definitions.operations import import_journey
from journeys.models import Enrollment, Journey, Trigger
from orchestrator.api.models import Arrival
from orchestrator.api.operations import create_key
from orchestrator.tick import loop

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
STEPS = [{"key": "rest", "kind": "wait", "for": "30d"}, {"key": "end", "kind": "end"}]


def names(text):
    return {"en": text, "de": text}


@pytest.fixture
def journey(db):
    def make(slug="j", **entry):
        steps = [{**step, "name": names(step["key"])} for step in STEPS]
        definition = {
            "slug": slug,
            "name": names(slug),
            "phase": "purchase",
            "entry": entry or {"api": True, "key": "order"},
            "steps": steps,
        }
        return import_journey(definition=definition, now=NOW).journey  # fmt: skip

    return make


@pytest.fixture
def anna(db):
    return Contact.objects.create(external_id="anna", email="anna@example.com", created_at=NOW, updated_at=NOW)


def keys(contact, reason=""):
    return list(Enrollment.objects.filter(contact=contact, reason=reason).order_by("pk").values_list("key", flat=True))


def test_enter_takes_people_by_each_of_their_names_and_once_for_each_id(post, journey, anna):
    journey()
    Identifier.objects.create(kind="user", value="old-anna", contact=anna, first_seen_at=NOW, last_seen_at=NOW)
    contacts = [
        {"user_id": "anna", "key": "1", "evidence": {"total": 9.5}},
        {"email": "Anna@Example.com", "evidence": {"order": 2}},
        {"contact_id": anna.pk, "key": "3"},
        {"user_id": "old-anna", "key": "4"},
        {"user_id": "nobody"},
    ]
    answer = post("journeys/j/enter", {"contacts": contacts, "id": "r1"})
    assert answer.status_code == 202, answer.content
    assert [item["status"] for item in answer.json()["items"]] == ["queued"] * 4 + ["rejected"]
    assert answer.json()["items"][4]["errors"] == [{"path": "contacts[4]", "message": "there is no such person"}]
    again = post("journeys/j/enter", {"contacts": contacts, "id": "r1"})
    assert [item["status"] for item in again.json()["items"]] == ["duplicate"] * 4 + ["rejected"]
    loop.pulse(now=timezone.now())
    assert sorted(keys(anna)) == ["1", "2", "3", "4"]
    assert Enrollment.objects.get(key="1").evidence["properties"] == {"total": 9.5}
    assert Arrival.objects.filter(door="enter", accepted=4, rejected=1).count() == 2


def test_enter_without_an_id_is_new_each_time(post, journey, anna):
    journey()
    for _ in range(2):
        post("journeys/j/enter", {"contacts": [{"user_id": "anna"}]})
    assert Trigger.objects.count() == 2
    assert loop.pulse(now=timezone.now()).entered == {"": 1, "already_in": 1}


def test_leave_takes_out_of_one_run_or_of_all(post, journey, anna):
    journey()
    post("journeys/j/enter", {"contacts": [{"user_id": "anna", "key": key} for key in "abc"]})
    loop.pulse(now=timezone.now())
    answer = post("journeys/j/leave", {"contacts": [{"user_id": "anna", "key": "b"}]})
    assert (answer.status_code, answer.json()["items"][0]["status"]) == (200, "out")
    assert keys(anna, "stopped") == ["b"]
    for _ in range(2):
        assert post("journeys/j/leave", {"contacts": [{"email": "anna@example.com"}]}).status_code == 200
    assert sorted(keys(anna, "stopped")) == ["a", "b", "c"]


@pytest.mark.parametrize("door", ["enter", "leave"])
def test_the_number_of_statements_does_not_grow_with_the_people(post, journey, door):
    journey()
    people = Contact.objects.bulk_create(
        Contact(external_id=f"p{i}", created_at=NOW, updated_at=NOW) for i in range(303)
    )

    def statements(some):
        contacts = [{"user_id": one.external_id, "key": str(n)} for n, one in enumerate(some)]
        with CaptureQueriesContext(connection) as queries:
            assert post(f"journeys/j/{door}", {"contacts": contacts}).status_code in (200, 202)
        return len(queries)

    statements(people[:1])
    assert statements(people[1:3]) == statements(people[3:])


@pytest.mark.parametrize(
    ("body", "status", "path", "message"),
    [
        ({}, 400, "contacts", "missing"),
        ({"contacts": []}, 400, "contacts", "expected 1 to 500 items"),
        ({"contacts": [{"user_id": "anna"}] * 501}, 413, "contacts", "expected 1 to 500 items"),
        ({"contacts": [{"user_id": "anna"}], "more": 1}, 400, "more", "unknown field"),
        ({"contacts": [{"user_id": "anna"}], "id": "x" * 101}, 400, "id", "length <= 100"),
        ([], 400, "", "expected"),
        (b"{", 400, "", ""),
    ],
)
def test_request_that_is_wrong_as_a_whole(post, journey, anna, body, status, path, message):
    journey()
    answer = post("journeys/j/enter", body)
    assert answer.status_code == status, answer.content
    (error,) = answer.json()["errors"]
    assert error["path"] == path
    assert message in error["message"]


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ({}, "contacts[0]"),
        ({"email": "no"}, "contacts[0].email"),
        ({"email": "no address"}, "contacts[0].email"),
        ({"user_id": "anna", "key": 3}, "contacts[0].key"),
        ({"user_id": "anna", "evidence": {"a": 2**70}}, "contacts[0].evidence.a"),
        ({"user_id": "anna", "name": "x"}, "contacts[0].name"),
        ({"contact_id": -1}, "contacts[0].contact_id"),
        ({"user_id": "a\x00b"}, "contacts[0].user_id"),
    ],
)
def test_person_that_is_wrong_is_said_with_its_path(post, journey, anna, person, path):
    journey()
    answer = post("journeys/j/enter", {"contacts": [person, {"user_id": "anna"}]})
    assert answer.status_code == 202, answer.content
    assert answer.json()["items"][0]["errors"][0]["path"] == path
    assert answer.json()["items"][1]["status"] == "queued"
    assert post("journeys/j/enter", {"contacts": [person]}).status_code == 400


def test_journey_that_is_not_there_not_live_or_not_opened_by_the_api(post, journey, anna, client):
    body = {"contacts": [{"user_id": "anna"}]}
    one = journey()
    journey("k", event="order_placed")
    assert post("journeys/lost/enter", body).status_code == 404
    assert post("journeys/lost/leave", body).status_code == 404
    assert post("journeys/k/enter", body).status_code == 409
    assert post("journeys/k/leave", body).status_code == 200
    Journey.objects.filter(pk=one.pk).update(state="paused")
    assert post("journeys/j/enter", body).status_code == 409
    assert post("journeys/j/leave", body).status_code == 200
    assert Trigger.objects.count() == 0
    assert client.get("/api/v1/journeys/j/enter").status_code in (401, 405)


def test_without_a_key_or_with_a_public_one_nothing_happens(post, journey, anna, client):
    journey()
    body = {"contacts": [{"user_id": "anna"}]}
    public = create_key(name="web", source="web", now=NOW, public=True)
    assert post("journeys/j/enter", body, HTTP_AUTHORIZATION="Bearer no").status_code == 401
    assert post("journeys/j/enter", body, HTTP_AUTHORIZATION=f"Bearer {public}").status_code == 403
    assert Trigger.objects.count() == 0
