"""The shape of entry, re-entry, limits, goal, exits and key figures, checked without the database."""

from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any

from contacts.conditions.rules import Problem, parse_duration, show

TRIGGERS = ("signal", "event", "segment", "stage", "schedule", "api", "journey")
NAMED = ("signal", "event", "segment", "stage", "journey")  # triggers that are a short name
ENTRY_KEYS = (
    *TRIGGERS, "where", "change", "state", "outcome", "when", "key", "exclude", "reentry", "limits",
)  # fmt: skip
BELONGS = {"where": "event", "change": "segment", "state": "journey", "outcome": "journey"}  # key -> its trigger
KEYED = ("signal", "event", "api")  # triggers with evidence that holds a key
CHANGES = ("entered", "left")
JOURNEY_STATES = ("goal", "completed", "left")
EVERY = ("day", "week", "month")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SCHEDULE_KEYS = ("segment", "at", "every", "time", "days", "day", "from", "until", "local")
LIMITS = ("person", "hour", "day", "all")
MOST = 1_000_000_000
AFTER = ("leaving", "start")
GOAL_KEYS = ("name", "when", "within", "from")
ANCHORS = ("entry", "send", "open", "click")
EXITS = ("when", "event", "segment_left", "stage")
EXIT_KEYS = (*EXITS, "where", "name")
MOST_EXITS = 20
MEASURES = ("goal_share", "click_share", "sent", "entered", "handovers_accepted_share")
KPI_KEYS = ("name", "measure", "target")
MOST_KPIS = 3
LONGEST_NAME = 200


def unknown_keys(given: dict[str, Any], path: str, known: tuple[str, ...]) -> list[Problem]:
    """Keys that nobody knows, each with the one that may have been meant."""
    problems = []
    for key in given:
        if key not in known:
            near = get_close_matches(str(key), known, 1)
            hint = f", did you mean {near[0]!r}?" if near else f"; expected one of {', '.join(known)}"
            problems.append(Problem(f"{path}.{key}" if path else str(key), f"unknown{hint}"))
    return problems


def one_of(given: Any, path: str, known: tuple[str, ...]) -> list[Problem]:
    """A word that must be one of some."""
    if given in known:
        return []
    near = get_close_matches(given, known, 1) if isinstance(given, str) else []
    hint = f", did you mean {near[0]!r}?" if near else ""
    return [Problem(path, f"expected one of {', '.join(known)}, got {show(given)}{hint}")]


def name_problems(name: Any, path: str) -> list[Problem]:
    """Problems of a name in both languages."""
    if not isinstance(name, dict) or not all(
        isinstance(name.get(language), str) and name[language].strip() for language in ("en", "de")
    ):
        return [Problem(path, f'expected {{"en": ..., "de": ...}}, got {show(name)}')]
    return [*unknown_keys(name, path, ("en", "de")), *_too_long(name, path)]


def _too_long(name: dict[str, str], path: str) -> list[Problem]:
    long = [language for language in ("en", "de") if len(name[language]) > LONGEST_NAME]
    return [Problem(f"{path}.{language}", f"expected at most {LONGEST_NAME} characters") for language in long]


def duration_problems(given: Any, path: str) -> list[Problem]:
    """A duration like "7d"."""
    try:
        parse_duration(given)
    except ValueError as error:
        return [Problem(path, str(error))]
    return []


def entry_problems(entry: Any) -> list[Problem]:
    """Everything wrong with the shape of an entry."""
    if not isinstance(entry, dict):
        return [Problem("entry", f"expected an object with one of {', '.join(TRIGGERS)}, got {show(entry)}")]
    problems = unknown_keys(entry, "entry", ENTRY_KEYS)
    triggers = [key for key in TRIGGERS if key in entry]
    if len(triggers) != 1:
        said = f"got {', '.join(triggers)}" if triggers else "got none"
        problems.append(Problem("entry", f"expected one of {', '.join(TRIGGERS)}, {said}"))
    for key in (*NAMED, "exclude"):
        if key in entry and not _is_name(entry[key]):
            problems.append(Problem(f"entry.{key}", f"expected a short name, got {show(entry[key])}"))
    for key, trigger in BELONGS.items():
        if key in entry and trigger not in entry:
            problems.append(Problem(f"entry.{key}", f"only beside {trigger!r}"))
    if "api" in entry and entry["api"] is not True:
        problems.append(Problem("entry.api", f"expected true, got {show(entry['api'])}"))
    if "schedule" in entry:
        problems += schedule_problems(entry["schedule"], "entry.schedule")
    problems += one_of(entry.get("change", "entered"), "entry.change", CHANGES)
    problems += one_of(entry.get("state", "completed"), "entry.state", JOURNEY_STATES)
    if "outcome" in entry and not _is_name(entry["outcome"]):
        problems.append(Problem("entry.outcome", f"expected the outcome of an end, got {show(entry['outcome'])}"))
    return problems + _key_problems(entry) + _reentry_problems(entry) + _limit_problems(entry.get("limits"))


def _is_name(given: Any) -> bool:
    return isinstance(given, str) and 0 < len(given.strip()) <= LONGEST_NAME


def _key_problems(entry: dict[str, Any]) -> list[Problem]:
    if "key" not in entry:
        return []
    if not _is_name(entry["key"]):
        return [Problem("entry.key", f"expected the name of a property of the evidence, got {show(entry['key'])}")]
    if not any(trigger in entry for trigger in KEYED):
        return [Problem("entry.key", f"only beside one of {', '.join(KEYED)}: nothing else brings evidence with a key")]
    return []


def _reentry_problems(entry: dict[str, Any]) -> list[Problem]:
    reentry = entry.get("reentry", {"after": "leaving"})
    path = "entry.reentry"
    if reentry == "never":
        return []
    if reentry == "parallel":
        needs_key = "parallel runs are told apart by their key: expected entry.key"
        return [] if "key" in entry else [Problem(path, needs_key)]
    if not isinstance(reentry, dict):
        expected = 'expected "never", "parallel" or {"after": "leaving" or "start", "delay": ...}'
        near = get_close_matches(reentry, ("never", "parallel"), 1) if isinstance(reentry, str) else []
        return [Problem(path, f"{expected}, got {show(reentry)}" + (f", did you mean {near[0]!r}?" if near else ""))]
    problems = unknown_keys(reentry, path, ("after", "delay"))
    problems += one_of(reentry.get("after"), f"{path}.after", AFTER)
    if "delay" in reentry:
        problems += duration_problems(reentry["delay"], f"{path}.delay")
    return problems


def _limit_problems(limits: Any) -> list[Problem]:
    if limits is None:
        return []
    if not isinstance(limits, dict) or not limits:
        return [Problem("entry.limits", f"expected an object with some of {', '.join(LIMITS)}, got {show(limits)}")]
    problems = unknown_keys(limits, "entry.limits", LIMITS)
    for key in set(limits) & set(LIMITS):
        if not _is_whole(limits[key], 1, MOST):
            problems.append(Problem(f"entry.limits.{key}", f"expected a number from 1, got {show(limits[key])}"))
    return problems


def _is_whole(given: Any, least: int, most: int) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and least <= given <= most


def schedule_problems(schedule: Any, path: str) -> list[Problem]:
    """Everything wrong with a schedule over a segment, once or repeating."""
    if not isinstance(schedule, dict):
        return [Problem(path, f'expected an object with "segment" and "at" or "every", got {show(schedule)}')]
    problems = unknown_keys(schedule, path, SCHEDULE_KEYS)
    if not _is_name(schedule.get("segment")):
        problems.append(Problem(f"{path}.segment", f"expected a short name, got {show(schedule.get('segment'))}"))
    if not isinstance(schedule.get("local", True), bool):
        problems.append(Problem(f"{path}.local", f"expected true or false, got {show(schedule['local'])}"))
    if ("at" in schedule) == ("every" in schedule):
        return [*problems, Problem(path, 'expected either "at" (once) or "every" (repeating)')]
    if "at" in schedule:
        if _moment(schedule["at"]) is None:
            problems.append(
                Problem(f"{path}.at", f'expected a local time like "2026-12-01T09:00", got {show(schedule["at"])}')
            )
        extra = [key for key in ("time", "days", "day", "from", "until") if key in schedule]
        return problems + [Problem(f"{path}.{key}", 'only beside "every"') for key in extra]
    return problems + _repeat_problems(schedule, path)


def _repeat_problems(schedule: dict[str, Any], path: str) -> list[Problem]:
    problems = one_of(schedule["every"], f"{path}.every", EVERY)
    if not _is_clock(schedule.get("time")):
        problems.append(
            Problem(f"{path}.time", f'expected a local time like "09:00", got {show(schedule.get("time"))}')
        )
    days = schedule.get("days")
    if schedule["every"] == "week" and not (isinstance(days, list) and days and set(map(str, days)) <= set(DAYS)):
        problems.append(Problem(f"{path}.days", f"expected some of {', '.join(DAYS)}, got {show(days)}"))
    if schedule["every"] != "week" and "days" in schedule:
        problems.append(Problem(f"{path}.days", 'only beside "every": "week"'))
    if schedule["every"] != "month" and "day" in schedule:
        problems.append(Problem(f"{path}.day", 'only beside "every": "month"'))
    if not _is_whole(schedule.get("day", 1), 1, 31):
        problems.append(Problem(f"{path}.day", f"expected a day from 1 to 31, got {show(schedule['day'])}"))
    ends = {key: _day(schedule[key]) for key in ("from", "until") if key in schedule}
    for key, day in ends.items():
        if day is None:
            problems.append(
                Problem(f"{path}.{key}", f'expected a day like "2026-12-01", got {show(str(schedule[key]))}')
            )
    first, last = ends.get("from"), ends.get("until")
    if first and last and last < first:
        problems.append(Problem(f"{path}.until", f"expected a day not before {first}, got {last}"))
    return problems


def _moment(given: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is None and "T" in given else None


def _is_clock(given: Any) -> bool:
    try:
        return isinstance(given, str) and len(given) == 5 and time.fromisoformat(given).tzinfo is None
    except ValueError:
        return False


def _day(given: Any) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) and len(given) == 10 else None
    except ValueError:
        return None


def goal_problems(goal: Any) -> list[Problem]:
    """Everything wrong with the shape of a goal; its condition is checked elsewhere."""
    if not isinstance(goal, dict) or "when" not in goal:
        return [Problem("goal", f'expected an object with "name" and "when", got {show(goal)}')]
    problems = unknown_keys(goal, "goal", GOAL_KEYS) + name_problems(goal.get("name"), "goal.name")
    if "within" in goal:
        problems += duration_problems(goal["within"], "goal.within")
    elif "from" in goal:
        problems.append(Problem("goal.from", 'only beside "within"'))
    return problems + one_of(goal.get("from", "entry"), "goal.from", ANCHORS)


def exit_problems(exits: Any) -> list[Problem]:
    """Everything wrong with the shape of the exits; their conditions are checked elsewhere."""
    if not isinstance(exits, list) or len(exits) > MOST_EXITS:
        return [Problem("exit", f"expected a list of at most {MOST_EXITS} objects, got {show(exits)}")]
    problems = []
    for i, part in enumerate(exits):
        path = f"exit[{i}]"
        used = [key for key in EXITS if key in part] if isinstance(part, dict) else []
        if not isinstance(part, dict) or (len(used) != 1 and not set(part) - set(EXIT_KEYS)):
            problems.append(Problem(path, f"expected an object with one of {', '.join(EXITS)}, got {show(part)}"))
            continue
        problems += unknown_keys(part, path, EXIT_KEYS)
        problems += name_problems(part["name"], f"{path}.name") if "name" in part else []
        if "where" in part and "event" not in part:
            problems.append(Problem(f"{path}.where", "only beside 'event'"))
        for key in ("event", "segment_left", "stage"):
            if key in part and not _is_name(part[key]):
                problems.append(Problem(f"{path}.{key}", f"expected a short name, got {show(part[key])}"))
    return problems


def kpi_problems(kpis: Any) -> list[Problem]:
    """Everything wrong with the key figures: two or three, the first is the core one."""
    if not isinstance(kpis, list) or len(kpis) > MOST_KPIS:
        return [Problem("kpis", f"expected a list of two or three key figures, got {show(kpis)}")]
    problems = []
    for i, kpi in enumerate(kpis):
        path = f"kpis[{i}]"
        if not isinstance(kpi, dict):
            problems.append(Problem(path, f'expected an object with "name" and "measure", got {show(kpi)}'))
            continue
        problems += unknown_keys(kpi, path, KPI_KEYS) + name_problems(kpi.get("name"), f"{path}.name")
        problems += one_of(kpi.get("measure"), f"{path}.measure", MEASURES)
        target, share = kpi.get("target"), str(kpi.get("measure")).endswith("_share")
        number = isinstance(target, (int, float)) and not isinstance(target, bool) and target >= 0
        if target is not None and (not number or (share and target > 1)):
            expected = "a share from 0 to 1" if share else "a number from 0"
            problems.append(Problem(f"{path}.target", f"expected {expected}, got {show(target)}"))
    return problems
