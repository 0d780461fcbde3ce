"""The doors to the flow of a journey: with live numbers, as prose, and a new one."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from journeys.canvas import page, prose
from journeys.canvas.drafts import draft_of, editable_version, start_journey
from journeys.canvas.drawing import Words, draw
from journeys.canvas.forms import NewJourneyForm
from journeys.definitions.checklist import hints
from journeys.definitions.models import Journey, Version
from journeys.definitions.telling import telling
from journeys.definitions.views import head
from journeys.enrollments import numbers
from orchestrator.kernel.access import marketing_only


@require_GET
@marketing_only
def journey(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the flow of a journey with live numbers; HTMX asks for the canvas alone."""
    context = head(slug)
    found: Journey = context["journey"]
    version = _version(found, request.GET.get("version", ""))
    if version is None and draft_of(found) is not None:
        return redirect("journey_edit", slug)
    context |= _drawn(found, version, people="people" in request.GET)
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, "journeys/canvas/_canvas.html", context)
    definition = version.definition if version else {}
    context |= {
        "tab": "flow",
        "versions": page.versions_of(found),
        "runs_by": page.runs_by(found, definition, context["words"].names),
        "held_out": page.held_out(found.slug),
        "telling": telling(definition).sentence,
        "draft": draft_of(found),
    }
    return render(request, "journeys/canvas/flow.html", context)


def _version(found: Journey, number: str) -> Version | None:
    """The version that is asked for, else the live one. Raises Http404."""
    if not number.isdecimal():
        return found.live_version
    return get_object_or_404(found.versions.exclude(published_at=None), number=int(number[:6]))


def _drawn(found: Journey, version: Version | None, *, people: bool) -> dict[str, Any]:
    now, words = timezone.now(), Words.load()
    definition = version.definition if version else {}
    findings = hints(definition) if version else []
    flow, lost = draw(definition, words, findings)
    live = page.live_numbers(version, now=now)
    page.put_numbers(flow, lost, live)
    morning = now.astimezone(ZoneInfo(settings.TEAM_TIME_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "version": version,
        "flow": flow,
        "lost": lost,
        "words": words,
        "hints": findings,
        "people": people,
        "entry": page.entry_card(definition, numbers.entries(journey_id=found.pk, since=morning), words.names),
    }


@require_GET
@marketing_only
def journey_numbers(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the live numbers of each step as JSON, for the cards of a draft."""
    found = get_object_or_404(Journey.objects.select_related("live_version"), slug=slug)
    return JsonResponse({"steps": page.short_numbers(page.live_numbers(found.live_version, now=timezone.now()))})


@require_GET
@marketing_only
def journey_prose(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell the whole journey as one page of prose, for printing; in the language that is asked for."""
    context = head(slug)
    found: Journey = context["journey"]
    version = editable_version(found) if "draft" in request.GET else (found.live_version or draft_of(found))
    if version is None:
        raise Http404
    asked = request.GET.get("language", "")
    with translation.override(asked if asked in ("en", "de") else translation.get_language()):
        told = prose.tell(version.definition, Words.load())
        more = {
            "version": version,
            "told": told,
            "language": translation.get_language()[:2],
            "drafted": draft_of(found),
        }
        return render(request, "journeys/canvas/prose.html", context | more)


@require_http_methods(["GET", "POST"])
@marketing_only
def journey_new(request: HttpRequest) -> HttpResponse:
    """Begin a journey: its name and phase, with nothing but an end in it."""
    form = NewJourneyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = start_journey(definition=form.definition(), by=request.user, now=timezone.now())
        except IntegrityError:  # somebody took the short name in this moment
            form.add_error("slug", _("There is a journey with this short name."))
        else:
            return redirect("journey_edit", made.journey.slug)
    return render(request, "journeys/canvas/new.html", {"form": form, "gallery": _gallery()})


def _gallery() -> str:
    """Where finished journeys can be picked, empty where there is no such page."""
    try:
        return reverse("gallery")
    except NoReverseMatch:
        return ""
