"""A CRM reads tasks page by page and says what came of them; nobody else may."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.models import Contact, Event, Task
from contacts.tasks.operations import Filled, NewTask, fill_tasks, open_tasks
from orchestrator.api.models import ApiKey, Arrival
from orchestrator.api.operations import create_key

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DONE = {"state": "done", "outcome": "successful"}


@pytest.fixture
def crm(client):
    return Caller(client, "tasks")


class Caller:
    def __init__(self, client, scope):
        self.client = client
        given = create_key(name="CRM", source="crm", now=NOW, scope=scope)
        self.headers = {"authorization": f"Bearer {given[1] if isinstance(given, tuple) else given}"}

    def get(self, path):
        return self.client.get(path, headers=self.headers)

    def post(self, path, body):
        return self.client.post(path, body, content_type="application/json", headers=self.headers)


def made(n=1, **more):
    ids = []
    for i in range(n):
        person = Contact.objects.create(
            email=f"p{i}@people.example", first_name=f"P{i}", created_at=NOW, updated_at=NOW
        )
        values = {"team": "sales", "title": "Call", "text": "", "due_at": NOW + timedelta(days=1)} | more
        task_id = open_tasks(tasks=[NewTask(contact_id=person.pk, **values)], now=NOW)[person.pk]
        fill_tasks(texts={task_id: Filled(f"Call P{i}", "now")}, now=NOW)
        ids.append(task_id)
    return ids


def test_crm_reads_tasks_page_by_page(crm):
    ids = made(5)
    first = crm.get("/api/v1/tasks?limit=2").json()
    assert [task["id"] for task in first["tasks"]] == ids[:2]
    second = crm.get(f"/api/v1/tasks?limit=2&after={first['next']}").json()
    last = crm.get(f"/api/v1/tasks?limit=2&after={second['next']}").json()
    assert [task["id"] for task in [*second["tasks"], *last["tasks"]]] == ids[2:]
    assert last["next"] is None
    task = first["tasks"][0]
    assert (task["title"], task["text"], task["contact"]["email"], task["overdue"]) == (
        "Call P0", "now", "p0@people.example", True,
    )  # fmt: skip
    assert crm.get(f"/api/v1/tasks/{ids[0]}").json() == task
    assert crm.get("/api/v1/tasks?team=service").json()["tasks"] == []


def test_task_without_its_text_is_not_told_yet(crm):
    person = Contact.objects.create(email="a@people.example", created_at=NOW, updated_at=NOW)
    new = NewTask(person.pk, "sales", "Call {{ x }}", "", NOW)
    task_id = open_tasks(tasks=[new], now=NOW)[person.pk]
    assert crm.get("/api/v1/tasks").json()["tasks"] == []
    assert crm.get(f"/api/v1/tasks/{task_id}").status_code == 404


def test_crm_closes_a_task_once(crm):
    (task_id,) = made()
    answer = crm.post(f"/api/v1/tasks/{task_id}", DONE | {"note": "bought", "by": "Kim"})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["outcome"], answer.json()["note"]) == ("done", "successful", "bought")
    assert Task.objects.get().closed_by == "Kim"
    assert crm.post(f"/api/v1/tasks/{task_id}", DONE).status_code == 200  # told twice
    other = crm.post(f"/api/v1/tasks/{task_id}", {"state": "declined", "outcome": "no_time"})
    assert other.status_code == 409
    assert Event.objects.filter(name="task_done").count() == 1
    assert crm.get("/api/v1/tasks").json()["tasks"] == []
    assert len(crm.get("/api/v1/tasks?state=all").json()["tasks"]) == 1
    assert list(Arrival.objects.order_by("id").values_list("door", "accepted", "rejected")) == [
        ("tasks", 1, 0), ("tasks", 1, 0), ("tasks", 0, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {}, {"state": "done"}, {"state": "open", "outcome": "x"}, {"state": "done", "outcome": "no_time"}, DONE | {"more": 1},
        DONE | {"note": "x" * 2001}, DONE | {"by": 7}, DONE | {"note": "a\x00b"}, [], "x",
    ],
)  # fmt: skip
def test_bad_bodies_are_refused_and_nothing_is_written(crm, body):
    (task_id,) = made()
    answer = crm.post(f"/api/v1/tasks/{task_id}", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]
    assert Task.objects.get().state == "open"


@pytest.mark.parametrize(
    "query", ["state=lost", "team=board", "after=-1", "after=x", "limit=0", "limit=501", "after=" + "9" * 30]
)
def test_bad_queries_are_refused(crm, query):
    assert crm.get(f"/api/v1/tasks?{query}").status_code == 400


def test_unknown_tasks_are_not_there(crm):
    assert crm.get("/api/v1/tasks/12345678").status_code == 404
    assert crm.get("/api/v1/tasks/" + "9" * 25).status_code == 404
    assert crm.post("/api/v1/tasks/12345678", DONE).status_code == 404


@pytest.mark.parametrize("scope", [scope for scope in ApiKey.Scope.values if scope not in ("tasks", "manage")])
def test_other_keys_may_not(client, scope):
    (task_id,) = made()
    other = Caller(client, scope)
    assert other.get("/api/v1/tasks").status_code == 403
    assert other.post(f"/api/v1/tasks/{task_id}", DONE).status_code == 403
    assert client.get("/api/v1/tasks").status_code == 401


def test_key_for_tasks_may_nothing_else(crm):
    assert crm.get("/api/v1/journeys").status_code == 403
    assert crm.post("/api/v1/contacts", {"contacts": []}).status_code == 403
