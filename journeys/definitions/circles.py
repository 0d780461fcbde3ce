"""Journeys that open each other without any time between: whoever is in one goes round and round."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.conditions.rules import Problem
from journeys.definitions.models import Journey
from journeys.definitions.rules import circle_in
from journeys.definitions.ways import step_targets
from journeys.steps.registry import kind_of
from orchestrator.kernel.fields import translated

PAUSES = frozenset(["wait", "survey", "webhook"])  # kinds at which time passes
Definition = Mapping[str, Any]


def circle_problems(definition: Definition) -> list[Problem]:
    """Find what a complete definition opens, or is opened by, that leads back to it; one statement, where it names a journey."""
    places = {f"steps[{i}].journey": step["journey"] for i, step in enumerate(definition["steps"]) if "journey" in step}
    if "journey" in definition["entry"]:
        places["entry.journey"] = definition["entry"]["journey"]
    if not places:
        return []
    problems = [*_own(definition, places)]
    circle = _circle(definition)
    if problems or not circle:
        return problems
    place = next((path for path, slug in places.items() if slug in circle), next(iter(places)))
    names = dict(Journey.objects.filter(slug__in=circle).values_list("slug", f"name_{(get_language() or 'en')[:2]}"))
    names[definition["slug"]] = translated(definition.get("name")) or definition["slug"]
    said = ", ".join(f"“{names[slug]}”" for slug in circle)
    text = _("These journeys open each other at once, again and again: %(names)s.") % {"names": said}
    return [Problem(place, text, "warning")]


def _own(definition: Definition, places: Mapping[str, str]) -> Iterator[Problem]:
    """A journey that names itself."""
    for path, slug in places.items():
        if slug != definition["slug"]:
            continue
        if path == "entry.journey":
            text = _("It opens after itself only: nobody comes into it for the first time.")
            yield Problem(path, text, "warning")
        elif definition["steps"][int(path[6 : path.index("]")])].get("then") != "leave":
            text = _("Whoever comes here is in this journey already: nobody is taken in again.")
            yield Problem(path, text, "warning")


def _circle(definition: Definition) -> list[str]:
    """The short names of journeys that open each other at once, this one among them; empty for none."""
    live = Journey.objects.filter(state=Journey.State.LIVE).exclude(slug=definition["slug"])
    known: dict[str, Definition] = dict(live.values_list("slug", "live_version__definition"))
    known[definition["slug"]] = definition
    graph: dict[str, list[str]] = {slug: [] for slug in known}
    for slug, one in known.items():
        at_once = _at_once(one)
        graph[slug] += [step["journey"] for step in at_once if "journey" in step]
        before = one["entry"].get("journey")
        if before in known and one["entry"].get("state") != "goal" and _ends(_at_once(known[before])):
            graph[before].append(slug)
    open_again = {slug for slug, one in known.items() if _takes_in_again(one)}
    graph = {slug: [to for to in opened if to in open_again] for slug, opened in graph.items()}
    circle = circle_in(_behind(definition["slug"], graph))
    return circle if definition["slug"] in circle else []


def _behind(first: str, graph: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What can be come to from a journey, that journey first."""
    found: dict[str, list[str]] = {}
    waiting = [first]
    while waiting:
        slug = waiting.pop()
        if slug not in found:
            found[slug] = graph[slug]
            waiting += graph[slug]
    return found


def _at_once(definition: Definition) -> list[dict[str, Any]]:
    """The steps that somebody who enters may come to in the same moment."""
    steps = {step["key"]: step for step in definition["steps"]}
    targets = step_targets(definition["steps"])
    found: dict[str, dict[str, Any]] = {}
    waiting = [definition["steps"][0]["key"]]
    while waiting:
        key = waiting.pop()
        if key in found or key not in steps:
            continue
        found[key] = steps[key]
        if steps[key]["kind"] not in PAUSES and steps[key].get("then") not in ("verdict", "reaction"):
            waiting += [to for to in targets[key].values() if to]
    return list(found.values())


def _ends(steps: list[dict[str, Any]]) -> bool:
    return any(kind_of(step["kind"]).leaves(step) for step in steps)


def _takes_in_again(definition: Definition) -> bool:
    """Whether somebody who has just left may come in again at once, any number of times."""
    entry = definition["entry"]
    reentry = entry.get("reentry", {"after": "leaving"})
    if "person" in (entry.get("limits") or {}) or reentry == "never":
        return False
    return not (isinstance(reentry, dict) and "delay" in reentry)
