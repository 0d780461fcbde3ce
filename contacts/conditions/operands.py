"""What may stand beside an operator: checks of comparisons, each with its path."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from contacts.conditions.rules import COMPARISONS, NUMBER_OPERATORS, Problem, at, parse_duration, show

LONGEST_TEXT = 1_000
MOST_VALUES = 1_000
MOST_DAYS = 36_500
A_DAY = 86_400
DAY_OPERATORS = ("before", "after", "within")
DIRECTIONS = ("next", "last")
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
RUN_KEY = {"run": "key"}  # stands for the key of the run that is looked at


def operator_of(node: dict[str, Any]) -> str | None:
    """The one comparison of a node."""
    return next((operator for operator in COMPARISONS if operator in node), None)


def validate_comparison(
    node: dict[str, Any],
    path: str,
    *,
    known: set[str],
    run: bool = False,
    operators: Collection[str] = COMPARISONS,
) -> list[Problem]:
    """Problems of a node with exactly one comparison.

    known: its other keys. run: `{"run": "key"}` may stand as a value. operators: those that may be used.
    """
    unknown = [key for key in node if key not in operators and key not in known]
    if unknown:
        return [Problem(at(path, str(unknown[0])), f"unknown; expected one of {', '.join(operators)}")]
    used = [key for key in node if key in operators and key not in known]
    if len(used) != 1:
        return [Problem(path, f"expected one comparison of {', '.join(operators)}, got {show(used)}")]
    operator, given = used[0], node[used[0]]
    expected = _expected(operator, given, run=run)
    return [Problem(at(path, operator), f"expected {expected}, got {show(given)}")] if expected else []


def _expected(operator: str, given: Any, *, run: bool) -> str:
    """What was expected when the value does not fit the operator, empty when it fits."""
    if operator in ("is", "is_not"):
        fits = (is_plain(given) and given != "") or (run and given == RUN_KEY)
        return "" if fits else "a text, a number, true or false"
    if operator == "in":
        return "" if _is_list(given) else f"a list of 1 to {MOST_VALUES} texts or numbers"
    if operator in NUMBER_OPERATORS:
        return "" if is_number(given) else "a number"
    if operator == "between":
        pair = isinstance(given, list) and len(given) == 2 and all(is_number(one) for one in given)
        return "" if pair else "a list of two numbers"
    if operator in ("contains", "starts_with"):
        return "" if isinstance(given, str) and given else "a text"
    if operator == "is_set":
        return "" if isinstance(given, bool) else "true or false"
    if operator in ("before", "after"):
        return "" if is_day(given) else 'a date like "2026-03-01" or "-30d"'
    return "" if _is_around(given) else f'an object like {{"days": 3, "of": "today"}} with 0 to {MOST_DAYS} days'


def _is_list(given: Any) -> bool:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_VALUES:
        return False
    return all(isinstance(one, str) and one for one in given) or all(is_number(one) for one in given)


def _is_around(given: Any) -> bool:
    """Whether a value is `{"days": 3, "of": "today"}`, maybe with `yearly` and with a direction."""
    if not isinstance(given, dict) or not {"days", "of"} <= set(given) <= {"days", "of", "yearly", "direction"}:
        return False
    days = given["days"]
    whole = isinstance(days, int) and not isinstance(days, bool) and 0 <= days <= MOST_DAYS
    return (
        whole
        and given["of"] == "today"
        and isinstance(given.get("yearly", False), bool)
        and given.get("direction", "next") in DIRECTIONS
    )


def is_plain(given: Any) -> bool:
    """Whether a value is a text, a number or a truth."""
    return isinstance(given, bool) or is_number(given) or (isinstance(given, str) and len(given) <= LONGEST_TEXT)


def is_number(given: Any) -> bool:
    """Whether a value is a number (truths are not), finite and not longer than a decimal of the database."""
    return isinstance(given, (int, float)) and not isinstance(given, bool) and abs(given) < 10**15


def is_day(given: Any) -> bool:
    """Whether a value is a day, "2026-03-01", or one seen from today in whole days, "-30d", "+2w"."""
    if not isinstance(given, str):
        return False
    try:
        if given[:1] in ("+", "-"):
            return parse_duration(given[1:]).total_seconds() % A_DAY == 0
        return is_calendar_day(given)
    except ValueError:
        return False


def is_calendar_day(given: Any) -> bool:
    """Whether a value is a day that exists, written "2026-03-01"."""
    try:
        return isinstance(given, str) and bool(ISO_DAY.fullmatch(given)) and bool(date.fromisoformat(given))
    except ValueError:
        return False
