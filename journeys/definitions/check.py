"""Finds everything wrong with a definition before it is published."""

from typing import Any

from consent.purposes.models import Purpose
from contacts.attributes.queries import definitions
from contacts.conditions.language import validate
from contacts.conditions.rules import Problem, show
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.signals.queries import load_contexts
from contacts.stages.models import Stage
from journeys.content.models import Block
from journeys.definitions.rules import circle_in, name_problems, shape_problems, unreached
from journeys.steps.registry import Known, kind_of, validate_step


def check(definition: Any) -> list[Problem]:
    """Every problem of a definition: errors stop publishing, warnings do not."""
    problems = shape_problems(definition)
    if problems:
        return problems
    known = definitions()
    for i, part in enumerate(definition.get("exit", [])):
        if not isinstance(part, dict) or set(part) != {"when"}:
            problems.append(Problem(f"exit[{i}]", f'expected an object with "when", got {show(part)}'))
        else:
            problems += validate(part["when"], f"exit[{i}].when", definitions=known)
    if goal := definition.get("goal"):
        problems += _goal_problems(goal, known)
    else:
        problems.append(Problem("goal", "no goal: nobody will know whether this journey works", "warning"))
    if "when" in definition["entry"]:
        problems += validate(definition["entry"]["when"], "entry.when", definitions=known, run=False)
    problems += _step_problems(definition["steps"], known)
    if any(problem.level == "error" for problem in problems):
        return problems
    return problems + _reference_problems(definition) + _context_problems(definition)


def _goal_problems(goal: Any, known: Known) -> list[Problem]:
    if not isinstance(goal, dict) or "when" not in goal or set(goal) - {"name", "when"}:
        return [Problem("goal", f'expected an object with "name" and "when", got {show(goal)}')]
    found = name_problems(goal.get("name"), "goal.name")
    return found + validate(goal["when"], "goal.when", definitions=known)


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
    targets = step_targets(steps)
    for i, step in enumerate(steps):
        for label, target in targets[step["key"]].items():
            if target not in keys:
                expected = "a step that follows" if target is None else f"the key of a step, got {target!r}"
                problems.append(Problem(f"steps[{i}]", f"the way out {label!r} leads nowhere: expected {expected}"))
    graph = {key: [t for t in ways.values() if t] for key, ways in targets.items()}
    if circle := circle_in(graph):
        problems.append(Problem("steps", f"expected no circle, got {' -> '.join([*circle, circle[0]])}"))
    problems += [Problem("steps", f"nobody can come to {key!r}", "warning") for key in unreached(keys[0], graph)]
    return problems


def step_targets(steps: list[dict[str, Any]]) -> dict[str, dict[str, str | None]]:
    """Where each way out of each step leads: label -> key of the next step."""
    following = [step["key"] for step in steps[1:]] + [None]
    return {
        step["key"]: kind_of(step["kind"]).targets(step, after) for step, after in zip(steps, following, strict=True)
    }


def _reference_problems(definition: dict[str, Any]) -> list[Problem]:
    """Names of signals, segments, content, stages and purposes that do not exist."""
    problems: list[Problem] = []
    entry = definition["entry"]
    wanted: list[tuple[str, Any, str]] = (
        [("entry.signal", Signal, entry["signal"])]
        if "signal" in entry
        else [("entry.segment", Segment, entry["segment"])]
    )
    if "purpose" in definition:
        wanted.append(("purpose", Purpose, definition["purpose"]))
    for i, step in enumerate(definition["steps"]):
        for key, model in (("block", Block), ("purpose", Purpose), ("stage", Stage)):
            if key in step:
                wanted.append((f"steps[{i}].{key}", model, step[key]))
        wanted += [(f"steps[{i}].stages.{answer}", Stage, slug) for answer, slug in step.get("stages", {}).items()]
    known = {model: set(model.objects.values_list("slug", flat=True)) for model in {model for _, model, _ in wanted}}
    for path, model, slug in wanted:
        if slug not in known[model]:
            problems.append(Problem(path, f"there is no {model._meta.verbose_name} {slug!r}"))
    return problems


def _context_problems(definition: dict[str, Any]) -> list[Problem]:
    """Context says how somebody is, not what they want: it opens nothing alone, neither a journey nor a handover."""
    entry, contexts = definition["entry"], load_contexts()
    opens = {key: entry[key] for key in ("signal", "segment") if key in entry}
    if not contexts.act_alone(opens) or not contexts.add_nothing(entry.get("when")):
        return []
    at = "entry.when" if "when" in entry else f"entry.{next(iter(opens))}"
    expected = "expected a condition on what somebody did or where they stand"
    return [Problem(at, f"a context signal alone opens no journey: {expected}")]
