"""Tasks: opened once a visit, filled, taken, closed with an outcome that is an event; erased and merged with their person."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from consent.privacy.operations import erase_contact
from consent.privacy.restricting import set_restriction
from contacts.handover.operations import Lead, accept, open_handovers
from contacts.identity.operations import merge_contacts
from contacts.models import Event, Task
from contacts.tasks.operations import (
    AlreadyClosed,
    Filled,
    NewTask,
    UnknownOutcome,
    close_task,
    fill_tasks,
    open_tasks,
    take_task,
)
from contacts.tasks.rules import OUTCOMES, say_outcome
from orchestrator.channels.task_texts import write_task_texts
from tests.flows.conftest import NOW, world  # noqa: F401

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(days=2)


def a_task(contact, **more):
    values = {"team": "sales", "title": "Call {{ contact.first_name }}", "text": "", "due_at": DUE} | more
    return NewTask(contact_id=contact.pk, **values)


def opened(contact, **more):
    return Task.objects.get(pk=open_tasks(tasks=[a_task(contact, **more)], now=NOW)[contact.pk])


def test_open_once_for_a_visit_of_a_step(world):  # noqa: F811
    anna = world.person("anna")
    where = {"enrollment_id": 7, "step_key": "call", "visit": 1}
    first = opened(anna, **where)
    assert open_tasks(tasks=[a_task(anna, **where)], now=NOW) == {}
    assert opened(anna, **where | {"visit": 2}).pk != first.pk
    assert (first.state, first.owner, first.due_at, first.filled_at) == ("open", None, DUE, None)


def test_open_gives_restricted_people_none(world):  # noqa: F811
    anna = world.person("anna")
    set_restriction(contact_ids=[anna.pk], on=True, now=NOW)
    assert open_tasks(tasks=[a_task(anna)], now=NOW) == {}


def test_owner_by_name_or_whoever_dealt_with_the_person_last(world):  # noqa: F811
    sam, kim, gone = (User.objects.create_user(name) for name in ("sam", "kim", "gone"))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    anna, ben = world.person("anna"), world.person("ben")
    assert opened(anna, owner="kim").owner == kim
    assert opened(anna, owner="gone").owner is None
    lead = open_handovers(leads=[Lead(ben.pk, "inside", timedelta(hours=4))], now=NOW)[ben.pk]
    accept(handover_id=lead, owner=sam, by="sam", now=NOW)
    assert opened(ben, owner="last").owner == sam
    assert opened(ben, owner="last", team="service").owner is None  # service has not dealt with him
    assert opened(anna, owner="last").owner == kim
    assert opened(world.person("cem"), owner="last").owner is None


def test_texts_are_filled_outside_of_the_tick(world):  # noqa: F811
    anna = world.person("anna", phone="+491701234567")
    task = opened(anna, text="{{ contact.phone }} <b>{{ contact.attributes.plan | default: 'no plan' }}</b>")
    assert write_task_texts(now=lambda: NOW) == 1
    task.refresh_from_db()
    assert (task.title, task.text, task.problem) == ("Call Anna", "+491701234567 <b>no plan</b>", "")
    assert task.filled_at == NOW
    assert write_task_texts(now=lambda: NOW) == 0


def test_text_that_cannot_be_filled_stays_with_its_reason(world):  # noqa: F811
    task = opened(world.person("anna"), title="{{ contact.first_name", text="x")
    assert write_task_texts(now=lambda: NOW) == 1
    task.refresh_from_db()
    assert task.title == "{{ contact.first_name"
    assert task.problem
    assert task.filled_at == NOW


def test_fill_of_what_is_filled_changes_nothing(world):  # noqa: F811
    task = opened(world.person("anna"))
    assert fill_tasks(texts={task.pk: Filled("One", "")}, now=NOW) == 1
    assert fill_tasks(texts={task.pk: Filled("Two", "")}, now=NOW) == 0
    assert Task.objects.get().title == "One"


def test_close_is_an_event_and_happens_once(world):  # noqa: F811
    anna, sam = world.person("anna"), User.objects.create_user("sam")
    task = opened(anna, queue="inside", journey_slug="cart", step_key="call")
    take_task(task_id=task.pk, owner=sam)
    late = DUE + timedelta(hours=1)
    close_task(task_id=task.pk, state="done", outcome="successful", by="Sam", now=late, note="bought")
    task.refresh_from_db()
    assert (task.state, task.outcome, task.note, task.closed_by, task.closed_at, task.owner) == (
        "done", "successful", "bought", "Sam", late, sam,
    )  # fmt: skip
    event = Event.objects.get(name="task_done")
    assert (event.contact_id, event.occurred_at, event.source) == (anna.pk, late, "tasks")
    assert event.properties == {
        "state": "done", "outcome": "successful", "team": "sales", "queue": "inside", "journey": "cart", "step": "call", "late": True,
    }  # fmt: skip
    for again in (
        lambda: close_task(task_id=task.pk, state="declined", outcome="no_time", by="Kim", now=late),
        lambda: take_task(task_id=task.pk, owner=sam),
    ):
        with pytest.raises(AlreadyClosed):
            again()
    assert Event.objects.filter(name="task_done").count() == 1


@pytest.mark.parametrize(
    ("state", "outcome"), [("done", "no_time"), ("declined", "successful"), ("open", ""), ("done", "")]
)
def test_close_with_an_outcome_of_another_state_is_refused(world, state, outcome):  # noqa: F811
    task = opened(world.person("anna"))
    with pytest.raises(UnknownOutcome):
        close_task(task_id=task.pk, state=state, outcome=outcome, by="Sam", now=NOW)
    assert Task.objects.get().state == "open"


def test_erasure_and_merge_take_tasks_along(world):  # noqa: F811
    anna, old = world.person("anna"), world.person("old")
    opened(old)
    merge_contacts(survivor_id=anna.pk, loser_id=old.pk, why="test", by="test", now=NOW)
    assert Task.objects.get().contact == anna
    erase_contact(contact_id=anna.pk, why="test", now=NOW)
    assert not Task.objects.exists()


def test_every_outcome_has_words():
    codes = [code for codes in OUTCOMES.values() for code in codes]
    assert len(codes) == len(set(codes))
    assert all(say_outcome(code, "de") and say_outcome(code, "en") for code in codes)
    assert say_outcome("from_before") == "from_before"
