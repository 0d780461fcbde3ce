"""Who names what: each room says where its definitions name segments, signals, stages, events and the like."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from contacts.conditions.rules import leaves_of


class Use(NamedTuple):
    """One place in which something is named.

    kind, slug: what is named ("segment", "big-spenders"). room, user, name: who names it ("journey", its short name, its
    name in en and de). how: a key of HOWS.
    """

    kind: str
    slug: str
    room: str
    user: str
    name: Mapping[str, str]
    how: str


KINDS = ("event", "segment", "signal", "stage", "attribute", "score", "grade", "journey", "phase", "offer", "consent")
ROOMS = {
    "journey": {"en": "journey", "de": "Journey"},
    "segment": {"en": "segment", "de": "Segment"},
    "signal": {"en": "signal", "de": "Signal"},
    "stage": {"en": "stage", "de": "Stufe"},
    "score": {"en": "score", "de": "Score"},
    "handover": {"en": "handover", "de": "Übergabe"},
    "content": {"en": "content", "de": "Inhalt"},
    "offer": {"en": "offer", "de": "Angebot"},
    "form": {"en": "sign-up form", "de": "Anmeldeformular"},
    "limit": {"en": "contact rule", "de": "Kontaktregel"},
    "audience": {"en": "audience", "de": "Zielgruppe"},
    "topic": {"en": "topic", "de": "Thema"},
}
HOWS = {
    "entry": {"en": "entry", "de": "Eintritt"},
    "filter": {"en": "filter", "de": "Filter"},
    "exit": {"en": "exit", "de": "Austritt"},
    "goal": {"en": "goal", "de": "Ziel"},
    "branch": {"en": "branch", "de": "Verzweigung"},
    "wait": {"en": "wait", "de": "Warten"},
    "step": {"en": "step", "de": "Schritt"},
    "rule": {"en": "rule", "de": "Regel"},
    "leave": {"en": "leaving", "de": "Verlassen"},
    "key": {"en": "key", "de": "Schlüssel"},
    "weight": {"en": "weight", "de": "Gewicht"},
    "points": {"en": "points", "de": "Punkte"},
    "text": {"en": "text", "de": "Text"},
    "answer": {"en": "answer of sales", "de": "Antwort des Vertriebs"},
}

_sources: list[Callable[[], Iterable[Use]]] = []


def register_uses(source: Callable[[], Iterable[Use]]) -> None:
    """Add a room's uses. source reads all of them, in a fixed number of statements."""
    if source not in _sources:
        _sources.append(source)


def load_uses() -> list[Use]:
    """Read every use of every room, each once."""
    found = {(use.kind, use.slug, use.room, use.user, use.how): use for source in _sources for use in source()}
    return list(found.values())


def uses_of(kind: str, slug: str, uses: Iterable[Use] | None = None) -> list[Use]:
    """List who names one thing. uses: of load_uses(), read again when None."""
    return [use for use in (load_uses() if uses is None else uses) if (use.kind, use.slug) == (kind, slug)]


def named_by(condition: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Walk over what a condition names: ("event", "order_placed"), ("segment", "big-spenders") ..."""
    for leaf in leaves_of(condition) if condition else ():
        yield from _named(leaf)


def _named(leaf: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in KINDS:
        if isinstance(leaf.get(kind), str):
            yield kind, leaf[kind]
    if isinstance(leaf.get("grade"), dict):  # {"in": ["A1", "A2"]}
        yield from (("grade", cell) for cell in leaf["grade"].get("in") or () if isinstance(cell, str))


def in_conditions(part: Any) -> Iterator[tuple[str, str]]:
    """Walk over what the conditions inside of a larger definition name, wherever they stand in it."""
    if isinstance(part, dict):
        yield from _named(part)
        for value in part.values():
            yield from in_conditions(value)
    elif isinstance(part, list):
        for value in part:
            yield from in_conditions(value)
