"""What the doors of a draft answer: the drawing anew, or why a change was not made."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.canvas import page
from journeys.canvas.drafts import Conflict, editable_version, neighbours
from journeys.canvas.drawing import Words, draw, name_of
from journeys.canvas.parts import PARTS
from journeys.canvas.places import Place
from journeys.definitions.checklist import hints
from journeys.definitions.models import Journey, Step, Version
from journeys.definitions.telling import telling
from journeys.definitions.views import head
from journeys.enrollments.numbers import Entries

REFUSALS = {
    "not_there": gettext_lazy("This place is not there any more: somebody changed the flow."),
    "too_many": gettext_lazy("A journey has 200 steps at most."),
    "circle": gettext_lazy("That would be a circle: people would never get out. A jump goes back a number of times."),
    "no_end": gettext_lazy("Somewhere this way has to end. Lead it to another step first."),
    "ends_apart": gettext_lazy("The ways of this step end in different places, so that nothing can follow it there."),
    "inside": gettext_lazy("A step cannot stand on one of its own ways."),
    "last": gettext_lazy("The last step stays: a journey without steps is none."),
}


@dataclass
class Draft:
    """A journey with what can be edited of it."""

    journey: Journey
    version: Version

    @property
    def definition(self) -> dict[str, Any]:
        """The definition as it stands."""
        return dict(self.version.definition)

    @property
    def token(self) -> str:
        """Says which state a page shows; a change comes with it."""
        return f"{self.version.pk}.{self.version.revision}"

    def step(self, key: str) -> dict[str, Any]:
        """One step. Raises Http404."""
        found = next((step for step in self.version.definition["steps"] if step["key"] == key), None)
        if found is None:
            raise Http404
        return dict(found)


def find_draft(slug: str) -> Draft:
    """What can be edited of a journey. Raises Http404."""
    journey = get_object_or_404(Journey.objects.select_related("live_version"), slug=slug)
    version = editable_version(journey)
    if version is None:
        raise Http404
    return Draft(journey, version)


def seen(request: HttpRequest) -> dict[str, int]:
    """Which state the author of a change saw, as edit_draft wants it. Raises BadRequest."""
    version, _dot, revision = request.POST.get("revision", "").partition(".")
    if not version.isdecimal() or not revision.isdecimal():
        raise BadRequest("revision")
    return {"version_id": int(version[:18]), "revision": int(revision[:9])}


def old_keys(journey: Journey) -> set[str]:
    """The keys that steps of published versions have: numbers and people hang on them."""
    return set(Step.objects.filter(version__journey=journey).values_list("key", flat=True).distinct())


def drawn(draft: Draft, words: Words | None = None) -> dict[str, Any]:
    """Everything that a change of a draft shows anew: the flow, the check, what can be undone."""
    words = words or Words.load()
    findings = hints(draft.definition)
    flow, lost = draw(draft.definition, words, findings, apart=True)
    back, forth = neighbours(draft.version)
    return {
        "journey": draft.journey,
        "version": draft.version,
        "drafted": draft.version.published_at is None,
        "edit": reverse("journey_edit", args=[draft.journey.slug]),
        "token": draft.token,
        "flow": flow,
        "lost": lost,
        "start": str(Place(draft.definition["steps"][0]["key"])),
        "words": words,
        "hints": findings,
        "telling": telling(draft.definition).sentence,
        "undo": back,
        "redo": forth,
        "entry": page.entry_card(draft.definition, Entries(0, 0), words.names),
        "runs_by": page.runs_by(draft.journey, draft.definition, words.names),
        "parts": [(name, part.label) for name, part in PARTS.items()],
        "part_names": list(PARTS),
    }


def changed(
    request: HttpRequest, draft: Draft, news: str, *, focus: str = "", panel: dict[str, Any] | None = None
) -> HttpResponse:
    """Answer a change: everything that may look different now. focus: the step to go to. panel: of the side panel."""
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"revision": draft.token, "news": news})
    if not request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        at = reverse("journey_edit", args=[draft.journey.slug])
        return redirect(f"{at}?step={focus}#step-{focus}" if focus else at)
    context = drawn(draft) | {"panel": panel}
    begun = not request.POST.get("revision", "").startswith(f"{draft.version.pk}.")  # a draft is new
    if begun or (panel or {}).get("part") == "basics":
        context |= head(draft.journey.slug) | {"head": True, "tab": "flow"}
    answer = render(request, "journeys/canvas/_changed.html", context)
    if panel is None:
        answer["HX-Reswap"] = "none"  # the panel stays as it is, with what is typed in it
    told = {"canvas:changed": {"focus": focus, "news": news, "token": draft.token, "panel": panel is not None}}
    answer["HX-Trigger-After-Settle"] = json.dumps(told)
    return answer


def refused(request: HttpRequest, draft: Draft, why: str) -> HttpResponse:
    """Say why a change is not possible."""
    return _asked(request, draft, {"title": _("This is not possible"), "text": REFUSALS[why]})


def cuts_off(request: HttpRequest, draft: Draft, keys: list[str], words: Words) -> HttpResponse:
    """Ask whether steps may go that nobody would come to any more."""
    steps = {step["key"]: step for step in draft.definition["steps"]}
    context = {
        "title": _("Nobody would come to these steps any more"),
        "gone": [name_of(steps[key], words.language) for key in keys if key in steps],
        "again": again(request) | {"cut": "1", "revision": draft.token},
        "go_on": _("Take them out"),
    }
    return _asked(request, draft, context)


def conflict(request: HttpRequest, journey: Journey, found: Conflict) -> HttpResponse:
    """Say who changed the draft meanwhile and what, with the same change to be made again on top."""
    draft = Draft(journey, found.version)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(told_conflict(found, draft), status=409)
    context = {
        "title": _("Somebody else changed this draft"),
        "theirs": found.theirs,
        "again": again(request) | {"revision": draft.token},
        "go_on": _("Do it all the same"),
        **(drawn(draft) | {"redrawn": True} if request.htmx else {}),  # type: ignore[attr-defined]
    }
    return _asked(request, draft, context, status=409)


def told_conflict(found: Conflict, draft: Draft, fields: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """A conflict as JSON: who changed what and when, and how the fields differ."""
    return {
        "error": "conflict",
        "revision": draft.token,
        "changes": [{"by": one.by, "at": one.at.isoformat(), "what": one.what} for one in found.theirs],
        "fields": fields or [],
    }


def again(request: HttpRequest) -> dict[str, str]:
    """What was sent, to be sent once more."""
    return {key: request.POST[key] for key in request.POST if key not in ("csrfmiddlewaretoken", "revision")}


def _asked(request: HttpRequest, draft: Draft, context: dict[str, Any], status: int = 200) -> HttpResponse:
    edit = reverse("journey_edit", args=[draft.journey.slug])
    context = {"journey": draft.journey, "edit": edit, "action": request.path, **context}
    if not request.htmx:  # type: ignore[attr-defined]
        return render(
            request, "journeys/canvas/ask.html", context | {"part": "journeys/canvas/_refused.html"}, status=status
        )
    answer = render(request, "journeys/canvas/_refused.html", context, status=status)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#ask-body", "innerHTML"
    return answer
