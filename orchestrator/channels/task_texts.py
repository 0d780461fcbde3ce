"""Fills the texts of new tasks: read, fill in the child process, write. No transaction is open meanwhile."""

from collections.abc import Callable
from datetime import datetime

from contacts.tasks.models import Task
from contacts.tasks.operations import Filled, fill_tasks
from contacts.tasks.queries import unfilled
from contacts.tasks.rules import TEXT_LIMIT
from journeys.content.queries import context_of
from journeys.content.rendering import Job, render_many
from journeys.content.rules import ContentProblem
from journeys.definitions.models import Journey
from journeys.enrollments.models import Enrollment

MOST = 200


def write_task_texts(*, now: Callable[[], datetime], most: int = MOST) -> int:
    """Fill up to `most` texts; returns how many. What cannot be filled stands there as written, with the reason."""
    tasks = unfilled(most)
    if not tasks:
        return 0
    runs = Enrollment.objects.in_bulk([task.enrollment_id for task in tasks if task.enrollment_id])
    slugs = {task.journey_slug for task in tasks}
    names = dict(Journey.objects.filter(slug__in=slugs).values_list("slug", "name_en"))
    jobs = [Job("texts", (task.title, task.text), _context(task, runs, names)) for task in tasks]
    made = render_many(jobs)
    texts = {}
    for task, filled in zip(tasks, made, strict=True):
        if isinstance(filled, list) and filled[0].strip():
            texts[task.pk] = Filled(*filled)
        else:
            words = str(filled) if isinstance(filled, ContentProblem) else "the title is empty"
            texts[task.pk] = Filled(task.title, task.text[:TEXT_LIMIT], words)
    return fill_tasks(texts=texts, now=now())


def _context(task: Task, runs: dict[int, Enrollment], names: dict[str, str]) -> dict[str, object]:
    """What the texts may use: all that a message may, and how to reach the person."""
    run, contact = runs.get(task.enrollment_id or 0), task.contact
    key, evidence = (run.key, run.evidence) if run else ("", {})
    context = context_of(contact, names.get(task.journey_slug, ""), key, evidence)
    ids = {"id": contact.pk, "external_id": contact.external_id, "email": contact.email, "phone": contact.phone}
    context["contact"] |= {name: value for name, value in ids.items() if value}
    return context | {"mail": {"language": contact.language}}
