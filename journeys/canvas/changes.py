"""What can be done with the flow of a journey: put in, change, move, copy, connect; pure.

After every change each way leads somewhere, nobody goes in a circle and every step can be reached. What cannot be done
without losing steps is refused with CutsOff, unless the caller says that they may go.
"""

from collections.abc import Collection, Mapping

from journeys.canvas.graph import Definition, Graph, StepSettings, aimed, new_key, read, targets_of
from journeys.canvas.places import Place, Refused, back, end_after, finished, lead, ways_at, ways_of
from journeys.definitions.rules import MOST_STEPS
from journeys.steps.base import NEXT
from journeys.steps.registry import kind_of

COPY = {"en": "{} (copy)", "de": "{} (Kopie)"}


def insert(
    definition: Definition, kind: str, place: Place, *, taken: Collection[str] = (), cut: bool = False
) -> tuple[Definition, str]:
    """Put a blank step of a kind somewhere; also give its key. taken: keys that steps had once.

    Raises Refused, CutsOff (a step that ends people's way cuts off what followed).
    """
    graph = read(definition)
    if len(graph.steps) >= MOST_STEPS:
        raise Refused("too_many")
    key = new_key(kind, {*graph.steps, *taken})
    step = {"key": key, "kind": kind, "name": dict(kind_of(kind).label), **kind_of(kind).blank()}
    _put_in(graph, key, step, ways_at(graph, place))
    return finished(graph, definition, cut=cut), key


def change(definition: Definition, key: str, step: StepSettings, *, cut: bool = False) -> Definition:
    """Put other settings to a step. Ways that it keeps lead where they led, new ones where people go otherwise.

    Raises Refused, CutsOff (a way is gone, and nobody comes to what stood on it).
    """
    graph = read(definition)
    before = ways_of(graph, key)
    wanted = targets_of(step, None)
    onward = before.get(graph.default_way(key) or "") or graph.join(key)
    removed = [to for label, to in before.items() if label not in wanted and to in graph.steps]
    ways = {
        label: to if to in graph.steps else before.get(label) or onward or next(iter(removed), None)
        for label, to in wanted.items()
        if to is None or to != back(step)
    }
    graph.steps[key], graph.ways[key] = _as_brief(graph.steps[key], step), ways
    graph.jumps.pop(key, None)
    if to := back(step):
        graph.jumps[key] = to
    if None in ways.values():
        end_after(graph, [(key, label) for label, to in ways.items() if to is None])
    return finished(graph, definition, cut=cut)


def move(definition: Definition, key: str, place: Place) -> Definition:
    """Put a step, with everything down to where its ways meet again, to another place.

    Raises Refused (inside: into itself; ends_apart: its ways never meet again, so nothing could follow it there).
    """
    graph = read(definition)
    inside, join = _movable(graph, key)
    there = {(come, label) for come, label, _to in ways_at(graph, place)}
    coming = {(come, label) for come, label, _to in ways_at(graph, Place(key))}
    going = {(come, label) for come, label in graph.into(join) if come in inside}
    if there in (coming, going):
        return definition  # it stands there
    if place.key in inside:
        raise Refused("inside")
    for come, label in coming:
        if come is None:
            graph.first = join
        else:
            graph.ways[come][label] = join
    ways = [one for one in ways_at(graph, place) if one[0] not in inside]
    onward = ways[0][2]
    for come in inside:
        for label, to in graph.ways[come].items():
            if to == join:
                graph.ways[come][label] = onward
    lead(graph, ways, key)
    return finished(graph, definition)


def copy(
    definition: Definition, key: str, place: Place | None = None, *, branch: bool = False, taken: Collection[str] = ()
) -> tuple[Definition, str]:
    """Put a step once more, after itself or at a place; also give the key of the copy. branch: with all that is on its ways.

    Without its branch all ways of the copy go on to what follows. Raises Refused.
    """
    graph = read(definition)
    ways_of(graph, key)
    inside, join = graph.branch_of(key) if branch else ({key}, graph.join(key))
    if branch and join is None and graph.ways[key]:
        raise Refused("ends_apart")
    if not graph.ways[key]:
        raise Refused("no_end")
    if len(graph.steps) + len(inside) > MOST_STEPS:
        raise Refused("too_many")
    there = ways_at(graph, place or _after(graph, key, join))
    onward = there[0][2]
    keys: dict[str, str] = {}
    for old in [one for one in graph.order() if one in inside]:
        keys[old] = new_key(graph.steps[old]["kind"], {*graph.steps, *taken, *keys.values()})
    for old, new in keys.items():
        graph.steps[new] = _copied(graph.steps[old], new, keys)
        leads = {to: keys.get(to or "", onward if to == join or not branch else to) for to in graph.ways[old].values()}
        graph.ways[new] = {label: leads[to] for label, to in graph.ways[old].items()}
        if old in graph.jumps:
            graph.jumps[new] = keys.get(graph.jumps[old], graph.jumps[old])
    lead(graph, there, keys[key])
    return finished(graph, definition), keys[key]


def connect(definition: Definition, place: Place, target: str, *, cut: bool = False) -> Definition:
    """Let ways out of a step lead to another step that is there. Raises Refused (circle), CutsOff."""
    graph = read(definition)
    ways_of(graph, target)
    if not place.labels:
        raise Refused("not_there")
    lead(graph, ways_at(graph, place), target)
    return finished(graph, definition, cut=cut)


def explicit(definition: Definition, key: str) -> StepSettings:
    """A step with all its ways written down, as its form wants it. Raises Refused."""
    graph = read(definition)
    return aimed(graph.steps[key], ways_of(graph, key))


def _as_brief(before: StepSettings, step: StepSettings) -> StepSettings:
    """Leave out the targets of a changed step where they were left out before: write puts in what has to be said."""
    ways = kind_of(step["kind"]).ways
    step = {key: value for key, value in step.items() if key not in ways or key in before}
    for key, parts in step.items():
        old = before.get(key)
        if (
            isinstance(parts, list)
            and isinstance(old, list)
            and not any(NEXT in one for one in old if isinstance(one, dict))
        ):
            step[key] = [{k: v for k, v in one.items() if k != NEXT} if isinstance(one, dict) else one for one in parts]
    return step


def _put_in(graph: Graph, key: str, step: StepSettings, ways: list[tuple[str | None, str, str | None]]) -> None:
    onward = ways[0][2] if ways else None
    graph.steps[key] = step
    graph.ways[key] = dict.fromkeys(targets_of(step, None), onward)
    lead(graph, ways, key)
    if onward is None and graph.ways[key]:
        end_after(graph, [(key, label) for label in graph.ways[key]])


def _movable(graph: Graph, key: str) -> tuple[set[str], str]:
    """What moves with a step, and the step that follows."""
    ways_of(graph, key)
    inside, join = graph.branch_of(key)
    if join is None:
        raise Refused("ends_apart" if graph.ways[key] else "no_end")
    return inside, join


def _after(graph: Graph, key: str, join: str | None) -> Place:
    """The place right after a step, or after its branch."""
    targets = set(graph.ways[key].values())
    if len(targets) == 1:
        return Place(key, tuple(graph.ways[key]))
    return Place(join) if join else Place(key, (graph.default_way(key) or NEXT,))


def _copied(step: StepSettings, key: str, keys: Mapping[str, str]) -> StepSettings:
    names = {language: COPY[language].format(text)[:200] for language, text in step["name"].items() if text}
    again = {**step, "key": key, "name": {**step["name"], **names}}
    if to := back(step):
        again["to"] = keys.get(to, to)
    return again
