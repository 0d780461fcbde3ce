"""Draws a definition: cards with their sentences, laid out, with the places where something can be put in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.attributes.queries import definitions
from contacts.conditions.names import Names, load_names, spaced
from journeys.canvas.graph import Graph, read
from journeys.canvas.layout import Flow, Node, lay_out
from journeys.canvas.places import Place
from journeys.definitions.checklist import Hint
from journeys.steps.registry import Known, kind_names, kind_of, validate_step
from orchestrator.kernel.fields import translated


@dataclass
class Card:
    """One step on the canvas. missing: what is not filled in yet; `sentence` says it then. here: people, of the live version."""

    key: str
    kind: str
    label: str
    name: str
    sentence: str
    missing: bool = False
    errors: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    numbers: Any = None

    @property
    def mark(self) -> str:
        """The tone of the mark on the card, empty where all is well."""
        return "red" if self.missing or self.errors else "amber" if self.hints else ""

    @property
    def told(self) -> str:
        """What the mark says."""
        return " ".join([*self.errors, *self.hints]) or self.sentence


@dataclass
class Words:
    """What sentences are made of, read once for a page: the language, names of things, definitions of attributes."""

    language: str
    names: Names
    known: Known

    @staticmethod
    def load() -> "Words":
        """Read the names and definitions, in two statements."""
        return Words(language(), load_names(), definitions())


def language() -> str:
    """Say the language of the page, "en" or "de"."""
    return (get_language() or "en")[:2]


def draw(
    definition: Mapping[str, Any], words: Words, hints: Sequence[Hint] = (), *, apart: bool = False
) -> tuple[Flow, list[Card]]:
    """Lay a definition out; also give the cards of steps that nobody comes to. apart: each way is a column."""
    if not definition.get("steps"):
        return Flow(), []
    graph = read(dict(definition))
    cards = {card.key: card for card in cards_of(definition["steps"], words, hints)}
    lost = graph.lost()
    nodes = [
        Node(key, {label: to for label, to in in_order(graph, key).items() if to in graph.steps}, cards[key])
        for key in graph.order()
        if key not in lost
    ]
    laid = lay_out(nodes, apart=apart)
    _name_ways(laid, graph, words, cards)
    return laid, [cards[key] for key in lost]


def cards_of(steps: Iterable[Mapping[str, Any]], words: Words, hints: Sequence[Hint] = ()) -> list[Card]:
    """A card for each step. One that is not complete says what is missing."""
    by_step: dict[str, tuple[list[str], list[str]]] = {}
    for hint in hints:
        by_step.setdefault(hint.step_key, ([], []))[hint.level != "error"].append(hint.text)
    found = []
    for step in steps:
        errors, warnings = by_step.get(step["key"], ([], []))
        sentence, missing = say(step, words)
        if missing and errors and "expected" not in errors[0]:  # the words of a machine are for the list of findings
            sentence = errors[0]
        found.append(
            Card(step["key"], step["kind"], label_of(step["kind"], words.language), name_of(step, words.language), sentence, missing, errors, warnings)
        )  # fmt: skip
    return found


def say(step: Mapping[str, Any], words: Words) -> tuple[str, bool]:
    """A step as a sentence, and whether something is missing in it, which is what the sentence says then."""
    if step["kind"] not in kind_names():
        return _("This kind of step does not exist."), True
    if any(problem.level == "error" for problem in validate_step(dict(step), "", words.known)):
        return _("Not complete yet: open it and fill in what is missing."), True
    return kind_of(step["kind"]).say(dict(step), words.language, words.names), False


def name_of(step: Mapping[str, Any], language: str) -> str:
    """The name of a step, else that of its kind."""
    return translated(step.get("name"), language) or label_of(step["kind"], language)


def label_of(kind: str, language: str) -> str:
    """What a kind of step is called."""
    return translated(dict(kind_of(kind).label), language) if kind in kind_names() else kind


def in_order(graph: Graph, key: str) -> dict[str, str | None]:
    """The ways out of a step in the order of its author."""
    settings, ways = graph.steps[key], graph.ways[key]
    named = [
        *(branch.get("key") for branch in settings.get("branches") or []),
        *(arm.get("name") for arm in settings.get("arms") or []),
    ]
    order = {label: place for place, label in enumerate([*named, "next", "timeout", "missing", "otherwise"])}
    return dict(sorted(ways.items(), key=lambda way: order.get(way[0], len(order))))


def way_name(step: Mapping[str, Any], label: str, words: Words, *, missing: bool = False) -> str:
    """Name a way out of a step; the plain next step is "on". missing: of an incomplete step, called as far as it can be."""
    if not missing:
        return kind_of(step["kind"]).say_exit(dict(step), label, words.language, words.names) or _("on")
    for part in step.get("branches") or []:
        if part.get("key") == label:
            return translated(part.get("name"), words.language) or _("a way without a name")
    fixed = {"next": _("on"), "timeout": _("not in time"), "missing": _("missing data"), "otherwise": _("otherwise")}
    return fixed.get(label) or spaced(label)


def _name_ways(laid: Flow, graph: Graph, words: Words, cards: Mapping[str, Card]) -> None:
    """Name the ways of every fork, and say where something can be put in."""
    after, on_way = _("Put in after “%(step)s”"), _("Put in after “%(step)s”, on the way “%(way)s”")
    meeting = _("Put in where the ways of “%(step)s” meet again")
    for n, item in enumerate(laid.items):
        key, name = item.node.id, item.node.content.name
        if item.pointer:
            continue
        if item.fork is None:
            if graph.ways[key]:
                item.place, item.words = str(Place(key, tuple(graph.ways[key]))), after % {"step": name}
            continue
        missing = cards[key].missing
        for column in item.fork.columns:
            column.names = [way_name(graph.steps[key], label, words, missing=missing) for label in column.labels]
            column.place = str(Place(key, tuple(column.labels)))
            column.words = on_way % {"step": name, "way": " · ".join(column.names)}
            _name_ways(column.sequence, graph, words, cards)
        if n + 1 < len(laid.items) and not laid.items[n + 1].pointer:
            item.place, item.words = str(Place(laid.items[n + 1].node.id)), meeting % {"step": name}
