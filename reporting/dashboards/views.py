"""The door of the page of the day and of the search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from contacts.profiles import listing
from journeys.definitions.listing import found_journeys
from journeys.definitions.views import head
from orchestrator.kernel.access import Role, everyone, marketing_only, role_of
from reporting.dashboards import page, rules

FOUND = 20
HOMES = {Role.SALES: "handover_queue", Role.PRIVACY: "consent"}  # everybody else works from the page of the day


@require_GET
@everyone
def today(request: HttpRequest) -> HttpResponse:
    """Show the page of the day; HTMX asks for its numbers alone every ten seconds."""
    if home := HOMES.get(role_of(request.user)):
        return redirect(home)
    span = request.GET.get("range", rules.DEFAULT_RANGE)
    context = page.today(now=timezone.now(), span=span if span in rules.RANGES else rules.DEFAULT_RANGE)
    fragment = bool(request.htmx) and not request.htmx.boosted  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, "reporting/dashboards/" + ("_numbers.html" if fragment else "today.html"), context)


@require_GET
@everyone
def find(request: HttpRequest) -> HttpResponse:
    """Find contacts and journeys by a few letters; a single hit is opened at once."""
    words = request.GET.get("q", "").replace("\0", "").strip()
    may_see_journeys = role_of(request.user) is Role.MARKETING
    journeys = list(found_journeys(words)[:FOUND]) if words and may_see_journeys else []
    contacts = list(listing.contacts(words=words)[:FOUND]) if words else []
    if len(journeys) + len(contacts) == 1:
        where = reverse("journey", args=[journeys[0].slug]) if journeys else reverse("contact", args=[contacts[0].pk])
        return redirect(where)
    context = {"words": words, "journeys": journeys, "contacts": contacts, "most": FOUND}
    return render(request, "reporting/dashboards/found.html", context)


@require_GET
@marketing_only
def journey_results(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what came of a journey in the last 30 days."""
    context = head(slug) | {"tab": "results"}
    context |= page.journey_results(context["journey"], now=timezone.now())
    return render(request, "reporting/dashboards/results.html", context)
