"""What can be wrong with the settings of a wait."""

from datetime import time, timedelta
from typing import Any

from contacts.conditions.columns import COLUMN_KINDS, INSTANT_COLUMNS
from contacts.conditions.language import validate
from contacts.conditions.parts import duration_problems
from contacts.conditions.rules import Problem, parse_duration, show
from journeys.steps.base import Known, no_attribute
from journeys.steps.local_time import DAYS

MODES = ("for", "window", "calendar_days", "date", "until")
MOST_DAYS = 3_650
MOST_SPREAD = timedelta(days=1)
PAST = ("skip", "leave", "next")


def problems(settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
    """Every problem of a wait. known: the definitions of attributes."""
    ways = [key for key in MODES if key in settings]
    if len(ways) != 1:
        return [Problem(path, f"expected one of {', '.join(MODES)}, got {show(ways)}")]
    here = f"{path}.{ways[0]}"
    found = _spread_problems(settings, path, ways[0])
    if ways[0] == "for":
        return found + duration_problems(settings["for"], here)
    if ways[0] == "window":
        return found + _window_problems(settings["window"], here)
    if ways[0] == "calendar_days":
        return found + _days_problems(settings, path)
    if ways[0] == "date":
        return found + _date_problems(settings["date"], here, known)
    found += validate(settings["until"], here, definitions=known)
    if "at_most" not in settings:
        return [*found, Problem(f"{path}.at_most", "expected how long to wait at most")]
    return found + duration_problems(settings["at_most"], f"{path}.at_most")


def _spread_problems(settings: dict[str, Any], path: str, way: str) -> list[Problem]:
    if "spread" not in settings:
        return []
    here = f"{path}.spread"
    if way in ("for", "until"):
        return [Problem(here, "expected only where people wait for a time of the day or a date")]
    found = duration_problems(settings["spread"], here)
    if not found and parse_duration(settings["spread"]) > MOST_SPREAD:
        found = [Problem(here, f"expected at most a day, got {show(settings['spread'])}")]
    return found


def _window_problems(window: Any, path: str) -> list[Problem]:
    if not isinstance(window, dict) or not {"from"} <= set(window) <= {"from", "to", "days"}:
        return [Problem(path, f'expected an object with "from", and "to", "days", got {show(window)}')]
    found = [
        problem for key in ("from", "to") if key in window for problem in _clock_problems(window[key], f"{path}.{key}")
    ]
    days = window.get("days", list(DAYS))
    if not isinstance(days, list) or not days or not set(map(str, days)) <= set(DAYS):
        found.append(Problem(f"{path}.days", f"expected some of {', '.join(DAYS)}, got {show(days)}"))
    return found


def _clock_problems(given: Any, path: str) -> list[Problem]:
    try:
        if time.fromisoformat(given).tzinfo is None:
            return []
    except (TypeError, ValueError):
        pass  # said below
    return [Problem(path, f'expected a local time like "09:00", got {show(given)}')]


def _days_problems(settings: dict[str, Any], path: str) -> list[Problem]:
    days = settings["calendar_days"]
    found = []
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= MOST_DAYS:
        said = f"expected a whole number from 1 to {MOST_DAYS}, got {show(days)}"
        found.append(Problem(f"{path}.calendar_days", said))
    return found + (_clock_problems(settings["at"], f"{path}.at") if "at" in settings else [])


def _date_problems(date: Any, path: str, known: Known) -> list[Problem]:
    keys = {"attribute", "offset", "at", "yearly", "past"}
    if not isinstance(date, dict) or set(date) - keys or not isinstance(date.get("attribute"), str):
        said = f'expected an object with "attribute", "past", and "offset", "at", "yearly", got {show(date)}'
        return [Problem(path, said)]
    found = _attribute_problems(date["attribute"], f"{path}.attribute", known)
    if "at" in date:
        found += _clock_problems(date["at"], f"{path}.at")
    if not isinstance(date.get("yearly", False), bool):
        found.append(Problem(f"{path}.yearly", f"expected true or false, got {show(date['yearly'])}"))
    if date.get("past") not in PAST:
        found.append(Problem(f"{path}.past", f"expected one of {', '.join(PAST)}, got {show(date.get('past'))}"))
    elif date["past"] == "next" and not date.get("yearly"):
        found.append(Problem(f"{path}.past", "expected skip or leave: only a yearly date comes again"))
    return found + (_offset_problems(date, f"{path}.offset") if "offset" in date else [])


def _attribute_problems(key: str, path: str, known: Known) -> list[Problem]:
    if not key or (key in COLUMN_KINDS and key not in INSTANT_COLUMNS):
        return [Problem(path, f"expected an attribute with a date, got {show(key)}")]
    definition = known.get(key)
    if key in INSTANT_COLUMNS or (definition is not None and definition.kind in ("date", "instant")):
        return []
    if definition is None:
        return [Problem(path, no_attribute(key, known), "warning")]
    return [Problem(path, f"expected a date, but {key!r} is a {definition.kind}")]


def _offset_problems(date: dict[str, Any], path: str) -> list[Problem]:
    offset = date["offset"]
    if not isinstance(offset, str) or offset[:1] not in ("+", "-"):
        return [Problem(path, f'expected a distance like "-14d" or "+2w", got {show(offset)}')]
    found = duration_problems(offset[1:], path)
    if not found and "at" in date and not offset.endswith(("d", "w", "mo")):
        found = [Problem(path, f"expected whole days, since the time of day is said, got {show(offset)}")]
    if not found and date.get("yearly") and parse_duration(offset[1:]) > timedelta(days=366):
        found = [Problem(path, f"expected at most a year, got {show(offset)}")]
    return found
