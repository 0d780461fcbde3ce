"""The tab of a journey that shows its content: what it sends, and which places are empty."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from journeys.content.coverage import coverage
from journeys.definitions.models import Journey
from journeys.definitions.views import head
from orchestrator.kernel.access import marketing_only


@require_GET
@marketing_only
def journey_content(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the coverage matrix of the live version or of the draft."""
    context = head(slug)
    found: Journey = context["journey"]
    draft = found.versions.filter(published_at=None).first()
    shows_draft = draft is not None and (request.GET.get("version") == "draft" or found.live_version is None)
    version = draft if shows_draft else found.live_version
    everything = request.GET.get("all") == "1"
    found_content = coverage(version.definition if version else {}, phase=found.phase, everything=everything)
    context |= {
        "tab": "content",
        "has_draft": draft is not None and found.live_version is not None,
        "shows_draft": shows_draft,
        "everything": everything,
        "empty": version is None,
        **found_content,
    }
    return render(request, "journeys/content/coverage.html", context)
