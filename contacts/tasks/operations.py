"""Opens tasks, fills their texts in, lets people take and close them; what came of one is an event again."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction

from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events
from contacts.tasks.models import Task
from contacts.tasks.rules import EVENT, OPEN, OUTCOMES, TEXT_LIMIT, TITLE_LIMIT
from orchestrator.kernel import doorbell, sql

SOURCE = "tasks"


class NewTask(NamedTuple):
    """Something to do about a person. owner: a user's name, "last" (who dealt with the person last) or "" (the queue)."""

    contact_id: int
    team: str
    title: str
    text: str
    due_at: datetime
    queue: str = ""
    owner: str = ""
    journey_slug: str = ""
    enrollment_id: int | None = None
    step_key: str = ""
    visit: int = 0


class Filled(NamedTuple):
    """The text of a task, or why there is none."""

    title: str
    text: str
    problem: str = ""


class AlreadyClosed(Exception):
    """Somebody else was faster: the task is not open any more."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"task {task.pk} is {task.state}")
        self.task = task


class UnknownOutcome(Exception):
    """There is no such state to close a task in, or no such outcome of it."""


@transaction.atomic
def open_tasks(*, tasks: Sequence[NewTask], now: datetime) -> dict[int, int]:
    """Open tasks in one statement; a visit of a step that has one already gets no second. Restricted people get none.

    Returns the id of the new task by contact.
    """
    if not tasks:
        return {}
    _ensure_event_type()
    given = [{**task._asdict(), "due_at": task.due_at.isoformat()} for task in tasks]
    text = sql.statement("contacts/tasks/sql/open.sql")
    return dict(sql.rows(text, {"tasks": json.dumps(given), "now": now}))


@transaction.atomic
def fill_tasks(*, texts: Mapping[int, Filled], now: datetime) -> int:
    """Put the texts of tasks where their templates stood; returns how many. Who was faster has filled the same."""
    rows = list(Task.objects.select_for_update().filter(pk__in=list(texts), filled_at=None))
    for row in rows:
        filled = texts[row.pk]
        row.title, row.text = filled.title.strip()[:TITLE_LIMIT], filled.text.strip()[:TEXT_LIMIT]
        row.problem, row.filled_at = filled.problem[:300], now
    Task.objects.bulk_update(rows, ["title", "text", "problem", "filled_at"])
    return len(rows)


@transaction.atomic
def take_task(*, task_id: int, owner: User) -> Task:
    """Make somebody the owner of an open task. Raises AlreadyClosed."""
    task = _open(task_id)
    task.owner = owner
    task.save(update_fields=["owner"])
    return task


@transaction.atomic
def close_task(*, task_id: int, state: str, outcome: str, by: str, now: datetime, note: str = "") -> Task:
    """Say what came of a task: done or declined, with an outcome; it becomes an event, so that journeys go on.

    Raises AlreadyClosed, UnknownOutcome: nothing was written.
    """
    if outcome not in OUTCOMES.get(state, {}):
        raise UnknownOutcome(f"{state} {outcome}")
    task = _open(task_id)
    task.state, task.outcome, task.note = state, outcome, note
    task.closed_at, task.closed_by = now, by[:200]
    task.save(update_fields=["state", "outcome", "note", "closed_at", "closed_by"])
    properties = {
        "state": state,
        "outcome": outcome,
        "team": task.team,
        "queue": task.queue,
        "journey": task.journey_slug,
        "step": task.step_key,
        "late": now > task.due_at,
    }
    _ensure_event_type()
    event = NewEvent(task.contact_id, EVENT, now, properties, f"task:{task.pk}")
    record_events(events=[event], source=SOURCE, now=now)
    doorbell.ring()
    return task


def _open(task_id: int) -> Task:
    """Lock the row: of two people who close it at once the second sees what the first did."""
    task = Task.objects.select_for_update().get(pk=task_id)
    if task.state != OPEN:
        raise AlreadyClosed(task)
    return task


def _ensure_event_type() -> None:
    kind = EventType(slug=EVENT, kind=EventType.Kind.FEEDBACK, name_en="Task closed", name_de="Aufgabe abgeschlossen")
    EventType.objects.bulk_create([kind], ignore_conflicts=True)
