"""How strong a signal still is, and what context may do: it never acts alone."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from contacts.conditions.rules import group_of, leaves_of

STRENGTHS = {"weak": 1.0, "medium": 2.0, "strong": 3.0}
TONES = {"weak": "grey", "medium": "blue", "strong": "green"}
CONTEXT_LEAVES = ("context", "attribute", "account")  # what a signal of the kind context may look at
MOST_DEEP = 20  # segments within segments


class Way(NamedTuple):
    """One way in which a condition can hold: with a context signal, with what somebody did or where they stand."""

    context: bool
    more: bool


def strength_now(strength: str, decay: str, *, fired_at: datetime, holds_for: timedelta, now: datetime) -> float:
    """Say how strong a firing still is: weak 1, medium 2, strong 3 at first, 0 when it no longer holds.

    linear: nothing is left at the end of holds_for; half_life: half is left at its middle.
    """
    held = (now - fired_at) / holds_for if holds_for else 1.0
    if not 0 <= held < 1:
        return 0.0
    share = {"linear": 1 - held, "half_life": 0.5 ** (2 * held)}.get(decay, 1.0)
    return STRENGTHS[strength] * share


def beyond_context(condition: dict[str, Any]) -> list[str]:
    """List the kinds of leaves of a condition that a context signal may not look at."""
    kinds = []
    for leaf in leaves_of(condition):
        if not any(kind in leaf for kind in CONTEXT_LEAVES):
            kinds.append(next(iter(leaf)))
    return sorted(set(kinds))


def acts_on_context_alone(
    condition: dict[str, Any] | None, contexts: Collection[str], segments: Mapping[str, dict[str, Any] | None]
) -> bool:
    """Whether a condition can hold by a context signal without anything that somebody did or where they stand.

    contexts: short names of signals of the kind context. segments: conditions by short name, None for a fixed list.
    """
    return condition is not None and Way(True, False) in _ways(condition, contexts, segments, 0)


def holds_on_context(
    condition: dict[str, Any] | None, contexts: Collection[str], segments: Mapping[str, dict[str, Any] | None]
) -> bool:
    """Whether a condition beside a context signal adds nothing that somebody did or where they stand."""
    return condition is None or any(not way.more for way in _ways(condition, contexts, segments, 0))


def _ways(
    node: dict[str, Any], contexts: Collection[str], segments: Mapping[str, dict[str, Any] | None], depth: int
) -> set[Way]:
    group = group_of(node)
    if group == "not":
        return _ways(node["not"], contexts, segments, depth)
    if group is not None:
        parts = [_ways(child, contexts, segments, depth) for child in node[group]]
        if group == "any":
            return set().union(*parts)
        found = {Way(False, False)}
        for part in parts:
            found = {Way(a.context or b.context, a.more or b.more) for a in found for b in part}
        return found
    if "signal" in node:
        return {Way(True, False)} if node["signal"] in contexts else {Way(False, True)}
    inner = segments.get(node["segment"]) if "segment" in node else None
    if inner is not None and depth < MOST_DEEP:
        return _ways(inner, contexts, segments, depth + 1)
    return {Way(False, not any(kind in node for kind in CONTEXT_LEAVES))}
