"""The doors of the list of journeys that change something: several at once, copies, priority, saved views."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from journeys.definitions.listing import read_filters
from journeys.definitions.models import Journey
from journeys.definitions.operations import (
    NothingToCopy,
    drop_view,
    duplicate,
    keep_view,
    pause,
    resume,
    set_priority,
)
from journeys.versions.operations import PeopleInIt, archive
from orchestrator.kernel.access import marketing_only

MOST_PRIORITY = 1000


@require_POST
@marketing_only
def journeys_change(request: HttpRequest) -> HttpResponse:
    """Pause, let go on or put away the marked journeys; what could not be done is said."""
    ids = [int(text[:18]) for text in request.POST.getlist("journey") if text.isdecimal()]
    marked = list(Journey.objects.filter(pk__in=ids))
    work: dict[str, Callable[[Journey], bool]] = {
        "pause": lambda one: pause(journey=one),
        "resume": lambda one: resume(journey=one),
        "archive": _archive,
    }
    do = next((name for name in work if name in request.POST), "")
    if not marked or not do:
        messages.info(request, _("Mark journeys first."))
        return _back(request)
    done = [one for one in marked if work[do](one)]
    said = {
        "pause": ngettext("%(n)s journey is paused.", "%(n)s journeys are paused.", len(done)),
        "resume": ngettext("%(n)s journey goes on.", "%(n)s journeys go on.", len(done)),
        "archive": ngettext("%(n)s journey is archived.", "%(n)s journeys are archived.", len(done)),
    }
    if done:
        messages.success(request, said[do] % {"n": len(done)})
    left = [one.name for one in marked if one not in done]
    if left:
        why = {
            "pause": _("Not running: %(names)s"),
            "resume": _("Not paused: %(names)s"),
            "archive": _("There are people in it, so that it needs a word about them: %(names)s"),
        }
        messages.warning(request, why[do] % {"names": ", ".join(left)})
    return _back(request)


def _archive(journey: Journey) -> bool:
    try:
        archive(journey=journey, now=timezone.now())
    except PeopleInIt:
        return False
    return True


@require_POST
@marketing_only
def journeys_views(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the list under a name, or forget one."""
    name = request.POST.get("name", "").replace("\0", "").strip()[:60]
    if "drop" in request.POST:
        if drop_view(user=request.user, name=name):
            messages.success(request, _("The view “%(name)s” is gone.") % {"name": name})
        return redirect("journeys")
    if not name:
        messages.error(request, _("A view needs a name."))
    else:
        keep_view(user=request.user, name=name, query=urlencode(read_filters(request.POST)))
        messages.success(request, _("The view “%(name)s” is kept.") % {"name": name})
    return _back(request)


@require_POST
@marketing_only
def journey_duplicate(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a copy that is a draft; content, signals and segments are the same by reference."""
    found = get_object_or_404(Journey, slug=slug)
    by: Any = request.user
    try:
        made = duplicate(journey=found, by=by, now=timezone.now())
    except NothingToCopy:
        messages.error(request, _("“%(name)s” has nothing to copy yet.") % {"name": found.name})
        return redirect("journey", slug)
    messages.success(request, _("“%(name)s” is a draft: nobody enters until it is published.") % {"name": made.name})
    return redirect("journey_edit", made.slug)


@require_POST
@marketing_only
def journey_priority(request: HttpRequest, slug: str) -> HttpResponse:
    """Change which journeys go first, at once and without a new version."""
    found = get_object_or_404(Journey, slug=slug)
    given = request.POST.get("priority", "")
    if not given.isdecimal() or int(given[:5]) > MOST_PRIORITY:
        messages.error(request, _("The priority is a whole number from 0 to %(most)s.") % {"most": MOST_PRIORITY})
    elif set_priority(journey=found, priority=int(given[:5])):
        said = _("“%(name)s” has priority %(n)s now.")
        messages.success(request, said % {"name": found.name, "n": int(given[:5])})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """Go back to the list with the filters that it had."""
    query = urlencode(read_filters(request.POST))
    return redirect(reverse("journeys") + (f"?{query}" if query else ""))
