"""Says what a signal was seen in: how often each event came, how often it had to come."""

from collections.abc import Iterator, Mapping
from typing import Any

from contacts.conditions.names import Names, quoted
from contacts.conditions.parts import say_times, say_within
from contacts.conditions.rules import group_of


def say_evidence(
    evidence: Mapping[str, Any], condition: dict[str, Any] | None, language: str, names: Names | None = None
) -> str:
    """Say the counts of an evidence: `“Prices” 4 times within 7 days (needs 3)`; empty when it counts nothing."""
    counts = evidence.get("counts")
    if not isinstance(counts, Mapping):
        return ""
    asked = {node["event"]: node for node in asserted_events(condition)} if condition else {}
    return " · ".join(_say_one(name, n, asked.get(name, {}), language, names) for name, n in counts.items())


def _say_one(name: str, n: int, asked: Mapping[str, Any], language: str, names: Names | None) -> str:
    text = f"{quoted(names, 'event', name, language)} {say_times(n, language)}"
    if "within" in asked:
        text += say_within(asked["within"], language)
    needed = asked.get("count", {}).get("gte", 1)
    return text + {"en": " (needs {})", "de": " (nötig: {})"}[language].format(needed) if needed > 1 else text


def asserted_events(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Event leaves of a condition that are not under `not`."""
    group = group_of(node)
    if group is None:
        if "event" in node:
            yield node
    elif group != "not":
        for child in node[group]:
            yield from asserted_events(child)
