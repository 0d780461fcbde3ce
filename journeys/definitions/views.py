"""The doors of the journeys: list, flow, and who is in them."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from journeys.content.coverage import covered
from journeys.definitions.list_page import TONES, list_page
from journeys.definitions.listing import read_filters
from journeys.definitions.models import Journey
from journeys.definitions.people import found_people, people_choices, read_people_filters, whereabouts
from journeys.enrollments import numbers
from orchestrator.kernel.access import marketing_only
from orchestrator.kernel.fields import translated

DAYS = 30
PAGE_SIZE = 50


@require_GET
@marketing_only
def journeys(request: HttpRequest) -> HttpResponse:
    """List the journeys with how they do, by filters."""
    user: Any = request.user
    context = list_page(read_filters(request.GET), user=user, days=DAYS, now=timezone.now())
    return render(request, "journeys/definitions/list.html", context)


@require_GET
@marketing_only
def journey_contacts(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who is in a journey, or was: by step, arm, version and reason."""
    context = head(slug)
    found: Journey = context["journey"]
    filters = read_people_filters(request.GET)
    paged = Paginator(found_people(found, filters), PAGE_SIZE).get_page(request.GET.get("page"))
    context |= {
        "tab": "contacts",
        "choices": people_choices(found, filters),
        "gone": filters.get("state", "in") != "in",
        "page": paged,
        "rows": whereabouts(list(paged), timezone.now()),
    }
    return render(request, "journeys/definitions/contacts.html", context)


def head(slug: str) -> dict[str, Any]:
    """Collect what all tabs of a journey show. Raises Http404."""
    found = get_object_or_404(Journey.objects.select_related("live_version"), slug=slug)
    since = timezone.now() - timedelta(days=DAYS)
    run = numbers.runs(since=since, journey_id=found.pk).get(found.pk, numbers.Run())
    drafts = found.versions.filter(published_at=None).defer("definition").select_related("requested_by")
    draft = drafts.first()
    speaks = found.live_version or draft
    whole, sent = covered(speaks.definition) if speaks else (0, 0)
    context = {
        "journey": found,
        "run": run,
        "days": DAYS,
        "head_draft": draft,
        "coverage": f"{whole}/{sent}" if sent else "",
        "tone": TONES.get(found.state, "grey"),
    }
    return context | {"zone": settings.TEAM_TIME_ZONE} | _goal(found)


def _goal(found: Journey) -> dict[str, Any]:
    goal = found.live_version.definition.get("goal") if found.live_version else None
    return {"goal": translated((goal or {}).get("name")), "has_goal": bool(goal)}
