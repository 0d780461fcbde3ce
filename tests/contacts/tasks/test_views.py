"""The screens of tasks: list, one, taking, closing; sales answers, marketing reads."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Event, Task
from contacts.tasks.operations import Filled, NewTask, close_task, fill_tasks, open_tasks
from tests.flows.conftest import world  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(client):
    user = User.objects.create_user("sam", first_name="Sam", last_name="Sells")
    user.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(user)
    return client


def made(contact, title="Call her", *, days=1, **more):
    now = timezone.now()
    values = {"team": "sales", "text": "", "due_at": now + timedelta(days=days)} | more
    task_id = open_tasks(tasks=[NewTask(contact_id=contact.pk, title=title, **values)], now=now)[contact.pk]
    fill_tasks(texts={task_id: Filled(title, "She asked <script>twice</script>.")}, now=now)
    return task_id


def test_list_shows_due_ones_first_with_what_is_overdue(sam, world):  # noqa: F811
    anna, ben = world.person("anna"), world.person("ben")
    made(anna, "Call Anna", days=3)
    made(ben, "Call Ben", days=-1, team="service")
    page = sam.get("/tasks/")
    assert page.text.index("Call Ben") < page.text.index("Call Anna")
    assert "1 task is overdue." in page.text
    assert "Call Ben" not in sam.get("/tasks/?team=sales").text
    assert "Call Anna" not in sam.get("/tasks/?mine=yes").text
    assert "There is nothing to do." in sam.get("/tasks/?mine=yes").text
    assert sam.get("/tasks/?tab=lost").status_code == sam.get("/tasks/?team=board").status_code == 404
    assert 'href="/tasks/"' in page.text


def test_task_is_taken_and_closed(sam, world):  # noqa: F811
    task_id = made(world.person("anna"))
    page = sam.get(f"/tasks/{task_id}/")
    assert "She asked &lt;script&gt;twice&lt;/script&gt;." in page.text
    sam.post(f"/tasks/{task_id}/take/")
    assert Task.objects.get().owner.username == "sam"
    assert "Call her" in sam.get("/tasks/?mine=yes").text
    answer = sam.post(f"/tasks/{task_id}/done/", {"outcome": ""})
    assert answer.status_code == 200
    assert Task.objects.get().state == "open"
    answer = sam.post(f"/tasks/{task_id}/done/", {"outcome": "successful", "note": "bought"})
    assert answer["Location"] == "/tasks/"
    task = Task.objects.get()
    assert (task.state, task.outcome, task.note, task.closed_by) == ("done", "successful", "bought", "Sam Sells")
    assert Event.objects.filter(name="task_done").count() == 1
    closed = sam.get("/tasks/?tab=closed").text
    assert "successful" in closed
    assert "erfolgreich" in sam.get("/tasks/?tab=closed", headers={"accept-language": "de"}).text


def test_close_after_a_colleague_says_who_was_faster(sam, world):  # noqa: F811
    task_id = made(world.person("anna"))
    close_task(task_id=task_id, state="declined", outcome="no_time", by="Kim", now=timezone.now())
    answer = sam.post(f"/tasks/{task_id}/done/", {"outcome": "successful"})
    assert [str(m) for m in get_messages(answer.wsgi_request)] == [
        "A colleague was faster: the task is “declined”, by Kim."
    ]
    assert sam.post(f"/tasks/{task_id}/won/", {}).status_code == 404
    assert sam.get("/tasks/999999/").status_code == 404


def test_marketing_reads_and_does_not_answer_and_the_privacy_officer_sees_nothing(client, world):  # noqa: F811
    task_id = made(world.person("anna"))
    client.force_login(User.objects.create_user("maja"))
    page = client.get(f"/tasks/{task_id}/")
    assert "I take it" not in page.text
    assert client.post(f"/tasks/{task_id}/take/").status_code == 403
    assert client.post(f"/tasks/{task_id}/done/", {"outcome": "successful"}).status_code == 403
    officer = User.objects.create_user("pia")
    officer.groups.add(Group.objects.get_or_create(name="Privacy officer")[0])
    client.force_login(officer)
    assert client.get("/tasks/").status_code == 403


def test_list_asks_as_often_for_many_as_for_one(sam, world):  # noqa: F811
    made(world.person("anna"))
    sam.get("/tasks/")
    with CaptureQueriesContext(connection) as one:
        sam.get("/tasks/")
    for n in range(12):
        made(world.person(f"p{n}"))
    with CaptureQueriesContext(connection) as many:
        sam.get("/tasks/")
    assert len(one) == len(many)
