"""Checks of a whole condition: its size and its texts before anything else, the types of attributes after it."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from contacts.attributes.rules import Kind
from contacts.conditions.columns import COLUMN_KINDS
from contacts.conditions.operands import DAY_OPERATORS, RUN_KEY, is_calendar_day, is_number, operator_of
from contacts.conditions.parts import SINCE
from contacts.conditions.rules import (
    MAX_DEPTH,
    MAX_LEAVES,
    NUMBER_OPERATORS,
    Problem,
    at,
    group_of,
    leaves_with_paths,
    show,
)

if TYPE_CHECKING:
    from contacts.attributes.queries import Definition

MOST_PARTS = 20_000  # of all levels together, before anything is looked at closely
TEXT = ("is", "is_not", "in", "contains", "starts_with", "is_set")
NUMBER = ("is", "is_not", "in", *NUMBER_OPERATORS, "between", "is_set")
OPERATORS: dict[str, tuple[str, ...]] = {
    Kind.TEXT: TEXT,
    Kind.CHOICE: TEXT,
    Kind.NUMBER: NUMBER,
    Kind.WHOLE: NUMBER,
    Kind.YES_NO: ("is", "is_not", "is_set"),
    Kind.DATE: ("is", "is_not", "in", *DAY_OPERATORS, "is_set"),
    Kind.INSTANT: (*DAY_OPERATORS, "is_set"),
    Kind.LIST: ("contains", "in", "is_set"),
}
ACCOUNT = TEXT
EXPECTED = {
    Kind.NUMBER: "a number",
    Kind.WHOLE: "a number",
    Kind.YES_NO: "true or false",
    Kind.DATE: 'a date like "2026-03-01"',
}


def size_problem(condition: Any, path: str) -> Problem | None:
    """Whether a condition is too deep or has too many parts; found early, without walking into the depth."""
    waiting: list[tuple[Any, str, int]] = [(condition, path, 1)]
    leaves = 0
    while waiting:
        node, here, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return Problem(here, f"expected at most {MAX_DEPTH} levels")
        group = group_of(node)
        if group is None:
            leaves += 1
            if leaves > MAX_LEAVES:
                return Problem(path, f"expected at most {MAX_LEAVES} parts")
        elif group == "not":
            waiting.append((node["not"], at(here, "not"), depth + 1))
        elif isinstance(node[group], list):
            if len(node[group]) > MAX_LEAVES:
                return Problem(at(here, group), f"expected at most {MAX_LEAVES} parts, got {len(node[group])}")
            waiting += [(child, f"{at(here, group)}[{i}]", depth + 1) for i, child in enumerate(node[group])]
    return None


def text_problems(condition: Any, path: str) -> list[Problem]:
    """Texts and keys that the database cannot store: with NUL, or with half of a character."""
    found = []
    for here, text in _texts(condition, path):
        if text is None:
            return [Problem(path, f"expected at most {MOST_PARTS} values")]
        if "\x00" in text:
            found.append(Problem(here, f"expected a text without the character NUL, got {show(text)}"))
        elif any("\ud800" <= one <= "\udfff" for one in text):
            found.append(Problem(here, f"expected a text of whole characters, got {show(text)}"))
    return found


def _texts(condition: Any, path: str) -> Iterator[tuple[str, str | None]]:
    """Every text with its path, also keys; None when there are too many to look at."""
    waiting: list[tuple[Any, str]] = [(condition, path)]
    seen = 0
    while waiting:
        value, here = waiting.pop()
        seen += 1
        if seen > MOST_PARTS:
            yield path, None
            return
        if isinstance(value, str):
            yield here, value
        elif isinstance(value, list):
            waiting += [(one, f"{here}[{i}]") for i, one in reversed(list(enumerate(value[: MOST_PARTS + 1])))]
        elif isinstance(value, dict):
            for key, inner in reversed(list(value.items())):
                text = str(key)
                waiting.append(
                    (inner, at(here, text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")))
                )
                yield here, text


def type_problems(condition: dict[str, Any], path: str, definitions: Mapping[str, "Definition"]) -> list[Problem]:
    """Comparisons that do not fit the type of the attribute or column. condition: valid in itself."""
    problems = []
    for here, node in leaves_with_paths(condition, path):
        if "account" in node:
            problems += _misfit(node, here, Kind.TEXT, ACCOUNT)
        elif "attribute" in node:
            key = node["attribute"]
            kind = COLUMN_KINDS.get(key) or (definitions[key].kind if key in definitions else None)
            if kind:
                problems += _misfit(node, here, Kind(kind), OPERATORS[kind])
    return problems


def run_problems(condition: dict[str, Any], path: str) -> list[Problem]:
    """What can only be said of somebody's run of a journey. condition: valid in itself."""
    return [Problem(here, "only in a journey: it is about somebody's run") for here in about_run(condition, path)]


def about_run(condition: dict[str, Any], path: str = "") -> Iterator[str]:
    """The paths of what a valid condition says about a run: since the entry or the step, and the key of the run."""
    for here, leaf in leaves_with_paths(condition, path):
        yield from (at(here, key) for key in SINCE if key in leaf)
        compared = [(at(here, "last"), leaf.get("last"))]
        compared += [(f"{at(here, 'where')}[{i}]", part) for i, part in enumerate(leaf.get("where") or [])]
        for place, part in compared:
            yield from (at(place, key) for key, given in (part or {}).items() if given == RUN_KEY)


def _misfit(node: dict[str, Any], path: str, kind: Kind, operators: Collection[str]) -> list[Problem]:
    operator = operator_of(node) or ""
    given = node[operator]
    if operator not in operators:
        if operator in NUMBER_OPERATORS and kind in (Kind.DATE, Kind.INSTANT):
            return [Problem(at(path, operator), "expected before or after, since these are dates")]
        return [Problem(at(path, operator), f"expected one of {', '.join(operators)} for values of type {kind}")]
    if operator in ("is", "is_not", "in"):
        values = given if isinstance(given, list) else [given]
        if not all(_fits(one, kind) for one in values):
            return [Problem(at(path, operator), f"expected {EXPECTED.get(kind, 'a text')}, got {show(given)}")]
    return []


def _fits(given: Any, kind: Kind) -> bool:
    if kind in (Kind.NUMBER, Kind.WHOLE):
        return is_number(given)
    if kind is Kind.YES_NO:
        return isinstance(given, bool)
    return is_calendar_day(given) if kind is Kind.DATE else isinstance(given, str)
