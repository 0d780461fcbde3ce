"""The door of the page of one contact: page, filter and older rows."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from contacts.identity.queries import survivors
from journeys.definitions.listing import listed_journeys
from journeys.definitions.models import Journey
from orchestrator.kernel.access import Role, everyone, role_of
from reporting.explain import conditions, page, queries, rules
from reporting.explain.decision import decision_page
from reporting.explain.why import why_page

LARGEST_ID = 2**63 - 1


@require_GET
@everyone
def contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Show one person; HTMX asks for the timeline, or for its older rows."""
    if contact_id > LARGEST_ID:
        raise Http404
    now, shown = timezone.now(), request.GET.get("show", "all")
    if shown not in rules.FILTERS:
        raise Http404
    after = _place(request.GET)
    context: dict[str, Any] | None
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]  # django-htmx adds it
        context = page.timeline_page(contact_id, now=now, shown=shown, after=after)
        template = "_rows.html" if after else "_timeline.html"
    else:
        marketing = role_of(request.user) is Role.MARKETING
        context = page.contact_page(contact_id, now=now, shown=shown, after=after, sensitive=marketing)
        template = "contact.html"
        if context is not None:
            context |= {"opens_journeys": marketing, "all_journeys": listed_journeys()}
    if context is None:
        if survivor := survivors([contact_id]).get(contact_id):
            return redirect("contact", survivor)
        raise Http404
    return render(request, f"reporting/explain/{template}", context)


@require_GET
@everyone
def contact_rule(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Say whether a rule holds for a person, leaf by leaf; HTMX asks for the answer alone."""
    found = queries.one_contact(min(contact_id, LARGEST_ID))
    if found is None:
        raise Http404
    marketing = role_of(request.user) is Role.MARKETING
    rule = request.GET.get("rule", "")
    explained = conditions.explained_rule(found.pk, rule, now=timezone.now(), sensitive=marketing)
    if explained is None:
        raise Http404
    explained["zone"] = found.time_zone
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, "reporting/explain/_rule.html", explained)
    context = {"contact": found, "askable": conditions.askable_rules(sensitive=marketing), **explained}
    return render(request, "reporting/explain/rule.html", context)


@require_GET
@everyone
def contact_why(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Lead to the answer about a journey that was chosen; `put_in` leads marketing to where people are put into it."""
    journey = get_object_or_404(Journey, slug=request.GET.get("journey", "").replace("\0", ""))
    if "put_in" in request.GET and role_of(request.user) is Role.MARKETING:
        return redirect(f"{reverse('journey_people', args=[journey.slug])}?contact={contact_id}")
    return redirect("why", contact_id, journey.slug)


@require_GET
@everyone
def why(request: HttpRequest, contact_id: int, slug: str) -> HttpResponse:
    """Say why a person is in a journey, or why not, and what happens next."""
    found = queries.one_contact(min(contact_id, LARGEST_ID))
    if found is None:
        raise Http404
    journey = get_object_or_404(Journey.objects.select_related("live_version"), slug=slug)
    marketing = role_of(request.user) is Role.MARKETING
    context = why_page(found, journey, now=timezone.now(), sensitive=marketing)
    context |= {"opens_journeys": marketing, "journeys": listed_journeys()}
    return render(request, "reporting/explain/why.html", context)


@require_GET
@everyone
def decision(request: HttpRequest, contact_id: int, verdict_id: int) -> HttpResponse:
    """Explain one decision on a message to a person."""
    found = queries.one_contact(min(contact_id, LARGEST_ID))
    insider = role_of(request.user) is not Role.SALES
    context = decision_page(found, min(verdict_id, LARGEST_ID), insider=insider) if found else None
    if context is None:
        raise Http404
    return render(request, "reporting/explain/decision.html", context)


def _place(query: QueryDict) -> tuple[datetime, str, int] | None:
    """Read the last row of the page before out of `after=<time>,<kind>,<id>`; None without, 404 for nonsense."""
    text = query.get("after")
    if not text:
        return None
    at, _comma, rest = text.partition(",")
    kind, _comma, number = rest.partition(",")
    try:
        moment = parse_datetime(at)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or kind not in (*rules.EVERYTHING, "feedback") or not number.isdecimal():
        raise Http404
    return moment, kind, min(int(number), LARGEST_ID)
