"""What can be taken out of a flow, and what goes with it; pure."""

from journeys.canvas.graph import Definition, Graph, new_key, read
from journeys.canvas.places import Refused, drop, finished, ways_of
from journeys.steps.registry import kind_of


def delete(definition: Definition, key: str, *, keep: str | None = None) -> Definition:
    """Take a step out; who came to it goes on one of its ways. keep: the label of that way, the usual one when None.

    What stood on the other ways alone goes too: see goes_with. Raises Refused (no_end: a way would lead nowhere).
    """
    graph = read(definition)
    ways = ways_of(graph, key)
    onward = ways.get(keep or graph.default_way(key) or "")
    return _without(graph, definition, {key}, onward)


def delete_branch(definition: Definition, key: str) -> Definition:
    """Take a step out with everything down to where its ways meet again. Raises Refused."""
    graph = read(definition)
    ways_of(graph, key)
    if not graph.ways[key]:
        return delete(definition, key)
    inside, join = graph.branch_of(key)
    if join is None:
        place = {one: n for n, one in enumerate(graph.order())}
        out = {to for one in inside for to in graph.after(one) if to not in inside}
        join = min(out, key=place.__getitem__, default=None)
        if join is None:
            return _ended(graph, definition, inside, key)
    return _without(graph, definition, inside, join)


def goes_with(definition: Definition, after: Definition) -> list[str]:
    """The steps of a definition that are not in it any more after a change, in the order of the flow."""
    left = {step["key"] for step in after["steps"]}
    return [step["key"] for step in definition["steps"] if step["key"] not in left]


def _without(graph: Graph, definition: Definition, gone: set[str], onward: str | None) -> Definition:
    """Take steps out, lead who came to them on, and drop what nobody comes to any more."""
    for come, ways in graph.ways.items():
        for label, to in ways.items():
            if come not in gone and to in gone:
                ways[label] = onward or _other_way(graph, come, gone)
    if graph.first in gone:
        if onward is None:
            raise Refused("last")
        graph.first = onward
    drop(graph, gone)
    return finished(graph, definition, cut=True)


def _other_way(graph: Graph, key: str, gone: set[str]) -> str:
    """Where people at a step go when their way is gone: where they usually go, else any other way."""
    ways = graph.ways[key]
    usual = ways.get(graph.default_way(key) or "")
    for to in (usual, *ways.values()):
        if to in graph.steps and to not in gone:
            return to
    raise Refused("no_end")


def _ended(graph: Graph, definition: Definition, inside: set[str], key: str) -> Definition:
    """Take out a step with all that follows: who came to it goes to an end of its own."""
    end = new_key("end", graph.steps)
    graph.steps[end] = {"key": end, "kind": "end", "name": dict(kind_of("end").label), **kind_of("end").blank()}
    graph.ways[end] = {}
    return _without(graph, definition, inside, end)
