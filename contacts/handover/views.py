"""The handover screens: one queue for sales and marketing, and a lead with its snapshot."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from contacts.conditions.evidence import say_evidence
from contacts.conditions.names import Names, load_names, named, spaced
from contacts.handover import operations, queries
from contacts.handover.forms import AnswerForm
from contacts.handover.models import Handover
from contacts.handover.rules import MOVES, Action, main_signal, say_reason
from orchestrator.kernel.access import Role, everyone, role_of
from orchestrator.kernel.fields import translated

PAGE_SIZE = 50


@everyone
@require_GET
def handover_queue(request: HttpRequest) -> HttpResponse:
    """Show the leads of a tab, in the order of the clock."""
    tab = request.GET.get("tab", "waiting")
    if tab not in queries.TABS:
        raise Http404
    now = timezone.now()
    counts = queries.tab_counts()
    page = Paginator(queries.queue(tab), PAGE_SIZE).get_page(request.GET.get("page"))
    names = {"waiting": _("Waiting"), "conversation": _("In conversation"), "closed": _("Closed")}
    context = {
        "tab": tab,
        "tabs": [{"slug": slug, "name": name, "count": counts[slug]} for slug, name in names.items()],
        "rows": [_row(handover, now) for handover in page],
        "page": page,
        "now": now,
        "sees_tasks": role_of(request.user) is not Role.PRIVACY,
    }
    return render(request, _template(request, "queue"), context)


@everyone
@require_GET
def handover_detail(request: HttpRequest, handover_id: int) -> HttpResponse:
    """Show one lead: why now, what was said, what can be done."""
    return render(
        request, _template(request, "detail"), _detail(handover_id, timezone.now(), answers=_may_answer(request))
    )


@everyone
@require_POST
def handover_act(request: HttpRequest, handover_id: int, action: str) -> HttpResponse:
    """Do what sales decided, and show the lead again."""
    if not _may_answer(request):
        raise PermissionDenied
    if action not in list(Action) or queries.one_handover(handover_id) is None:
        raise Http404
    now = timezone.now()
    form = AnswerForm(Action(action), request.POST)
    if form.is_valid():
        try:
            _answer(request, handover_id, Action(action), form.cleaned_data, now)
        except operations.AlreadyMoved as late:
            messages.warning(request, _too_late(late.handover))
        form_with_errors = None
    else:
        form_with_errors = form
    if request.htmx or form_with_errors:  # type: ignore[attr-defined]  # django-htmx adds it
        context = _detail(handover_id, now, form_with_errors, action) | {"told": messages.get_messages(request)}
        return render(request, _template(request, "detail"), context)
    return redirect("handover_detail", handover_id)


def _may_answer(request: HttpRequest) -> bool:
    """Sales answers; marketing sees the same screen and only reads."""
    return role_of(request.user) is Role.SALES or bool(cast(User, request.user).is_staff)


def _answer(request: HttpRequest, handover_id: int, action: Action, given: dict[str, Any], now: datetime) -> None:
    user = cast(User, request.user)
    common: dict[str, Any] = {"handover_id": handover_id, "by": user.get_full_name() or user.username, "now": now}
    if action is Action.ACCEPT:
        operations.accept(owner=user, **given, **common)
        messages.success(request, _("The lead is yours. Marketing is silent until you close the conversation."))
    else:
        answers: dict[Action, Callable[..., Handover]] = {
            Action.REJECT: operations.reject,
            Action.RECYCLE: operations.recycle,
            Action.WIN: operations.win,
            Action.LOSE: operations.lose,
        }
        answers[action](**given, **common)
        messages.success(request, _("Saved."))


def _too_late(handover: Handover) -> str:
    owner = handover.owner.get_full_name() or handover.owner.get_username() if handover.owner else ""
    state = handover.get_state_display()
    if owner:
        return _("A colleague was faster: the lead is “%(state)s”, with %(owner)s.") % {"state": state, "owner": owner}
    return _("A colleague was faster: the lead is “%(state)s”.") % {"state": state}


def _row(handover: Handover, now: datetime) -> dict[str, Any]:
    signal = main_signal(handover.snapshot)
    return {
        "id": handover.pk,
        "contact": handover.contact.name,
        "contact_id": handover.contact_id,
        "job_title": handover.contact.job_title,
        "account": handover.account.name if handover.account else "",
        "why": translated(signal["name"]) if signal else "",
        "team": spaced(handover.team),
        "journey": translated(handover.snapshot.get("journey")) or handover.journey_slug,
        "state": handover.state,
        "state_name": handover.get_state_display(),
        "reason": say_reason(handover.reason),
        "owner": (handover.owner.get_full_name() or handover.owner.get_username()) if handover.owner else "",
        "created_at": handover.created_at,
        "due_at": handover.due_at,
        "answered_at": handover.answered_at,
        "closed_at": handover.closed_at,
        "overdue": handover.state == Handover.State.WAITING and handover.due_at <= now,
        "answered_in_time": bool(handover.answered_at and handover.answered_at <= handover.due_at),
    }


def _detail(
    handover_id: int, now: datetime, invalid: AnswerForm | None = None, action: str = "", *, answers: bool = True
) -> dict[str, Any]:
    handover = queries.one_handover(handover_id)
    if handover is None:
        raise Http404
    names, language = load_names(), (get_language() or "en")[:2]
    return {
        "lead": _row(handover, now),
        "contact": handover.contact,
        "stage": handover.contact.stage.name if handover.contact.stage else "",
        "account": handover.snapshot.get("account") or {},
        "signals": [_signal(given, names) for given in handover.snapshot.get("signals", [])],
        "events": [_dated(given, "occurred_at") for given in handover.snapshot.get("events", [])],
        "touches": [_dated(given, "at") for given in handover.snapshot.get("touches", []) if given["state"] == "sent"],
        "begin_with": _signal(signal, names) if (signal := main_signal(handover.snapshot)) else None,
        "deal": handover.snapshot.get("deal"),
        "log": [
            {
                "at": entry.at,
                "by": named(names, "journey", entry.by, language) if ("journey", entry.by) in names else entry.by,
                "state": entry.get_state_display(),
                "reason": say_reason(entry.reason),
                "note": entry.note,
            }
            for entry in handover.log.all()
        ],
        "actions": [
            {
                "slug": slug,
                "name": name,
                "form": invalid if invalid and action == slug else AnswerForm(slug),
                "open": slug == (action or Action.ACCEPT),
            }
            for slug, name in _action_names().items()
            if answers and handover.state in MOVES[slug].before
        ],
        "now": now,
    }


def _action_names() -> dict[Action, str]:
    return {
        Action.ACCEPT: _("Accept"),
        Action.WIN: _("Won"),
        Action.LOSE: _("Lost"),
        Action.RECYCLE: _("Back to marketing"),
        Action.REJECT: _("Reject"),
    }


def _signal(given: dict[str, Any], names: Names) -> dict[str, Any]:
    strengths = {"strong": _("strong"), "medium": _("medium"), "weak": _("weak")}
    return {
        "name": translated(given["name"]),
        "at": parse_datetime(given["fired_at"]),
        "strength": strengths[given["strength"]],
        "tone": {"strong": "green", "medium": "blue", "weak": "grey"}[given["strength"]],
        "evidence": say_evidence(given.get("evidence") or {}, None, (get_language() or "en")[:2], names),
    }


def _dated(given: dict[str, Any], key: str) -> dict[str, Any]:
    return {**given, "name": translated(given.get("name")), "at": parse_datetime(given[key])}


def _template(request: HttpRequest, name: str) -> str:
    fragment = bool(request.htmx)  # type: ignore[attr-defined]  # django-htmx adds it
    return f"contacts/handover/_{name}.html" if fragment else f"contacts/handover/{name}.html"
