"""Finds everything wrong with a definition before it is published."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.db.models import Model

from consent.purposes.models import Purpose
from contacts.attributes.queries import definitions
from contacts.conditions.language import validate
from contacts.conditions.rules import Problem, show
from contacts.scores.models import Score
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.signals.queries import load_contexts
from contacts.stages.models import Stage
from journeys.content.models import Block
from journeys.definitions.circles import PAUSES, circle_problems
from journeys.definitions.models import Journey
from journeys.definitions.rules import circle_in, name_problems, shape_problems, unreached
from journeys.definitions.ways import loops_without, step_targets
from journeys.offers.models import Offer
from journeys.steps.base import Reference
from journeys.steps.registry import Known, kind_of, validate_step

NAMED: dict[str, type[Model]] = {
    "signal": Signal,
    "segment": Segment,
    "stage": Stage,
    "journey": Journey,
    "block": Block,
    "purpose": Purpose,
    "offer": Offer,
    "score": Score,
}


def check(definition: Any) -> list[Problem]:
    """Every problem of a definition: errors stop publishing, warnings do not."""
    problems = shape_problems(definition)
    if problems:
        return problems
    known = definitions()
    problems += _condition_problems(definition, known)
    if not definition.get("goal"):
        problems.append(Problem("goal", "no goal: nobody will know whether this journey works", "warning"))
    problems += _step_problems(definition["steps"], known)
    if any(problem.level == "error" for problem in problems):
        return problems
    problems += _reference_problems(definition) + _context_problems(definition)
    return problems + circle_problems(definition)


def _condition_problems(definition: dict[str, Any], known: Known) -> list[Problem]:
    """What is wrong with the conditions of context, entry, goal and exits; their shape was looked at before."""
    entry, goal = definition["entry"], definition.get("goal")
    problems: list[Problem] = []
    if "event" in entry:
        leaf = {key: entry[key] for key in ("event", "where") if key in entry}
        problems += validate(leaf, "entry", definitions=known, run=False)
    if "when" in entry:
        problems += validate(entry["when"], "entry.when", definitions=known, run=False)
    if "context" in definition:
        problems += validate(definition["context"], "context", definitions=known, run=False)
    if goal:
        problems += validate(goal["when"], "goal.when", definitions=known)
    for i, part in enumerate(definition.get("exit") or []):
        if "when" in part:
            problems += validate(part["when"], f"exit[{i}].when", definitions=known)
        elif "event" in part:
            leaf = {key: part[key] for key in ("event", "where") if key in part}
            problems += validate(leaf, f"exit[{i}]", definitions=known)
    return problems


def _step_problems(steps: list[Any], known: Known) -> list[Problem]:
    problems: list[Problem] = []
    keys: list[str] = []
    for i, step in enumerate(steps):
        path = f"steps[{i}]"
        if not isinstance(step, dict) or not isinstance(step.get("key"), str) or not step["key"]:
            problems.append(Problem(path, f'expected an object with "key" and "kind", got {show(step)}'))
            continue
        if step["key"] in keys:
            problems.append(Problem(f"{path}.key", f"expected another key than {step['key']!r}, it is taken"))
        keys.append(step["key"])
        problems += name_problems(step.get("name"), f"{path}.name") + validate_step(step, path, known)
    if any(problem.level == "error" for problem in problems):
        return problems
    return problems + _way_problems(steps, keys)


def _way_problems(steps: list[dict[str, Any]], keys: list[str]) -> list[Problem]:
    """Ways that lead nowhere or in a circle, steps that nobody comes to."""
    problems: list[Problem] = []
    targets = step_targets(steps)
    for i, step in enumerate(steps):
        for label, target in targets[step["key"]].items():
            if target not in keys:
                expected = "a step that follows" if target is None else f"the key of a step, got {target!r}"
                problems.append(Problem(f"steps[{i}]", f"the way out {label!r} leads nowhere: expected {expected}"))
    backwards = {step["key"]: step["to"] for step in steps if step["kind"] == "jump" and step.get("to")}
    graph = {
        key: [t for t in ways.values() if t and t != backwards.get(key)] for key, ways in targets.items()
    }  # a jump back is no circle: it is counted
    if circle := circle_in(graph):
        problems.append(Problem("steps", f"expected no circle, got {' -> '.join([*circle, circle[0]])}"))
    pauses = {step["key"] for step in steps if step["kind"] in PAUSES}
    for i, step in enumerate(steps):
        if step["key"] in backwards and loops_without(pauses, step["key"], backwards[step["key"]], graph):
            problems.append(Problem(f"steps[{i}].to", f"a loop over {backwards[step['key']]!r} without a wait"))
    lost = unreached(keys[0], {key: [*ways, *filter(None, [backwards.get(key)])] for key, ways in graph.items()})
    begun = {key for key in lost if not any(key in ways for ways in graph.values())}
    for key in lost:
        said = "a second start, nobody can come to" if key in begun else "nobody can come to"
        problems.append(Problem("steps", f"{said} {key!r}", "warning"))
    return problems


def references(definition: dict[str, Any]) -> Iterator[Reference]:
    """Walk over what a valid definition names of other rooms, conditions apart; paths are those of the definition."""
    entry = definition["entry"]
    for key in ("signal", "segment", "stage", "journey"):
        if key in entry:
            yield Reference(f"entry.{key}", key, entry[key])
    if isinstance(entry.get("schedule"), dict) and "segment" in entry["schedule"]:
        yield Reference("entry.schedule.segment", "segment", entry["schedule"]["segment"])
    if "exclude" in entry:
        yield Reference("entry.exclude", "segment", entry["exclude"])
    if "purpose" in definition:
        yield Reference("purpose", "purpose", definition["purpose"])
    if "propensity" in definition:
        yield Reference("propensity", "score", definition["propensity"])
    for i, part in enumerate(definition.get("exit") or []):
        for key, kind in (("segment_left", "segment"), ("stage", "stage")):
            if key in part:
                yield Reference(f"exit[{i}].{key}", kind, part[key])
    for i, step in enumerate(definition["steps"]):
        for found in kind_of(step["kind"]).refers(step):
            yield Reference(f"steps[{i}].{found.path}", found.kind, found.slug)


def _reference_problems(definition: dict[str, Any]) -> list[Problem]:
    """Names of signals, segments, content, stages and the like that do not exist."""
    wanted = [one for one in references(definition) if one.kind in NAMED]
    known: dict[str, set[str]] = {}
    for kind in {one.kind for one in wanted}:
        manager = NAMED[kind]._default_manager
        known[kind] = set(manager.values_list("slug", flat=True))
    problems = []
    for path, kind, slug in wanted:
        if slug not in known[kind] and not (kind == "journey" and slug == definition["slug"]):
            near = get_close_matches(slug, known[kind], 1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            problems.append(Problem(path, f"there is no {NAMED[kind]._meta.verbose_name} {slug!r}{hint}"))
    return problems


def _context_problems(definition: dict[str, Any]) -> list[Problem]:
    """Context says how somebody is, not what they want: it opens nothing alone, neither a journey nor a handover."""
    entry, contexts = definition["entry"], load_contexts()
    opens = {key: entry[key] for key in ("signal", "segment") if key in entry}
    if not opens or not contexts.act_alone(opens) or not contexts.add_nothing(entry.get("when")):
        return []
    at = "entry.when" if "when" in entry else f"entry.{next(iter(opens))}"
    expected = "expected a condition on what somebody did or where they stand"
    return [Problem(at, f"a context signal alone opens no journey: {expected}")]
