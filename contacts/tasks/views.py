"""The screens of tasks: one list for sales and service, and a task with its buttons."""

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from contacts.tasks import operations, queries
from contacts.tasks.forms import CloseForm
from contacts.tasks.models import Task
from contacts.tasks.rules import DECLINED, DONE, TEAMS, say_outcome
from orchestrator.kernel.access import Role, open_to, role_of
from orchestrator.kernel.fields import translated

PAGE_SIZE = 50
readers = open_to(Role.MARKETING, Role.SALES)


@readers
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """List open or closed tasks, of a team or of oneself."""
    tab, team = request.GET.get("tab", "open"), request.GET.get("team", "")
    if tab not in queries.TABS or team not in ("", *TEAMS):
        raise Http404
    now, mine = timezone.now(), request.GET.get("mine") == "yes"
    counts = queries.tab_counts(now)
    found = queries.tasks(tab, team=team, owner_id=cast(User, request.user).pk if mine else None)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    names = {"open": _("Open"), "closed": _("Closed")}
    context = {
        "tab": tab,
        "team": team,
        "mine": mine,
        "tabs": [{"slug": slug, "name": name, "count": counts[slug]} for slug, name in names.items()],
        "teams": [{"slug": "", "name": _("All teams")}, *_teams()],
        "overdue": counts["overdue"],
        "rows": [_row(task, now) for task in page],
        "page": page,
        "now": now,
    }
    return render(request, "contacts/tasks/list.html", context)


@readers
@require_GET
def task(request: HttpRequest, task_id: int) -> HttpResponse:
    """Show one task: what is to be done for whom, and what can be said of it."""
    return _shown(request, _one(task_id))


@readers
@require_POST
def task_take(request: HttpRequest, task_id: int) -> HttpResponse:
    """Make the task one's own."""
    _guard(request)
    try:
        operations.take_task(task_id=_one(task_id).pk, owner=cast(User, request.user))
    except operations.AlreadyClosed as late:
        messages.warning(request, _too_late(late.task))
    else:
        messages.success(request, _("The task is yours."))
    return redirect("task", task_id)


@readers
@require_POST
def task_close(request: HttpRequest, task_id: int, state: str) -> HttpResponse:
    """Say what came of it."""
    _guard(request)
    one = _one(task_id)
    if state not in (DONE, DECLINED):
        raise Http404
    form = CloseForm(state, request.POST)
    if not form.is_valid():
        return _shown(request, one, form, state)
    user = cast(User, request.user)
    by = user.get_full_name() or user.username
    try:
        operations.close_task(task_id=one.pk, state=state, by=by, now=timezone.now(), **form.cleaned_data)
    except operations.AlreadyClosed as late:
        messages.warning(request, _too_late(late.task))
    else:
        messages.success(request, _("Saved. Journeys hear of it."))
    return redirect("tasks")


def _guard(request: HttpRequest) -> None:
    """Sales answers; marketing sees the same screen and only reads."""
    if not _may_answer(request):
        raise PermissionDenied


def _may_answer(request: HttpRequest) -> bool:
    return role_of(request.user) is Role.SALES or bool(cast(User, request.user).is_staff)


def _one(task_id: int) -> Task:
    found = queries.one_task(task_id)
    if found is None:
        raise Http404
    return found


def _too_late(task: Task) -> str:
    said = {"state": task.get_state_display(), "by": task.closed_by}
    return _("A colleague was faster: the task is “%(state)s”, by %(by)s.") % said


def _shown(request: HttpRequest, one: Task, invalid: CloseForm | None = None, state: str = "") -> HttpResponse:
    names = {DONE: _("Done"), DECLINED: _("Decline")}
    answers = _may_answer(request) and one.state == Task.State.OPEN
    context = {
        "task": _row(one, timezone.now()),
        "contact": one.contact,
        "account": one.contact.account.name if one.contact.account else "",
        "answers": answers,
        "mine": one.owner_id == cast(User, request.user).pk,
        "actions": [
            {
                "slug": slug,
                "name": name,
                "form": invalid if invalid and state == slug else CloseForm(slug),
                "open": slug == (state or DONE),
            }
            for slug, name in names.items()
            if answers
        ],
    }
    return render(request, "contacts/tasks/task.html", context)


def _row(task: Task, now: datetime) -> dict[str, Any]:
    return {
        "id": task.pk,
        "title": task.title if task.filled_at else _("(is being written)"),
        "text": task.text if task.filled_at else "",
        "problem": task.problem,
        "contact": task.contact.name,
        "contact_id": task.contact_id,
        "team": translated(dict(TEAMS[task.team])),
        "queue": task.queue,
        "owner": (task.owner.get_full_name() or task.owner.get_username()) if task.owner else "",
        "journey": task.journey_slug,
        "state": task.state,
        "state_name": task.get_state_display(),
        "outcome": say_outcome(task.outcome),
        "note": task.note,
        "created_at": task.created_at,
        "due_at": task.due_at,
        "closed_at": task.closed_at,
        "closed_by": task.closed_by,
        "overdue": task.state == Task.State.OPEN and task.due_at <= now,
    }


def _teams() -> list[dict[str, Any]]:
    return [{"slug": slug, "name": translated(dict(name))} for slug, name in TEAMS.items()]
