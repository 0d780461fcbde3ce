"""The door to everything that decides in a journey, in one list; each condition is changed in its panel on the canvas."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from contacts.conditions.language import say
from contacts.conditions.names import load_names
from journeys.canvas.conditions import places
from journeys.canvas.drafts import draft_of, editable_version
from journeys.canvas.drawing import language
from journeys.definitions.models import Journey
from journeys.definitions.views import head
from orchestrator.kernel.access import marketing_only


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
    return render(request, "journeys/canvas/conditions.html", context)
