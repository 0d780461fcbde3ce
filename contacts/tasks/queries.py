"""Reads of tasks: lists, one, those whose text is to be filled."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from contacts.tasks.models import Task

TABS = {"open": ("open",), "closed": ("done", "declined")}


def tab_counts(now: datetime) -> dict[str, int]:
    """Count open, overdue and closed tasks, in one statement."""
    late = Q(state=Task.State.OPEN, due_at__lte=now)
    found = Task.objects.aggregate(
        open=Count("id", filter=Q(state=Task.State.OPEN)),
        closed=Count("id", filter=~Q(state=Task.State.OPEN)),
        overdue=Count("id", filter=late),
    )
    return {key: int(n) for key, n in found.items()}


def tasks(tab: str, *, team: str = "", owner_id: int | None = None) -> QuerySet[Task]:
    """Read the tasks of a tab, due ones first; closed ones the newest first."""
    order = ["-closed_at", "-id"] if tab == "closed" else ["due_at", "id"]
    found = Task.objects.filter(state__in=TABS[tab]).select_related("contact", "owner").order_by(*order)
    if team:
        found = found.filter(team=team)
    return found.filter(owner=owner_id) if owner_id else found


def one_task(task_id: int) -> Task | None:
    """Read a task with its contact and owner."""
    return Task.objects.select_related("contact__account", "owner").filter(pk=task_id).first()


def unfilled(most: int) -> list[Task]:
    """Read tasks whose text is still as the author wrote it, the oldest first."""
    return list(Task.objects.filter(filled_at=None).select_related("contact__account").order_by("id")[:most])


def for_machines(*, state: str, team: str, after: int, most: int) -> list[Task]:
    """Read tasks for a CRM in the order in which they were made, beginning after an id; only those with their text."""
    found = Task.objects.filter(pk__gt=after, filled_at__isnull=False).select_related("contact", "owner").order_by("pk")
    if state:
        found = found.filter(state=state)
    return list((found.filter(team=team) if team else found)[:most])
