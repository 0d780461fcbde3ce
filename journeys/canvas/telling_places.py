"""Says in words where a step can stand, for those who choose from a list."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from journeys.canvas.layout import Flow
from journeys.canvas.places import Place
from journeys.steps.registry import kind_names, kind_of
from orchestrator.kernel.fields import translated

FIRST = (
    "wait",
    "send",
    "branch",
    "split",
    "update",
    "handover",
    "task",
    "offer",
    "survey",
    "audience",
    "webhook",
    "jump",
    "end",
)


@dataclass(frozen=True)
class Spot:
    """A place with its words; depth: how many forks it stands in."""

    at: str
    words: str
    depth: int


def places_of(flow: Flow) -> list[Spot]:
    """Every place of a flow in its order, the start first."""
    if not flow.items:
        return []
    first = flow.items[0].node.content
    return [
        Spot(str(Place(first.key)), _("at the start, before “%(step)s”") % {"step": first.name}, 0),
        *_walk(flow, 0),
    ]


def _walk(flow: Flow, depth: int) -> list[Spot]:
    found: list[Spot] = []
    for n, item in enumerate(flow.items):
        card = item.node.content
        for column in item.fork.columns if item.fork else ():
            said = {"step": card.name, "way": " · ".join(column.names)}
            found.append(Spot(column.place, _("after “%(step)s”, on the way “%(way)s”") % said, depth + 1))
            found += _walk(column.sequence, depth + 1)
        if item.place and item.fork:
            said = {"step": card.name, "next": flow.items[n + 1].node.content.name}
            text = _("where the ways of “%(step)s” meet again, before “%(next)s”")
            found.append(Spot(item.place, text % said, depth))
        elif item.place:
            found.append(Spot(item.place, _("after “%(step)s”") % {"step": card.name}, depth))
    return found


def kinds(language: str) -> list[dict[str, str]]:
    """Every kind of step with what it is called and does, the usual ones first."""
    order = {name: n for n, name in enumerate(FIRST)}
    return [
        {
            "name": name,
            "label": translated(dict(kind_of(name).label), language),
            "about": translated(dict(kind_of(name).about), language),
        }
        for name in sorted(kind_names(), key=lambda name: (order.get(name, len(order)), name))
    ]
