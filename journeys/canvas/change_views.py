"""The doors that change the flow of a draft: put in, move, copy, connect, take out, undo, redo."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from journeys.canvas import changes, drafts, removals
from journeys.canvas.answers import Draft, changed, conflict, cuts_off, find_draft, old_keys, refused, seen
from journeys.canvas.drawing import Words, draw, label_of, language, name_of, way_name
from journeys.canvas.graph import Definition, read, targets_of
from journeys.canvas.panel import step_panel
from journeys.canvas.places import CutsOff, Place, Refused
from journeys.canvas.telling_places import kinds, places_of
from journeys.steps.registry import kind_names
from orchestrator.kernel.access import marketing_only

Change = Callable[[Definition], Definition]


@require_http_methods(["GET", "POST"])
@marketing_only
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a step in: first the kinds to choose from, then the blank step with its panel."""
    draft = find_draft(slug)
    if request.method == "GET":
        return _ask(request, draft, "_add.html", _adding(draft, request.GET.get("at", "")))
    place, kind = _place(request.POST), request.POST.get("kind", "")
    if kind not in kind_names():
        raise BadRequest("kind")
    made: list[str] = []
    taken = old_keys(draft.journey)

    def change(definition: Definition) -> Definition:
        after, key = changes.insert(definition, kind, place, taken=taken, cut="cut" in request.POST)
        made.append(key)
        return after

    label = label_of(kind, language())
    return _changed(request, draft, _("“%(step)s” put in") % {"step": label}, change, made=made, opens=True)


def _adding(draft: Draft, at: str) -> dict[str, Any]:
    place, words = _place({"at": at}), Words.load()
    steps = {step["key"]: step for step in draft.definition["steps"]}
    if place.key not in steps:
        raise BadRequest("at")
    ways = [
        {"at": str(Place(place.key, (label,))), "name": way_name(steps[place.key], label, words, missing=True)}
        for label in place.labels
    ]
    others = [(key, name_of(step, words.language)) for key, step in steps.items() if key != place.key]
    return {
        "at": at,
        "ways": ways if len(ways) > 1 else [],
        "kinds": kinds(words.language),
        "targets": others if ways else [],
    }


@require_http_methods(["GET", "POST"])
@marketing_only
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a step, with its branch, to another place; first the places to choose from."""
    draft = find_draft(slug)
    if request.method == "GET":
        return _placing(request, draft, copies=False)
    key, place = request.POST.get("step", ""), _place(request.POST)
    what = _("“%(step)s” moved") % {"step": name_of(draft.step(key), language())}
    return _changed(request, draft, what, lambda definition: changes.move(definition, key, place), focus=key)


@require_http_methods(["GET", "POST"])
@marketing_only
def copy(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a step once more, after itself or where somebody says."""
    draft = find_draft(slug)
    if request.method == "GET":
        return _placing(request, draft, copies=True)
    key, made, taken = request.POST.get("step", ""), list[str](), old_keys(draft.journey)
    place = _place(request.POST) if request.POST.get("at") else None

    def change(definition: Definition) -> Definition:
        after, new = changes.copy(definition, key, place, branch="branch" in request.POST, taken=taken)
        made.append(new)
        return after

    what = _("“%(step)s” copied") % {"step": name_of(draft.step(key), language())}
    return _changed(request, draft, what, change, made=made)


def _placing(request: HttpRequest, draft: Draft, *, copies: bool) -> HttpResponse:
    step, words = draft.step(request.GET.get("step", "")), Words.load()
    flow, _lost = draw(draft.definition, words, apart=True)
    several = len(set(targets_of(changes.explicit(draft.definition, step["key"]), None).values())) > 1
    context = {
        "step": {"key": step["key"], "name": name_of(step, words.language)},
        "places": places_of(flow),
        "copies": copies,
        "several": several,
        "action": reverse("journey_copy" if copies else "journey_move", args=[draft.journey.slug]),
    }
    return _ask(request, draft, "_place.html", context)


@require_POST
@marketing_only
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a way lead to another step that is there."""
    draft = find_draft(slug)
    place, target = _place(request.POST), request.POST.get("step", "")
    what = _("A way leads to “%(step)s” now") % {"step": name_of(draft.step(target), language())}

    def change(definition: Definition) -> Definition:
        return changes.connect(definition, place, target, cut="cut" in request.POST)

    return _changed(request, draft, what, change, focus=place.key)


@require_http_methods(["GET", "POST"])
@marketing_only
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a step out, alone or with its branch; first what would go."""
    draft = find_draft(slug)
    if request.method == "GET":
        return _ask(request, draft, "_delete.html", _deleting(draft, request.GET.get("step", "")))
    key, how = request.POST.get("step", ""), request.POST.get("how", "")
    draft.step(key)
    what = _("“%(step)s” taken out") % {"step": name_of(draft.step(key), language())}
    before = read(draft.definition).into(key)

    def change(definition: Definition) -> Definition:
        if how == "branch":
            return removals.delete_branch(definition, key)
        return removals.delete(definition, key, keep=how.removeprefix("keep:") or None)

    return _changed(request, draft, what, change, focus=before[0][0] if before else "", closes=True)


def _deleting(draft: Draft, key: str) -> dict[str, Any]:
    """The ways to take a step out, each with what goes."""
    step, words, definition = draft.step(key), Words.load(), draft.definition
    names = {one["key"]: name_of(one, words.language) for one in definition["steps"]}
    graph = read(definition)
    ways = {to: label for label, to in reversed(graph.ways[key].items())}
    found: list[dict[str, Any]] = []
    for label in ways.values():
        name = _("go on by “%(way)s”") % {"way": way_name(step, label, words, missing=True)} if len(ways) > 1 else ""
        found.append(
            {"how": f"keep:{label}", "name": name, "change": lambda d, label=label: removals.delete(d, key, keep=label)}
        )
    if not ways:
        found.append({"how": "", "name": "", "change": lambda d: removals.delete(d, key)})
    if len(ways) > 1:
        found.append(
            {"how": "branch", "name": _("with its whole branch"), "change": lambda d: removals.delete_branch(d, key)}
        )
    choices = []
    for one in found:
        try:
            gone = removals.goes_with(definition, one["change"](definition))
        except Refused:
            continue
        choices.append({"how": one["how"], "name": one["name"], "gone": [names[each] for each in gone]})
    usual = graph.default_way(key)
    choices.sort(key=lambda choice: choice["how"] != f"keep:{usual}")
    return {"step": {"key": key, "name": names[key]}, "choices": choices}


@require_POST
@marketing_only
def undo(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the newest change back."""
    return _go(request, slug, drafts.undo, _("Undone"), _("There is nothing to undo."))


@require_POST
@marketing_only
def redo(request: HttpRequest, slug: str) -> HttpResponse:
    """Do again what was undone."""
    return _go(request, slug, drafts.redo, _("Done again"), _("There is nothing to do again."))


def _go(request: HttpRequest, slug: str, act: Callable[..., Any], done: str, nothing: str) -> HttpResponse:
    draft = find_draft(slug)
    try:
        version = act(journey=draft.journey, **seen(request))
    except drafts.Conflict as found:
        return conflict(request, draft.journey, found)
    return changed(request, Draft(draft.journey, version or draft.version), done if version else nothing, panel={})


def _changed(
    request: HttpRequest,
    draft: Draft,
    what: str,
    change: Change,
    *,
    made: list[str] | None = None,
    focus: str = "",
    opens: bool = False,
    closes: bool = False,
) -> HttpResponse:
    """Make a change; answer with the new drawing, or say why not."""
    try:
        version = drafts.edit_draft(
            journey=draft.journey, what=what, by=request.user, now=timezone.now(), change=change, **seen(request)
        )
    except drafts.Conflict as found:
        return conflict(request, draft.journey, found)
    except Refused as error:
        return refused(request, draft, error.why)
    except CutsOff as error:
        return cuts_off(request, draft, error.keys, Words.load())
    now = Draft(draft.journey, version)
    key = made[-1] if made else focus
    panel = step_panel(now, key) if opens else {} if closes else None
    return changed(request, now, what, focus=key, panel=panel)


def _place(given: Any) -> Place:
    """The place that is named. Raises BadRequest."""
    try:
        return Place.parse(given.get("at", ""))
    except Refused as error:
        raise BadRequest("at") from error


def _ask(request: HttpRequest, draft: Draft, part: str, context: dict[str, Any]) -> HttpResponse:
    """Ask something, in the dialog of the page or on a page of its own."""
    edit = reverse("journey_edit", args=[draft.journey.slug])
    context = {"journey": draft.journey, "edit": edit, "token": draft.token, **context}
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, f"journeys/canvas/{part}", context)
    return render(request, "journeys/canvas/ask.html", context | {"part": f"journeys/canvas/{part}"})


@require_http_methods(["GET", "POST"])
@marketing_only
def discard(request: HttpRequest, slug: str) -> HttpResponse:
    """Throw the draft away; first the question."""
    draft = find_draft(slug)
    if draft.version.published_at is not None:
        messages.info(request, _("There is no draft."))
        return redirect("journey", slug)
    if request.method == "GET":
        return _ask(request, draft, "_discard.html", {"never_live": draft.journey.live_version_id is None})
    try:
        drafts.discard_draft(journey=draft.journey, **seen(request))
    except drafts.Conflict as found:
        return conflict(request, draft.journey, found)
    messages.success(request, _("The draft is thrown away."))
    return redirect(
        "journey" if draft.journey.live_version_id else "journeys", *([slug] if draft.journey.live_version_id else [])
    )
