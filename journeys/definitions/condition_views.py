"""The doors of a journey's conditions: the list, the builder for one of them, publishing the draft."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.conditions.forms import ConditionField
from contacts.conditions.language import say
from contacts.conditions.names import load_names
from journeys.definitions.conditions import Place, draft_of, editable_version, places, put_condition
from journeys.definitions.models import Journey
from journeys.definitions.operations import InvalidDefinition, publish_version
from journeys.definitions.page import language
from journeys.definitions.views import head
from orchestrator.kernel.access import marketing_only


class PlaceForm(forms.Form):
    """The condition of one place."""

    def __init__(self, place: Place, *args: Any) -> None:
        super().__init__(*args, initial={"condition": place.condition})
        self.fields["condition"] = ConditionField(run=place.run, required=place.needed, label=place.name)


@require_GET
@marketing_only
def journey_conditions(request: HttpRequest, slug: str) -> HttpResponse:
    """List the conditions of a journey: those of its draft where it has one."""
    context = head(slug)
    journey: Journey = context["journey"]
    version, live = editable_version(journey), journey.live_version
    known = {one.key: one.condition for one in places(live.definition)} if live else {}
    names = load_names()
    rows = [
        {
            "place": one,
            "sentence": say(one.condition, language(), names),
            "changed": version != live and known.get(one.key) != one.condition,
        }
        for one in (places(version.definition) if version else ())
    ]
    context |= {"tab": "conditions", "rows": rows, "draft": draft_of(journey)}
    return render(request, "journeys/definitions/conditions.html", context)


@require_http_methods(["GET", "POST"])
@marketing_only
def journey_condition(request: HttpRequest, slug: str) -> HttpResponse:
    """Change one condition; it becomes part of a draft, people in flight do not notice."""
    context = head(slug)
    journey: Journey = context["journey"]
    version = editable_version(journey)
    found = {one.key: one for one in places(version.definition)} if version else {}
    place = found.get(request.GET.get("place", ""))
    if place is None:
        raise Http404
    form = PlaceForm(place, request.POST) if request.method == "POST" else PlaceForm(place)
    if form.is_bound and form.is_valid():
        try:
            put_condition(journey=journey, key=place.key, condition=form.cleaned_data["condition"], now=timezone.now())
        except InvalidDefinition as error:
            for problem in error.problems:
                form.add_error("condition", str(problem))
        else:
            messages.success(request, _("The draft is saved. People enter by it once it is published."))
            return redirect("journey_conditions", slug)
    context |= {"tab": "conditions", "place": place, "form": form}
    return render(request, "journeys/definitions/condition.html", context)


@require_POST
@marketing_only
def journey_publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish the draft after its check; what is wrong with it is said."""
    journey = get_object_or_404(Journey, slug=slug)
    draft = draft_of(journey)
    if draft is None:
        messages.info(request, _("There is no draft to publish."))
        return redirect("journey_conditions", slug)
    try:
        version = publish_version(version=draft, now=timezone.now())
    except InvalidDefinition as error:
        for problem in error.problems:
            messages.error(request, str(problem))
    else:
        said = _("Version %(n)s is live. Whoever is in the journey finishes the version they are on.")
        messages.success(request, said % {"n": version.number})
    return redirect("journey_conditions", slug)


@require_POST
@marketing_only
def journey_discard(request: HttpRequest, slug: str) -> HttpResponse:
    """Throw the draft away."""
    draft = draft_of(get_object_or_404(Journey, slug=slug))
    if draft is not None:
        draft.delete()
        messages.success(request, _("The draft is thrown away."))
    return redirect("journey_conditions", slug)
