"""The door of the list of contacts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from contacts.conditions.counting import in_time
from contacts.profiles import listing
from contacts.profiles.forms import SearchForm
from contacts.segments.models import Segment
from contacts.stages.models import Stage
from orchestrator.kernel.access import Role, everyone, role_of

LARGEST_ID = 2**63 - 1
LIST_SECONDS, SIZE_SECONDS = 8.0, 1.0  # how long somebody who asks for a condition waits for the rows, for their number


@require_GET
@everyone
def contacts(request: HttpRequest) -> HttpResponse:
    """List people by words, stage, segment and (marketers) condition, page by page."""
    words, stage, segment = (request.GET.get(name, "").replace("\0", "").strip() for name in ("q", "stage", "segment"))
    before = request.GET.get("before", "")
    form = SearchForm(request.GET) if role_of(request.user) is Role.MARKETING else None
    found = listing.contacts(words=words, stage=stage, segment=segment)
    context = {
        **_rows(found, form, min(int(before), LARGEST_ID) if before.isdecimal() else None),
        "words": words,
        "stage": stage,
        "segment": segment,
        "stages": Stage.objects.all(),
        "segments": Segment.objects.filter(active=True),
        "first": not before.isdecimal(),
        "form": form,
        "condition": form.data.get("condition", "") if form else "",
    }
    fragment = bool(request.htmx) and not request.htmx.boosted  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, "contacts/profiles/" + ("_list.html" if fragment else "list.html"), context)


def _rows(found: Any, form: SearchForm | None, before: int | None) -> dict[str, Any]:
    """Read one page and the size. Nobody is shown for a wrong condition; a slow one is given up, and said so."""
    if form is not None and not form.is_valid():
        return {"rows": [], "following": None, "size": 0, "more": False, "wrong": form.errors["condition"]}
    condition = form.cleaned_data["condition"] if form else None
    if condition is None:
        return _page(listing.page(found, before=before), listing.size(found))
    found = listing.meeting(found, condition, now=timezone.now())
    page = in_time(LIST_SECONDS, lambda: listing.page(found, before=before))
    if page is None:
        return {"rows": [], "following": None, "size": 0, "more": False, "slow": True}
    return _page(page, in_time(SIZE_SECONDS, lambda: listing.size(found)))


def _page(page: tuple[list[Any], int | None], size: int | None) -> dict[str, Any]:
    rows, following = page
    return {
        "rows": rows,
        "following": following,
        "size": min(size, listing.MOST_COUNTED) if size is not None else len(rows),
        "more": size > listing.MOST_COUNTED if size is not None else following is not None,
    }
