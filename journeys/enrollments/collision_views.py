"""The door of what takes a moment to find out about a journey: collisions with others, and slow findings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from journeys.definitions.models import Journey
from journeys.definitions.slow_hints import slow_hints
from journeys.enrollments.collisions import collisions
from orchestrator.kernel.access import marketing_only


@require_GET
@marketing_only
def journey_collisions(request: HttpRequest, slug: str) -> HttpResponse:
    """Show which journeys talk to the same people; `?draft` looks at the draft. HTMX asks for the list alone."""
    journey = get_object_or_404(Journey.objects.select_related("live_version"), slug=slug)
    draft = journey.versions.filter(published_at=None).first() if "draft" in request.GET else None
    version = draft or journey.live_version or journey.versions.order_by("-number").first()
    definition, now = (version.definition if version else {}), timezone.now()
    context = {
        "journey": journey,
        "collisions": collisions(definition=definition, journey_id=journey.pk, now=now),
        "hints": slow_hints(definition, now=now),
    }
    fragment = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, f"journeys/enrollments/{'_collisions' if fragment else 'collisions'}.html", context)
