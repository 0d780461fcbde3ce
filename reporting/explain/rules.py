"""How a person is explained: filters of the timeline, colours of its rows, values as text."""

from collections.abc import Mapping, Sequence
from typing import Any

EVERYTHING = ("event", "signal", "stage", "entered", "left", "refusal", "touch", "verdict", "handover", "consent")
FILTERS: dict[str, tuple[str, ...]] = {
    "all": EVERYTHING,
    "signals": ("signal", "stage"),
    "touches": ("touch", "feedback"),
    "decisions": ("verdict", "refusal", "entered", "left", "handover", "consent"),
}
TONES = {
    "event": "blue",
    "feedback": "teal",
    "signal": "green",
    "stage": "violet",
    "entered": "grey",
    "left": "grey",
    "refusal": "red",
    "handover": "pink",
    "consent": "violet",
    "proposed": "grey",
    "held": "amber",
    "approved": "green",
    "suppressed": "red",
    "expired": "grey",
    "sending": "blue",
    "sent": "blue",
    "failed": "red",
    "unknown": "red",
}
SHOWN_PROPERTIES = 6
HIDDEN = ("touch", "journey", "block", "likely_machine", "link", "url", "user_agent", "signature")


def say_properties(properties: Mapping[str, Any]) -> str:
    """Say the first properties of an event in one line."""
    plain = [(name, value) for name, value in properties.items() if name not in HIDDEN and _is_plain(value)]
    return " · ".join(f"{name.replace('_', ' ')}: {value}" for name, value in plain[:SHOWN_PROPERTIES])


def flat(values: Any, name: str = "") -> list[tuple[str, str]]:
    """Turn nested JSON into rows of path and text."""
    if isinstance(values, Mapping):
        return [row for key, value in values.items() for row in flat(value, f"{name} {key}".strip())]
    if isinstance(values, Sequence) and not isinstance(values, str):
        if all(_is_plain(value) for value in values):
            return [(name, ", ".join(map(str, values)) or "–")]
        return [row for n, value in enumerate(values, 1) for row in flat(value, f"{name} {n}".strip())]
    return [(name.replace("_", " "), _text(values))]


def initials(first_name: str, last_name: str, other: str) -> str:
    """Say the initials of a person, the first letters of another name where there is none."""
    letters = (first_name[:1] + last_name[:1]).upper()
    return letters or other.lstrip("#")[:2].upper()


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _text(value: Any) -> str:
    if value is True:
        return "✓"
    if value is False:
        return "✗"
    return "–" if value is None or value == "" else str(value)
