"""The doors of the draft: the canvas with its plus signs, and the side panel of a step or a part."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from journeys.canvas import drafts
from journeys.canvas.answers import Draft, changed, drawn, find_draft, refused, seen, told_conflict
from journeys.canvas.drawing import language, name_of
from journeys.canvas.panel import fields_apart, part_form, part_panel, step_change, step_form, step_panel
from journeys.canvas.parts import PARTS
from journeys.canvas.places import CutsOff, Refused
from journeys.definitions.views import head
from orchestrator.kernel.access import marketing_only


@require_GET
@marketing_only
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the draft of a journey to change it; with ?step= or ?part= the panel of that place is open."""
    draft = find_draft(slug)
    key, part = request.GET.get("step", ""), request.GET.get("part", "")
    panel = step_panel(draft, key) if key else part_panel(draft, part) if part else None
    if request.headers.get("HX-Target") == "panel":
        return render(request, "journeys/canvas/_panel.html", {"panel": panel, "journey": draft.journey})
    context = head(slug) | drawn(draft) | {"tab": "flow", "panel": panel}
    return render(request, "journeys/canvas/edit.html", context)


@require_http_methods(["GET", "POST"])
@marketing_only
def panel(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the panel of a step or a part, and save what it was changed to."""
    draft = find_draft(slug)
    key, part = request.GET.get("step", ""), request.GET.get("part", "")
    if request.method == "GET":
        return redirect(f"{request.path.removesuffix('panel/')}?{request.GET.urlencode()}")
    try:
        form = step_form(draft, key, request.POST) if key else part_form(draft, part, request.POST)
    except Http404:
        return _gone(request, draft)
    if form is None:
        return refused(request, draft, "not_there")
    if getattr(form, "wants_redraw", False):
        return _panel(request, draft, key, part, form)
    if not form.is_valid():
        return _panel(request, draft, key, part, form, wrong=True)
    return _save(request, draft, key, part, form)


def _save(request: HttpRequest, draft: Draft, key: str, part: str, form: Any) -> HttpResponse:
    if key:
        what, change = step_change(key, form, cut="cut" in request.POST)
    else:
        what = _("%(part)s changed") % {"part": PARTS[part].label}
        change = form.changed_definition
    try:
        version = drafts.edit_draft(
            journey=draft.journey, what=what, by=request.user, now=timezone.now(), change=change, **seen(request)
        )
    except drafts.Conflict as found:
        return _conflict(request, Draft(draft.journey, found.version), found, key, part, form)
    except CutsOff as error:
        names = {step["key"]: name_of(step, language()) for step in draft.definition["steps"]}
        return _panel(request, draft, key, part, form, gone=[names.get(one, one) for one in error.keys])
    except Refused as error:
        return refused(request, draft, error.why)
    now = Draft(draft.journey, version)
    return changed(request, now, what, focus=key, panel=_context(now, key, part, None, saved=True))


def _conflict(
    request: HttpRequest, draft: Draft, found: drafts.Conflict, key: str, part: str, form: forms.Form
) -> HttpResponse:
    """Show what somebody typed beside what is stored now; nothing of it is lost."""
    try:
        stored = step_form(draft, key) if key else part_form(draft, part)
    except Http404:
        return _gone(request, draft)
    fields = fields_apart(form, stored) if stored else []
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(told_conflict(found, draft, fields), status=409)
    return _panel(request, draft, key, part, form, status=409, theirs=found.theirs, fields=fields, conflict=True)


def _context(draft: Draft, key: str, part: str, form: Any, **more: Any) -> dict[str, Any]:
    return step_panel(draft, key, form, **more) if key else part_panel(draft, part, form, **more)


def _panel(
    request: HttpRequest, draft: Draft, key: str, part: str, form: Any, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The panel once more with what was typed; without JavaScript on the whole page."""
    context = _context(draft, key, part, form, **more)
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        redrawn = drawn(draft) | {"redrawn": True} if more.get("conflict") else {}
        return render(
            request,
            "journeys/canvas/_panel.html",
            {"journey": draft.journey, "panel": context, **redrawn},
            status=status,
        )
    return render(
        request, "journeys/canvas/ask.html", {"journey": draft.journey, "part": "journeys/canvas/_panel.html", "panel": context, "edit": context["back"]}, status=status
    )  # fmt: skip


def _gone(request: HttpRequest, draft: Draft) -> HttpResponse:
    messages.error(request, _("This step is not there any more: somebody took it out."))
    return refused(request, draft, "not_there")
