"""The doors of a journey's state: pause, go on, put away, bring back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from journeys.definitions.models import Journey
from journeys.definitions.operations import pause, resume
from journeys.definitions.views import head
from journeys.versions import operations
from journeys.versions.forms import HOLD, RUN_OUT, PauseForm
from orchestrator.kernel.access import marketing_only


@require_http_methods(["GET", "POST"])
@marketing_only
def journey_pause(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold a journey or let it run out, until a moment or until somebody lets it go on."""
    context = head(slug)
    journey: Journey = context["journey"]
    given = {"mode": HOLD, **request.POST.dict()} if request.method == "POST" else None
    form = PauseForm(given, now=timezone.now())
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data
        run_out = chosen["mode"] == RUN_OUT
        kept = {"run_out": run_out, "archive_when_empty": chosen["archive"]}
        if not pause(journey=journey, until=chosen["until"], **kept):
            messages.error(request, _("“%(name)s” does not run: there is nothing to pause.") % {"name": journey.name})
        elif run_out:
            said = _("“%(name)s” runs out: nobody enters, those who are in it go on.")
            messages.success(request, said % {"name": journey.name})
        else:
            said = _("“%(name)s” is paused: nobody enters, nobody moves, nothing is sent.")
            messages.success(request, said % {"name": journey.name})
        return redirect("journey", slug)
    return render(request, "journeys/versions/pause.html", context | {"form": form})


@require_POST
@marketing_only
def journey_resume(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a paused journey go on."""
    found = get_object_or_404(Journey, slug=slug)
    if resume(journey=found):
        messages.success(request, _("“%(name)s” goes on.") % {"name": found.name})
    return redirect("journey", slug)


@require_http_methods(["GET", "POST"])
@marketing_only
def journey_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a journey away; asks what happens to the people in it."""
    context = head(slug)
    journey: Journey = context["journey"]
    if request.method == "POST":
        if request.POST.get("people") == RUN_OUT and pause(journey=journey, run_out=True, archive_when_empty=True):
            said = _("“%(name)s” runs out and is archived as soon as nobody is left.")
            messages.success(request, said % {"name": journey.name})
            return redirect("journey", slug)
        try:
            operations.archive(journey=journey, now=timezone.now(), stop=request.POST.get("people") == "stop")
        except operations.PeopleInIt:
            messages.error(request, _("There are people in it: say what happens to them."))
            return redirect("journey_archive", slug)
        messages.success(request, _("“%(name)s” is archived.") % {"name": journey.name})
        return redirect("journeys")
    return render(request, "journeys/versions/archive.html", context)


@require_POST
@marketing_only
def journey_unarchive(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring an archived journey back as a draft."""
    found = get_object_or_404(Journey, slug=slug)
    if operations.unarchive(journey=found, now=timezone.now()):
        said = _("“%(name)s” is a draft again: nobody enters until it is published.")
        messages.success(request, said % {"name": found.name})
    return redirect("journey", slug)
