"""A definition as a graph of steps and ways, and back in a stable order: pure, without the database."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from journeys.definitions.rules import circle_in
from journeys.steps.base import NEXT
from journeys.steps.registry import kind_names, kind_of

Definition = dict[str, Any]
StepSettings = dict[str, Any]
Ways = dict[str, str | None]
DEFAULTS = ("otherwise", NEXT, "timeout")  # where people go when nothing else is said
LONGEST_KEY = 60


@dataclass
class Graph:
    """The steps of a definition by key, and where each way out leads. jumps: which step a jump back names."""

    first: str
    steps: dict[str, StepSettings]
    ways: dict[str, Ways]
    jumps: dict[str, str] = field(default_factory=dict)

    def into(self, key: str) -> list[tuple[str, str]]:
        """The ways that lead to a step: key and label of each."""
        return [(come, label) for come, ways in self.ways.items() for label, to in ways.items() if to == key]

    def after(self, key: str) -> list[str]:
        """The steps that follow, each once, in the order of the ways."""
        return list(dict.fromkeys(to for to in self.ways[key].values() if to in self.steps))

    def reached(self, start: str, without: Collection[str] = ()) -> set[str]:
        """The steps that people come to from one on, itself included, when they cannot pass some."""
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            key = waiting.pop()
            if key not in seen and key not in without and key in self.steps:
                seen.add(key)
                waiting.extend(self.after(key))
        return seen

    def lost(self) -> list[str]:
        """The steps that nobody comes to."""
        seen = self.reached(self.first)
        return [key for key in self.steps if key not in seen]

    def order(self) -> list[str]:
        """The steps depth first, each after all that lead to it; then those that nobody comes to."""
        found: list[str] = []
        done: set[str] = set()
        for start in (self.first, *self.lost()):
            part: list[str] = []
            stack = [(start, False)]
            while stack:
                key, left = stack.pop()
                if left:
                    part.append(key)
                elif key not in done:
                    done.add(key)
                    stack.append((key, True))
                    stack.extend((to, False) for to in self.after(key))  # the last way is walked first ...
            found += reversed(part)  # ... and so stands last
        return found

    def circle(self) -> bool:
        """Whether some way leads back to where it came from."""
        return bool(circle_in({key: self.after(key) for key in self.steps}))

    def join(self, key: str) -> str | None:
        """The nearest step at which at least two ways of a step meet again and that all of these pass."""
        ways = [self.reached(to) for to in self.after(key)]
        if len(ways) < 2:
            return next(iter(self.after(key)), None)
        counts = {step: sum(step in way for way in ways) for step in set().union(*ways)}
        most = max(counts.values(), default=0)
        place = {step: n for n, step in enumerate(self.order())}
        shared = sorted((step for step, n in counts.items() if n == most and n > 1), key=place.__getitem__)
        return shared[0] if shared else None

    def default_way(self, key: str) -> str | None:
        """The label of the way that people take when nothing else holds; None where no way leads out."""
        labels = list(self.ways[key])
        return next((label for label in DEFAULTS if label in labels), labels[-1] if labels else None)

    def branch_of(self, key: str) -> tuple[set[str], str | None]:
        """A step with everything down to where its ways meet again, and where that is; None: they never meet.

        What people can come to by other ways too does not belong to it.
        """
        join = self.join(key)
        inside = self.reached(key, without=[join] if join else [])
        elsewhere = self.reached(self.first, without=[key])
        return {key} | (inside - elsewhere), join


def targets_of(step: StepSettings, following: str | None) -> Ways:
    """Each way out of a step and where it leads; one plain way for a kind that is gone."""
    if step.get("kind") not in kind_names():
        return {NEXT: step.get(NEXT, following)}
    return kind_of(step["kind"]).targets(step, following)


def read(definition: Definition) -> Graph:
    """Read the steps of a definition, every way explicit. A definition has at least one step."""
    steps = definition["steps"]
    following = [step["key"] for step in steps[1:]] + [None]
    graph = Graph(steps[0]["key"], {step["key"]: step for step in steps}, {})
    for step, after in zip(steps, following, strict=True):
        ways, back = targets_of(step, after), step.get("to") if step["kind"] == "jump" else None
        if isinstance(back, str) and back:
            graph.jumps[step["key"]] = back
        graph.ways[step["key"]] = {label: to for label, to in ways.items() if to is None or to != back}
    return graph


def write(graph: Graph, definition: Definition) -> Definition:
    """Write a graph into a definition: depth first; a way is left out where it was and still leads to the next step."""
    order = graph.order()
    steps = []
    for key, following in zip(order, [*order[1:], None], strict=True):
        step, ways = graph.steps[key], graph.ways[key]
        steps.append(_brief(step, aimed(step, ways), following))
    return {**definition, "steps": steps}


def aimed(step: StepSettings, ways: Mapping[str, str | None]) -> StepSettings:
    """A step with every way out written down."""
    targets = {label: to for label, to in ways.items() if to is not None}
    if step.get("kind") not in kind_names():
        return {**step, **({NEXT: targets[NEXT]} if NEXT in targets else {})}
    return kind_of(step["kind"]).aim(step, targets)


def _brief(before: StepSettings, step: StepSettings, following: str | None) -> StepSettings:
    """Leave out again the targets that the author left out, as long as the ways stay the same."""
    wanted = targets_of(step, None)
    for key in [key for key in step if key not in before and isinstance(step[key], str)]:
        trial = {k: v for k, v in step.items() if k != key}
        if targets_of(trial, following) == wanted:
            step = trial
    for key, parts in step.items():
        old = before.get(key)
        if not isinstance(parts, list) or not isinstance(old, list) or len(old) != len(parts):
            continue
        for place, part in enumerate(parts):
            if not isinstance(part, dict) or NEXT not in part or NEXT in old[place]:
                continue
            shorter = [*parts[:place], {k: v for k, v in part.items() if k != NEXT}, *parts[place + 1 :]]
            if targets_of({**step, key: shorter}, following) == wanted:
                parts = shorter
        step = {**step, key: parts}
    return step


def new_key(wanted: str, taken: Iterable[str]) -> str:
    """A key that no step has or ever had: `wait`, `wait-2` ..."""
    used, base = set(taken), wanted[: LONGEST_KEY - 5]
    key, number = base, 2
    while key in used:
        key, number = f"{base}-{number}", number + 1
    return key
