"""The shape of a journey's definition: read, completed with defaults, and checked without the database."""

from typing import Any

from contacts.conditions.rules import Problem, show
from contacts.stages.rules import Phase
from journeys.definitions.entry_rules import (
    duration_problems,
    entry_problems,
    exit_problems,
    goal_problems,
    kpi_problems,
    name_problems,
    one_of,
    unknown_keys,
)
from journeys.definitions.ranks import MOST_PRIORITY

__all__ = ["KEYS", "MOST_STEPS", "PURPOSE", "WEIGHTS", "circle_in", "name_problems", "shape_problems", "unreached"]

KEYS = (
    "slug",
    "name",
    "phase",
    "priority",
    "value",
    "context",
    "context_factor",
    "propensity",
    "description",
    "entry",
    "goal",
    "exit",
    "kpis",
    "max_age",
    "purpose",
    "steps",
)
WEIGHTS = KEYS[3:8]  # what the score of a message is made of; may be set beside the definition too
MOST_STEPS = 200
NUMBERS = {"priority": (0, MOST_PRIORITY), "value": (0, 10_000), "context_factor": (0.001, 100)}
LONGEST_DESCRIPTION = 2_000
PURPOSE = "email_marketing"


def shape_problems(definition: Any) -> list[Problem]:
    """Every problem of the outer shape: keys, names, phase, numbers, re-entry. Conditions and steps are checked elsewhere."""
    if not isinstance(definition, dict):
        return [Problem("", f"expected an object, got {show(definition)}")]
    problems = unknown_keys(definition, "", KEYS)
    slug = definition.get("slug")
    if not isinstance(slug, str) or not slug.replace("-", "").replace("_", "").isalnum() or len(slug) > 100:
        problems.append(Problem("slug", f'expected a short name like "abandoned-cart", got {show(slug)}'))
    problems += name_problems(definition.get("name"), "name")
    problems += one_of(definition.get("phase"), "phase", tuple(phase.value for phase in Phase))
    problems += _weight_problems(definition)
    problems += entry_problems(definition.get("entry"))
    if "max_age" in definition:
        problems += duration_problems(definition["max_age"], "max_age")
    return problems + _list_problems(definition)


def _weight_problems(definition: dict[str, Any]) -> list[Problem]:
    """What is wrong with the numbers of a score; the condition of the context is looked at elsewhere."""
    problems = []
    for key, (least, most) in NUMBERS.items():
        given = definition.get(key, 1)
        if not isinstance(given, (int, float)) or isinstance(given, bool) or not least <= given <= most:
            problems.append(Problem(key, f"expected a number from {least} to {most}, got {show(given)}"))
    if definition.get("context_factor", 1) != 1 and "context" not in definition:
        problems.append(Problem("context_factor", "expected a context beside it: for whom it counts so many times"))
    score = definition.get("propensity", "score")
    if not isinstance(score, str) or not score:
        problems.append(Problem("propensity", f"expected the short name of a score, got {show(score)}"))
    return problems


def _list_problems(definition: dict[str, Any]) -> list[Problem]:
    problems = []
    if "exit" in definition:
        problems += exit_problems(definition["exit"])
    if definition.get("goal"):
        problems += goal_problems(definition["goal"])
    if "kpis" in definition:
        problems += kpi_problems(definition["kpis"])
    if "description" in definition:
        problems += _description_problems(definition["description"])
    steps = definition.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= MOST_STEPS:
        problems.append(Problem("steps", f"expected a list of 1 to {MOST_STEPS} steps"))
    return problems


def _description_problems(given: Any) -> list[Problem]:
    """A description may be empty in a language, or one text for both."""
    texts = list(given.values()) if isinstance(given, dict) else [given]
    if any(not isinstance(text, str) or len(text) > LONGEST_DESCRIPTION for text in texts):
        return [
            Problem("description", f'expected {{"en": ..., "de": ...}} of at most {LONGEST_DESCRIPTION} characters')
        ]
    return unknown_keys(given, "description", ("en", "de")) if isinstance(given, dict) else []


def circle_in(targets: dict[str, list[str]]) -> list[str]:
    """The keys of steps that lead back to themselves, in their order; empty when the flow always ends."""
    done: set[str] = set()
    for start in targets:
        path: list[str] = []
        stack = [(start, iter(targets.get(start, [])))]
        if start in done:
            continue
        path.append(start)
        while stack:
            key, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                path.pop()
                done.add(key)
            elif following in path:
                return path[path.index(following) :]
            elif following not in done:
                path.append(following)
                stack.append((following, iter(targets.get(following, []))))
    return []


def unreached(first: str, targets: dict[str, list[str]]) -> list[str]:
    """Keys of steps that nobody can come to."""
    seen, waiting = {first}, [first]
    while waiting:
        for key in targets.get(waiting.pop(), []):
            if key not in seen:
                seen.add(key)
                waiting.append(key)
    return [key for key in targets if key not in seen]
