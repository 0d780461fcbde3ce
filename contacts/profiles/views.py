"""The door of the list of contacts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from contacts.profiles import listing
from contacts.segments.models import Segment
from contacts.stages.models import Stage
from orchestrator.kernel.access import everyone

LARGEST_ID = 2**63 - 1


@require_GET
@everyone
def contacts(request: HttpRequest) -> HttpResponse:
    """List people by words, stage and segment, page by page."""
    words, stage, segment = (request.GET.get(name, "").replace("\0", "").strip() for name in ("q", "stage", "segment"))
    before = request.GET.get("before", "")
    found = listing.contacts(words=words, stage=stage, segment=segment)
    rows, following = listing.page(found, before=min(int(before), LARGEST_ID) if before.isdecimal() else None)
    size = listing.size(found)
    context = {
        "rows": rows,
        "following": following,
        "size": min(size, listing.MOST_COUNTED),
        "more": size > listing.MOST_COUNTED,
        "words": words,
        "stage": stage,
        "segment": segment,
        "stages": Stage.objects.all(),
        "segments": Segment.objects.filter(active=True),
        "first": not before.isdecimal(),
    }
    fragment = bool(request.htmx) and not request.htmx.boosted  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, "contacts/profiles/" + ("_list.html" if fragment else "list.html"), context)
