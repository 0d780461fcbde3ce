"""The shape of a journey's definition: read, completed with defaults, and checked without the database."""

from typing import Any

from contacts.conditions.rules import Problem, parse_duration, show
from contacts.stages.rules import Phase

KEYS = (
    "slug",
    "name",
    "phase",
    "priority",
    "value",
    "description",
    "entry",
    "goal",
    "exit",
    "max_age",
    "purpose",
    "steps",
)
ENTRY_KEYS = ("signal", "segment", "when", "key", "reentry")
MOST_STEPS = 200
PURPOSE = "email_marketing"


def shape_problems(definition: Any) -> list[Problem]:
    """Every problem of the outer shape: keys, names, phase, numbers, re-entry. Conditions and steps are checked elsewhere."""
    if not isinstance(definition, dict):
        return [Problem("", f"expected an object, got {show(definition)}")]
    problems = [
        Problem(str(key), f"unknown; expected one of {', '.join(KEYS)}") for key in definition if key not in KEYS
    ]
    slug = definition.get("slug")
    if not isinstance(slug, str) or not slug.replace("-", "").replace("_", "").isalnum() or len(slug) > 100:
        problems.append(Problem("slug", f'expected a short name like "abandoned-cart", got {show(slug)}'))
    problems += name_problems(definition.get("name"), "name")
    if definition.get("phase") not in [phase.value for phase in Phase]:
        problems.append(Problem("phase", f"expected one of {', '.join(Phase)}, got {show(definition.get('phase'))}"))
    for key, least, most in (("priority", 0, 1000), ("value", 0, 10_000)):
        given = definition.get(key, 1)
        if not isinstance(given, (int, float)) or isinstance(given, bool) or not least <= given <= most:
            problems.append(Problem(key, f"expected a number from {least} to {most}, got {show(given)}"))
    problems += _entry_problems(definition.get("entry"))
    if "max_age" in definition:
        problems += _duration(definition["max_age"], "max_age")
    return problems + _list_problems(definition)


def name_problems(name: Any, path: str) -> list[Problem]:
    """Problems of a name in both languages."""
    if not isinstance(name, dict) or not all(
        isinstance(name.get(language), str) and name[language] for language in ("en", "de")
    ):
        return [Problem(path, f'expected {{"en": ..., "de": ...}}, got {show(name)}')]
    return []


def _entry_problems(entry: Any) -> list[Problem]:
    if not isinstance(entry, dict):
        return [Problem("entry", f"expected an object with signal or segment, got {show(entry)}")]
    problems = [
        Problem(f"entry.{key}", f"unknown; expected one of {', '.join(ENTRY_KEYS)}")
        for key in entry
        if key not in ENTRY_KEYS
    ]
    triggers = [key for key in ("signal", "segment") if isinstance(entry.get(key), str) and entry[key]]
    if len(triggers) != 1:
        problems.append(Problem("entry", "expected one of signal, segment with a short name"))
    if "key" in entry and (not isinstance(entry["key"], str) or "signal" not in entry):
        problems.append(Problem("entry.key", "expected the name of a property of the signal's evidence"))
    reentry = entry.get("reentry", {"after": "leaving"})
    if reentry != "never":
        if (
            not isinstance(reentry, dict)
            or reentry.get("after") not in ("leaving", "start")
            or set(reentry) - {"after", "delay"}
        ):
            problems.append(
                Problem(
                    "entry.reentry",
                    f'expected "never" or {{"after": "leaving" or "start", "delay": ...}}, got {show(reentry)}',
                )
            )
        elif "delay" in reentry:
            problems += _duration(reentry["delay"], "entry.reentry.delay")
    return problems


def _list_problems(definition: dict[str, Any]) -> list[Problem]:
    problems = []
    if not isinstance(definition.get("exit", []), list):
        problems.append(Problem("exit", "expected a list of objects with when"))
    steps = definition.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= MOST_STEPS:
        problems.append(Problem("steps", f"expected a list of 1 to {MOST_STEPS} steps"))
    return problems


def _duration(given: Any, path: str) -> list[Problem]:
    try:
        parse_duration(given)
    except ValueError as error:
        return [Problem(path, str(error))]
    return []


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
