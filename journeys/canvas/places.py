"""What every change of a flow is made of: places, ways that are led elsewhere, and the look at what became of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from journeys.canvas.graph import Definition, Graph, new_key, read, write
from journeys.steps.registry import kind_of


class Refused(Exception):
    """A change of the flow that is not possible. why: not_there, too_many, circle, no_end, ends_apart, inside, last."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class CutsOff(Exception):
    """A change after which nobody would come to some steps any more; `keys` in the order of the flow."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


@dataclass(frozen=True)
class Place:
    """Where a step can stand: before a step for all who come to it, or on ways out of a step."""

    key: str
    labels: tuple[str, ...] = ()  # of ways out of `key`; none: before it

    def __str__(self) -> str:
        parts = ["out" if self.labels else "into", self.key, *self.labels]
        return ":".join(quote(part, safe="") for part in parts)

    @staticmethod
    def parse(text: str) -> "Place":
        """Read a place as it stands in an address. Raises Refused."""
        side, key, *labels = [unquote(part) for part in text.split(":")] if ":" in text else ["", ""]
        if side not in ("out", "into") or not key or bool(labels) != (side == "out") or not all(labels):
            raise Refused("not_there")
        return Place(key, tuple(labels))


def ways_of(graph: Graph, key: str) -> dict[str, str | None]:
    if key not in graph.steps:
        raise Refused("not_there")
    return graph.ways[key]


def back(step: Mapping[str, object]) -> str | None:
    to = step.get("to")
    return to if step.get("kind") == "jump" and isinstance(to, str) and to else None


def ways_at(graph: Graph, place: Place) -> list[tuple[str | None, str, str | None]]:
    """The ways of a place: whose (None: the start), which, and where they lead."""
    if not place.labels:
        ways_of(graph, place.key)
        start: list[tuple[str | None, str, str | None]] = [(None, "", place.key)] if graph.first == place.key else []
        return start + [(come, label, place.key) for come, label in graph.into(place.key)]
    ways = ways_of(graph, place.key)
    if any(label not in ways for label in place.labels):
        raise Refused("not_there")
    if len({ways[label] for label in place.labels}) > 1:
        raise Refused("not_there")  # they led to one step when the page was drawn
    return [(place.key, label, ways[label]) for label in place.labels]


def lead(graph: Graph, ways: list[tuple[str | None, str, str | None]], key: str) -> None:
    for come, label, _to in ways:
        if come is None:
            graph.first = key
        else:
            graph.ways[come][label] = key


def end_after(graph: Graph, ways: list[tuple[str, str]]) -> None:
    """Let ways that lead nowhere lead to an end: the one that is there, else a new one."""
    ends = [key for key, step in graph.steps.items() if step["kind"] == "end"]
    key = ends[0] if ends else new_key("end", graph.steps)
    if not ends:
        graph.steps[key] = {"key": key, "kind": "end", "name": dict(kind_of("end").label), **kind_of("end").blank()}
        graph.ways[key] = {}
    for come, label in ways:
        graph.ways[come][label] = key


def drop(graph: Graph, gone: Collection[str]) -> None:
    for key in gone:
        del graph.steps[key]
        del graph.ways[key]
        graph.jumps.pop(key, None)


def finished(graph: Graph, definition: Definition, *, cut: bool = False) -> Definition:
    """Look at what became of it, and write it. Steps that nobody came to before stay as they were."""
    if graph.circle():
        raise Refused("circle")
    before = set(read(definition).lost())
    lost = [key for key in graph.lost() if key not in before]
    if lost and not cut:
        place = {step["key"]: n for n, step in enumerate(definition["steps"])}
        raise CutsOff(sorted(lost, key=lambda key: place.get(key, len(place))))
    drop(graph, lost)
    for key, back in list(graph.jumps.items()):
        if back not in graph.steps:  # where it led is gone: somebody has to say where it leads now
            graph.steps[key] = {**graph.steps[key], "to": ""}
            del graph.jumps[key]
    return write(graph, definition)
