"""The ways of a flow as a graph of keys, and the conditions on them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from journeys.steps.registry import kind_of


def step_targets(steps: list[dict[str, Any]]) -> dict[str, dict[str, str | None]]:
    """Where each way out of each step leads: label -> key of the next step."""
    following = [step["key"] for step in steps[1:]] + [None] * bool(steps)
    return {
        step["key"]: kind_of(step["kind"]).targets(step, after) for step, after in zip(steps, following, strict=True)
    }


def loops_without(pauses: Collection[str], jump: str, back_to: str, graph: Mapping[str, Sequence[str]]) -> bool:
    """Whether people can come from `back_to` to `jump` again without passing one of the pauses.

    graph: key of a step -> keys of the steps that follow, jumps apart.
    """
    if back_to in pauses:
        return False
    seen, waiting = {back_to}, [back_to]
    while waiting:
        key = waiting.pop()
        if key == jump:
            return True
        for following in graph.get(key, ()):
            if following not in seen and following not in pauses:
                seen.add(following)
                waiting.append(following)
    return False


def depth(first: str, graph: Mapping[str, Sequence[str]]) -> int:
    """How many decisions stand behind each other on the way that has most of them."""
    known: dict[str, int] = {}
    entered: set[str] = set()
    stack = [(first, False)]
    while stack:
        key, left = stack.pop()
        ways = set(graph.get(key, ()))
        if left:  # what follows is known by now, circles apart
            known[key] = max((known.get(way, 0) for way in ways), default=0) + (len(ways) > 1)
        elif key not in entered:
            entered.add(key)
            stack.append((key, True))
            stack.extend((way, False) for way in ways)
    return known.get(first, 0)


def conditions_in(definition: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any]]]:
    """Walk over the conditions of a definition, complete or not: (step or None, condition)."""
    entry, goal = definition.get("entry") or {}, definition.get("goal") or {}
    for part in (
        definition.get("context"),
        entry.get("when"),
        goal.get("when"),
        *(one.get("when") for one in definition.get("exit") or []),
    ):
        if part:
            yield None, part
    for step in definition.get("steps") or []:
        for part in (step.get("until"), *(one.get("when") for one in step.get("branches") or [])):
            if part:
                yield step, part
