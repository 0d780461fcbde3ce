"""Pure parts of the language: durations, operators, walking over a condition."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

MAX_DEPTH = 8
MAX_LEAVES = 100
SHOWN = 60  # characters of a value in an error
GROUPS = ("all", "any", "not")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_592_000}  # a month is 30 days
LONGEST = timedelta(days=36_500)
DURATION = re.compile(r"([1-9][0-9]{0,9})(s|m|h|d|w|mo)")
UNIT_NAMES = {
    "en": {
        "s": ("second", "seconds"),
        "m": ("minute", "minutes"),
        "h": ("hour", "hours"),
        "d": ("day", "days"),
        "w": ("week", "weeks"),
        "mo": ("month", "months"),
    },
    "de": {
        "s": ("Sekunde", "Sekunden"),
        "m": ("Minute", "Minuten"),
        "h": ("Stunde", "Stunden"),
        "d": ("Tag", "Tage"),
        "w": ("Woche", "Wochen"),
        "mo": ("Monat", "Monate"),
    },
}
NUMBER_OPERATORS = ("lt", "lte", "gt", "gte")
COMPARISONS = (
    "is",
    "is_not",
    "in",
    "lt",
    "lte",
    "gt",
    "gte",
    "between",
    "contains",
    "starts_with",
    "is_set",
    "before",
    "after",
    "within",
)
COUNT_OPERATORS = ("is", "lt", "lte", "gt", "gte")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a condition: where, what was expected, and how bad ("error" or "warning")."""

    path: str
    message: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass
class Dependencies:
    """What a condition reads. `timed`: its truth may change by time alone."""

    events: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    others: set[str] = field(
        default_factory=set
    )  # "segment:slug", "signal:slug", "stage", "consent", "journey:slug", "touch"
    timed: bool = False

    def merge(self, other: "Dependencies") -> None:
        """Take in what another condition reads."""
        self.events |= other.events
        self.attributes |= other.attributes
        self.others |= other.others
        self.timed = self.timed or other.timed

    def news(self) -> set[str]:
        """Names of news after which the condition may have changed (see `contacts_news.name`)."""
        names = self.events | self.others
        if self.attributes or self.timed:  # somebody new has no fact at the edge of a window
            names = names | {"profile"}
        if self.events:
            names = names | {"consent"}  # behaviour is unknown without profiling consent
        return names


def parse_duration(text: Any) -> timedelta:
    """Read "90s 30m 12h 7d 4w 6mo". Raises ValueError that says what was expected."""
    match = DURATION.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f'expected a duration like "30m", "12h", "7d", "4w" or "6mo", got {show(text)}')
    seconds = int(match[1]) * UNITS[match[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"expected at most 100 years, got {show(text)}")
    return timedelta(seconds=seconds)


def say_duration(text: str, language: str, *, dative: bool = False) -> str:
    """Say a duration: "7d" -> "7 days" / "7 Tage", after a German preposition (dative) "7 Tagen"."""
    match = DURATION.fullmatch(text)
    if not match:
        return text
    one, many = UNIT_NAMES[language][match[2]]
    named = one if match[1] == "1" else many
    if dative and language == "de" and named in ("Tage", "Monate"):
        named += "n"
    return f"{match[1]} {named}"


def show(value: Any) -> str:
    """Show a given value as JSON in an error, shortened; whatever is in it, the text can be stored and sent."""
    if isinstance(value, str):
        value = value[:SHOWN]
    text = ""
    try:
        for piece in json.JSONEncoder(ensure_ascii=False, default=str).iterencode(value):
            text += piece[: SHOWN + 1]
            if len(text) > SHOWN:
                break
    except (ValueError, TypeError, RecursionError):  # a number of 5,000 digits, a circle, keys that are no texts
        text = f"a value of type {type(value).__name__}"
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def at(path: str, key: str) -> str:
    """The path of a key inside a node."""
    return f"{path}.{key}" if path else key


def group_of(node: Any) -> str | None:
    """Which of all / any / not a node is, None for a leaf or for something else."""
    if isinstance(node, dict):
        for group in GROUPS:
            if group in node:
                return group
    return None


def leaves_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Walk over the leaves of a valid condition, in order."""
    group = group_of(node)
    if group is None:
        yield node
    elif group == "not":
        yield from leaves_of(node["not"])
    else:
        for child in node[group]:
            yield from leaves_of(child)


def leaves_with_paths(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk over the leaves of a valid condition, in order, each with its path like `all[2].not`."""
    group = group_of(node)
    if group is None:
        yield path, node
    elif group == "not":
        yield from leaves_with_paths(node["not"], at(path, "not"))
    else:
        for i, child in enumerate(node[group]):
            yield from leaves_with_paths(child, f"{at(path, group)}[{i}]")
