"""The doors of the journeys: list, flow, and who is in them."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from consent.limits.models import Limit
from contacts.conditions.names import load_names
from journeys.definitions import checklist, operations, page
from journeys.definitions.listing import listed_journeys
from journeys.definitions.models import Journey, Step
from journeys.enrollments import numbers
from journeys.enrollments.models import Enrollment
from orchestrator.kernel.access import marketing_only
from orchestrator.kernel.fields import translated

DAYS = 30
PAGE_SIZE = 50


@require_GET
@marketing_only
def journeys(request: HttpRequest) -> HttpResponse:
    """List the journeys with how they do."""
    counted = numbers.runs(since=timezone.now() - timedelta(days=DAYS))
    rows = [
        {"journey": found, "run": counted.get(found.pk, numbers.Run()), **_goal(found)} for found in listed_journeys()
    ]
    return render(request, "journeys/definitions/list.html", {"rows": rows, "days": DAYS})


@require_GET
@marketing_only
def journey(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the flow of a journey with live numbers; HTMX asks for the canvas alone."""
    context = head(slug)
    found: Journey = context["journey"]
    version = found.live_version
    steps = list(Step.objects.filter(version=version).order_by("position")) if version else []
    definition = version.definition if version else {}
    hints = checklist.hints(definition, steps) if version else []
    waits = [step.pk for step in steps if step.kind == "wait"]
    now, names = timezone.now(), load_names()
    shown = page.Shown(
        counted=numbers.numbers_by_step(journey_id=found.pk),
        stays=numbers.median_stays(journey_id=found.pk, step_ids=waits, since=now - timedelta(days=DAYS)),
        hints=hints,
        limits={limit.slug: limit.name for limit in Limit.objects.all()},
        names=names,
    )
    morning = now.astimezone(ZoneInfo(settings.TEAM_TIME_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    context |= {
        "flow": page.flow(steps, shown),
        "entry": page.entry_card(definition, numbers.entries(journey_id=found.pk, since=morning), names),
    }
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, "journeys/definitions/_canvas.html", context)
    context |= {
        "tab": "flow",
        "runs_by": page.runs_by(found, definition, names),
        "hints": hints,
        "telling": checklist.telling(steps),
    }
    return render(request, "journeys/definitions/flow.html", context)


@require_GET
@marketing_only
def journey_contacts(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who is in a journey, at all steps or at one."""
    context = head(slug)
    found: Journey = context["journey"]
    people = (
        Enrollment.objects.filter(journey=found, left_at=None)
        .select_related("contact", "step")
        .order_by("-arrived_at", "id")
    )
    steps = Step.objects.filter(version=found.live_version_id).order_by("position")
    step = steps.filter(key=request.GET.get("step", "").replace("\0", "")).first()
    if step:
        people = people.filter(step=step)
    paged = Paginator(people, PAGE_SIZE).get_page(request.GET.get("page"))
    context |= {
        "tab": "contacts",
        "steps": steps,
        "step": step,
        "page": paged,
        "rows": page.whereabouts(list(paged), timezone.now()),
    }
    return render(request, "journeys/definitions/contacts.html", context)


@require_POST
@marketing_only
def journey_pause(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold a journey: nobody enters, nobody moves, nothing is sent."""
    found = get_object_or_404(Journey, slug=slug)
    if operations.pause(journey=found):
        messages.success(
            request, _("“%(name)s” is paused: nobody enters, nobody moves, nothing is sent.") % {"name": found.name}
        )
    return redirect("journey", slug)


@require_POST
@marketing_only
def journey_resume(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a paused journey go on."""
    found = get_object_or_404(Journey, slug=slug)
    if operations.resume(journey=found):
        messages.success(request, _("“%(name)s” goes on.") % {"name": found.name})
    return redirect("journey", slug)


def head(slug: str) -> dict[str, Any]:
    """Collect what all tabs of a journey show. Raises Http404."""
    found = get_object_or_404(Journey.objects.select_related("live_version"), slug=slug)
    since = timezone.now() - timedelta(days=DAYS)
    run = numbers.runs(since=since, journey_id=found.pk).get(found.pk, numbers.Run())
    return {"journey": found, "run": run, "days": DAYS, **_goal(found)}


def _goal(found: Journey) -> dict[str, Any]:
    goal = found.live_version.definition.get("goal") if found.live_version else None
    return {"goal": translated((goal or {}).get("name")), "has_goal": bool(goal)}
