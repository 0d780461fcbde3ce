"""Tells a whole journey as prose that a colleague understands: who comes in, what happens, when people leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from contacts.conditions.names import named
from journeys.canvas.drawing import Words, draw
from journeys.canvas.layout import Flow
from journeys.definitions.entry import entry_texts, kpi_texts, leave_texts, limit_texts, reentry_text
from journeys.definitions.rules import PURPOSE
from orchestrator.kernel.fields import translated


@dataclass
class Told:
    """One paragraph: its number, a step's name and sentence; then its ways, each with what happens on it."""

    number: str
    name: str
    sentence: str
    missing: bool = False
    ways: list["Way"] = field(default_factory=list)


@dataclass
class Way:
    """One of several ways: what it is called, what happens on it, and how it ends."""

    name: str
    steps: list[Told]
    ends: str


@dataclass
class Prose:
    """A journey in words."""

    name: str
    description: str
    who: list[str]
    steps: list[Told]
    lost: list[str]
    leaves: list[str]
    rules: list[str]
    kpis: list[str]


def tell(definition: Mapping[str, Any], words: Words) -> Prose:
    """Put a definition into words, complete or not."""
    flow, lost = draw(definition, words)
    numbers: dict[str, str] = {}
    _number(flow, "", numbers)
    entry = definition.get("entry") or {}
    purpose = named(words.names, "purpose", definition.get("purpose", PURPOSE), words.language)
    return Prose(
        name=translated(definition.get("name"), words.language),
        description=translated(definition.get("description"), words.language),
        who=entry_texts(entry, words.names),
        steps=_tell(flow, numbers),
        lost=[card.name for card in lost],
        leaves=leave_texts(definition, words.names),
        rules=[
            _("Again: %(rule)s.") % {"rule": reentry_text(entry)},
            *limit_texts(entry),
            _("The messages need consent to “%(purpose)s”.") % {"purpose": purpose},
        ],
        kpis=kpi_texts(definition),
    )


def _number(flow: Flow, before: str, numbers: dict[str, str]) -> None:
    """Number the steps as a plain outline: 1, 2, 2a.1, 2a.2, 2b.1, 3 ..."""
    for n, item in enumerate([one for one in flow.items if not one.pointer], 1):
        number = numbers[item.node.id] = f"{before}{n}"
        for letter, column in zip(_letters(), item.fork.columns if item.fork else (), strict=False):
            _number(column.sequence, f"{number}{letter}.", numbers)


def _letters() -> list[str]:
    return [chr(ord("a") + n) for n in range(26)]


def _tell(flow: Flow, numbers: Mapping[str, str], join: str = "") -> list[Told]:
    found = []
    for n, item in enumerate(flow.items):
        if item.pointer:
            continue
        card = item.node.content
        told = Told(numbers[card.key], card.name, card.sentence, card.missing)
        found.append(told)
        following = flow.items[n + 1].node.id if n + 1 < len(flow.items) else join
        for column in item.fork.columns if item.fork else ():
            steps = _tell(column.sequence, numbers, following)
            told.ways.append(Way(", ".join(column.names), steps, _ending(column, following, numbers)))
    return found


def _ending(column: Any, following: str, numbers: Mapping[str, str]) -> str:
    """Say where a way goes on that does not end by itself."""
    items = column.sequence.items
    if items and items[-1].pointer:
        return _("Goes on at %(number)s.") % {"number": numbers.get(items[-1].node.id, "")}
    if column.open and following in numbers:
        return _("Goes on at %(number)s.") % {"number": numbers[following]}
    return ""
