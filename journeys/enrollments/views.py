"""The doors by which a marketer puts people into a journey and takes them out."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from journeys.definitions.models import Journey
from journeys.definitions.views import head
from journeys.enrollments.forms import PeopleForm
from journeys.enrollments.operations import NotOpen, put_in, take_out
from orchestrator.kernel.access import marketing_only


@require_GET
@marketing_only
def journey_people(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask whom to put in or to take out; `?contact=ID` names somebody."""
    return _page(request, slug, PeopleForm(initial={"people": request.GET.get("contact", "")[:20]}))


@require_POST
@marketing_only
def journey_put_in(request: HttpRequest, slug: str) -> HttpResponse:
    """Put people before the door of a live journey; the gates of its entry hold for them as for everybody."""

    def work(journey: Journey, people: list[int], key: str) -> str:
        user: Any = request.user
        n = put_in(journey=journey, contact_ids=people, by=user, key=key, now=timezone.now())
        said = ngettext("%(n)s person is let in in a moment,", "%(n)s people are let in in a moment,", n) % {"n": n}
        return f"{said} {_('unless the rules of the entry speak against it.')}"

    return _act(request, slug, work)


@require_POST
@marketing_only
def journey_take_out(request: HttpRequest, slug: str) -> HttpResponse:
    """Take people out of a journey at once."""

    def work(journey: Journey, people: list[int], key: str) -> str:
        user: Any = request.user
        n = take_out(journey=journey, contact_ids=people, by=user, key=key or None, now=timezone.now())
        if not n:
            return _("None of them was in this journey.")
        return ngettext("%(n)s run is ended.", "%(n)s runs are ended.", n) % {"n": n}

    return _act(request, slug, work)


def _act(request: HttpRequest, slug: str, work: Callable[[Journey, list[int], str], str]) -> HttpResponse:
    form = PeopleForm(request.POST)
    journey = get_object_or_404(Journey, slug=slug)
    if not form.is_valid():
        return _page(request, slug, form)
    try:
        messages.success(request, work(journey, form.cleaned_data["people"], form.cleaned_data["key"]))
    except NotOpen:
        messages.error(request, _("This journey takes in nobody now: it is not live."))
    return redirect("journey_people", slug)


def _page(request: HttpRequest, slug: str, form: PeopleForm) -> HttpResponse:
    return render(request, "journeys/enrollments/people.html", head(slug) | {"tab": "contacts", "form": form})
