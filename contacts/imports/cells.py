"""Turns rows into people: one reader a column, made once from the mapping, so that a million rows are read quickly."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from contacts.attributes.queries import Definition
from contacts.attributes.rules import Kind, parse
from contacts.imports import registry
from contacts.imports.fields import read_line, read_phone, reader_of
from contacts.imports.models import Import
from contacts.imports.registry import Refused
from contacts.imports.rules import MAX_CELL, Reason
from contacts.imports.targets import ATTRIBUTE, CONSENT_AT, FIELDS, IDENTIFIER, NEW
from contacts.profiles.rules import language_of_country, zone_of_country

MOST_REMEMBERED = 20_000  # cells of one column whose reading is kept
NEVER_CLEARED = ("external_id", "language", "time_zone")
Read = Callable[[str], Any]


class Refusal(NamedTuple):
    """Something that did not come in. taken: the rest of the row did."""

    line: int
    column: str
    reason: Reason
    detail: str
    taken: bool
    cells: list[str]


class Place(NamedTuple):
    """A column that goes somewhere: its number, its name, where to, and how its cells are read."""

    number: int
    header: str
    slot: str  # "field", "phone", "attribute", "id", "kind" or "at"
    name: str
    read: Read


@dataclass
class Person:
    """What the file says about a person; a field that is not in `fields` stays as it is, "" clears it."""

    line: int
    key: str
    fields: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    said: dict[str, tuple[int, Any, datetime | None]] = field(default_factory=dict)

    def add(self, later: "Person") -> None:
        """Take over what a later row about the same person says."""
        self.fields |= later.fields
        self.attributes = {key: v for key, v in self.attributes.items() if key not in later.removed} | later.attributes
        self.removed = (self.removed | later.removed) - set(later.attributes)
        self.ids |= later.ids
        self.said |= later.said
        self.line = later.line


class RowReader:
    """Reads the rows of one import."""

    def __init__(self, job: Import, definitions: Mapping[str, Definition]) -> None:
        options = job.options
        self.width = len(job.mapping)
        self.key: str = options.get("key", "email")
        self.clears = options.get("empty") == "clear"
        self.places = list(_places(job, definitions))
        self.proven = _proven(options)
        self.fixed_at = _instant(options.get("consent", {}).get("at", ""))

    def read(self, line: int, cells: Sequence[str]) -> tuple[Person | None, list[Refusal]]:
        """Read one row: the person (None when the row is refused), and everything that is wrong with it."""
        person, wrong = Person(line, ""), []
        answers: list[tuple[Place, str]] = []
        at = self.fixed_at
        if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
            return None, [Refusal(line, "", Reason.TOO_MANY_CELLS, str(len(cells)), False, list(cells))]
        for place in self.places:
            text = cells[place.number] if place.number < len(cells) else ""
            if not text or text.isspace():
                if self.clears:
                    _clear(person, place)
                continue
            if place.slot == "kind":
                answers.append((place, text))
                continue
            try:
                if place.slot == "phone":
                    value = read_phone(text, person.fields.get("country", ""))
                else:
                    value = place.read(text)
            except Refused as no:
                wrong.append(Refusal(line, place.header, no.reason, no.detail, True, list(cells)))
                continue
            if place.slot in ("field", "phone"):
                person.fields[place.name] = value
            elif place.slot == "attribute":
                person.attributes[place.name] = value
            elif place.slot == "id":
                person.ids[place.name] = value
            else:
                at = value
        for place, text in answers:
            self._answer(person, place, text, at, wrong, cells)
        return self._keyed(person, wrong, cells)

    def _answer(
        self,
        person: Person,
        place: Place,
        text: str,
        at: datetime | None,
        wrong: list[Refusal],
        cells: Sequence[str],
    ) -> None:
        kind, _, name = place.name.partition(":")
        try:
            value = registry.columns()[kind].read(name, text, proven=self.proven and at is not None)
        except Refused as no:
            wrong.append(Refusal(person.line, place.header, no.reason, no.detail, True, list(cells)))
            value = no.value
        if value is not None:
            person.said[place.name] = (person.line, value, at)

    def _keyed(self, person: Person, wrong: list[Refusal], cells: Sequence[str]) -> tuple[Person | None, list[Refusal]]:
        if self.key.startswith(IDENTIFIER):
            person.key = person.ids.get(self.key.removeprefix(IDENTIFIER), "")
        else:
            person.key = person.fields.get(self.key, "")
        if person.key:
            return person, wrong
        why = wrong[0].detail if wrong else ""
        return None, [Refusal(person.line, "", Reason.NO_KEY, why, False, list(cells))]


def defaults_of(country: str | None) -> tuple[str, str]:
    """The language and the time zone of somebody new who says neither; the zone of a company goes before this one."""
    return language_of_country(country), zone_of_country(country) or settings.TEAM_TIME_ZONE


def _places(job: Import, definitions: Mapping[str, Definition]) -> Sequence[Place]:
    found = []
    look, headers = job.format, job.format.get("headers", [])
    for number, target in enumerate(job.mapping):
        header = headers[number] if number < len(headers) else str(number + 1)
        if target in FIELDS:
            read, often = reader_of(target)
            slot = "phone" if target == "phone" else "field"
            found.append(Place(number, header, slot, target, _remembering(read) if often else read))
        elif target == CONSENT_AT:
            found.append(Place(number, header, "at", target, _remembering(_moment_reader(look))))
        elif (key := _attribute_key(target)) in definitions:
            definition = definitions[key]
            reader = _remembering(attribute_reader(definition.kind, definition.choices, look))
            found.append(Place(number, header, "attribute", key, reader))
        elif target.startswith(IDENTIFIER):
            found.append(
                Place(number, header, "id", target.removeprefix(IDENTIFIER), lambda text: read_line(text, 200))
            )
        elif registry.kind_of(target):
            found.append(Place(number, header, "kind", target, str))
    # a phone number may need the country of the same row
    return sorted(found, key=lambda place: place.slot == "phone")


def _attribute_key(target: str) -> str:
    """The attribute that a column goes to, also one that the import is going to make; empty when it goes elsewhere."""
    if target.startswith(NEW):
        return target.removeprefix(NEW).partition(":")[2]
    return target.removeprefix(ATTRIBUTE) if target.startswith(ATTRIBUTE) else ""


def attribute_reader(kind: str, choices: Sequence[Mapping[str, Any]], look: Mapping[str, Any]) -> Read:
    """Make the function that reads cells of an attribute. look: the format of the file."""
    decimal, day_first = look.get("decimal", "."), look.get("day_first")
    zone = ZoneInfo(settings.TEAM_TIME_ZONE)
    whole = kind in (Kind.WHOLE, Kind.NUMBER)

    def read(text: str) -> Any:
        if whole and text.isascii() and text.isdigit() and len(text) < 15:
            return int(text)
        if "\0" in text or len(text) > MAX_CELL:
            raise Refused(Reason.BAD_TEXT if "\0" in text else Reason.TOO_LONG, text[:60])
        try:
            return parse(kind, text, decimal, day_first, choices, zone=zone)
        except ValueError as error:
            raise Refused(Reason.BAD_VALUE, str(error)) from None

    return read


def _moment_reader(look: Mapping[str, Any]) -> Read:
    instant, day = attribute_reader(Kind.INSTANT, (), look), attribute_reader(Kind.DATE, (), look)

    def read(text: str) -> datetime:
        try:
            return datetime.fromisoformat(instant(text))
        except Refused:
            midnight = datetime.fromisoformat(day(text))
            return midnight.replace(tzinfo=ZoneInfo(settings.TEAM_TIME_ZONE)).astimezone(UTC)

    return read


def _remembering(read: Read) -> Read:
    """Read the same text once: countries, choices and days come again and again."""
    known: dict[str, Any] = {}

    def remembered(text: str) -> Any:
        try:
            value = known[text]
        except KeyError:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            try:
                value = read(text)
            except Refused as no:
                value = no
            known[text] = value
        if isinstance(value, Refused):
            raise value
        return value

    return remembered


def _clear(person: Person, place: Place) -> None:
    if place.slot == "attribute":
        person.removed.add(place.name)
    elif place.slot in ("field", "phone") and place.name not in NEVER_CLEARED:
        person.fields[place.name] = ""


def _proven(options: Mapping[str, Any]) -> bool:
    consent = options.get("consent", {})
    return bool(consent.get("source", "").strip() and consent.get("wording", "").strip())


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
