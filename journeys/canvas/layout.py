"""Lays the flow of a version out: one column of steps, with columns side by side where ways part.

Ways that meet again meet under their columns (the nearest step that all of them pass). A way to a step that
stands elsewhere is drawn as a pointer to it, so that every step stands on the page exactly once.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EMPTY_UNITS = 0.6  # a way without steps needs less than a card: its label only


@dataclass
class Node:
    """What the layout needs of a step: its id and its ways out (label -> id of the next step), in their order."""

    id: Any  # hashable
    exits: Mapping[str, Any]
    content: Any = None


@dataclass
class Column:
    """One of several ways: the labels of its exits, what comes, and whether it comes back to the others."""

    labels: list[str]
    sequence: "Flow"
    open: bool
    percent: float = 0.0
    names: list[str] = field(default_factory=list)  # what the labels are called on the page
    place: str = ""  # where a step can be put in, at the top of the column
    words: str = ""  # the same place in words


@dataclass
class Fork:
    """Columns side by side; the bars above and below in per cent of the whole width."""

    columns: list[Column]
    units: float
    top_left: float = 0.0
    top_right: float = 0.0
    bottom_left: float | None = None
    bottom_right: float | None = None


@dataclass
class Item:
    """One place of a sequence: a step with its fork, or a pointer to a step that stands elsewhere."""

    node: Node
    pointer: bool = False
    fork: Fork | None = None
    place: str = ""  # where a step can be put in, below it
    words: str = ""  # the same place in words


@dataclass
class Flow:
    """Steps one under the other; `units` is the width in cards."""

    items: list[Item] = field(default_factory=list)
    units: float = 1


def lay_out(nodes: Sequence[Node], *, apart: bool = False) -> Flow:
    """Lay out the steps of a version, the first of which is where everybody starts. Empty without steps.

    apart: several ways that lead to one and the same step are columns of their own, so that each can be changed.
    """
    if not nodes:
        return Flow()
    by_id = {node.id: node for node in nodes}
    return _Layout(by_id, apart=apart).sequence(nodes[0].id, None)[0]


class _Layout:
    def __init__(self, nodes: Mapping[Any, Node], *, apart: bool) -> None:
        self.nodes, self.apart = nodes, apart
        self.placed: set[Hashable] = set()
        self.after = _steps_after(nodes)

    def sequence(self, start: Any, stop: Any) -> tuple[Flow, bool]:
        """Place the steps from start to before stop; also say whether the way reaches stop."""
        result, here = Flow(), start
        while here is not None and here != stop and here in self.nodes:
            node = self.nodes[here]
            if here in self.placed:
                result.items.append(Item(node, pointer=True))
                return result, False
            self.placed.add(here)
            item = Item(node)
            result.items.append(item)
            targets = list(dict.fromkeys(node.exits.values()))
            if not targets:
                return result, False
            if len(targets) == 1:
                if self.apart and len(node.exits) > 1 and targets[0] not in self.placed:
                    columns = [Column([label], Flow(units=EMPTY_UNITS), open=True) for label in node.exits]
                    item.fork = Fork(columns, len(columns) * EMPTY_UNITS)
                    _draw_bars(item.fork)
                    result.units = max(result.units, item.fork.units)
                here = targets[0]
                continue
            join = self._join(targets)
            item.fork = self._fork(node, targets, join if join is not None else stop)
            result.units = max(result.units, item.fork.units)
            if join is None:
                return result, stop is not None and any(column.open for column in item.fork.columns)
            here = join
        return result, here is not None and here == stop

    def _fork(self, node: Node, targets: Sequence[Any], join: Any) -> Fork:
        columns = []
        for target in targets:
            labels = [label for label, to in node.exits.items() if to == target]
            sequence, reaches = self.sequence(target, join)
            if not sequence.items:
                sequence.units = EMPTY_UNITS
            columns.append(Column(labels, sequence, reaches))
        fork = Fork(columns, sum(column.sequence.units for column in columns))
        _draw_bars(fork)
        return fork

    def _join(self, targets: Sequence[Any]) -> Any:
        """The nearest step that two or more of the ways can reach and every later way passes, None when they part for good."""
        reached = [self.after[target] | {target} for target in targets if target in self.after]
        counts = {step: sum(step in way for way in reached) for step in set().union(*reached)} if reached else {}
        shared = {step for step, n in counts.items() if n > 1 and step not in self.placed}
        most = max((counts[step] for step in shared), default=0)
        best = [step for step in shared if counts[step] == most]
        first = [step for step in best if not any(step in self.after[other] for other in best)]
        return first[0] if len(first) == 1 else None


def _steps_after(nodes: Mapping[Any, Node]) -> dict[Any, set[Any]]:
    """For every step all steps that can come after it."""
    after: dict[Any, set[Any]] = {}

    def visit(start: Any) -> None:
        stack = [(start, False)]
        while stack:
            step, done = stack.pop()
            if done:
                nexts = [to for to in nodes[step].exits.values() if to in nodes]
                after[step] = set(nexts).union(*(after.get(to, set()) for to in nexts))
            elif step not in after:
                after[step] = set()
                stack.append((step, True))
                stack.extend((to, False) for to in nodes[step].exits.values() if to in nodes)

    for node in nodes:
        visit(node)
    return after


def _draw_bars(fork: Fork) -> None:
    """Compute the middle of each column, and from where to where the bars above and below go."""
    left, middles = 0.0, []
    for column in fork.columns:
        middles.append(100 * (left + column.sequence.units / 2) / fork.units)
        left += column.sequence.units
        column.percent = 100 * column.sequence.units / fork.units
    fork.top_left, fork.top_right = min(*middles, 50.0), max(*middles, 50.0)
    ends = [middle for middle, column in zip(middles, fork.columns, strict=True) if column.open]
    if ends:
        fork.bottom_left, fork.bottom_right = min(*ends, 50.0), max(*ends, 50.0)
