"""What a mapping says: how a line of a CSV becomes a person and an event."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from contacts.attributes.rules import guess_kind
from contacts.profiles.rules import LANGUAGES, countries, zones

SEPARATORS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "pipe": "|",
    "whitespace": None,
    ",": ",",
    ";": ";",
    "|": "|",
}
PERSON = (
    "external_id",
    "email",
    "phone",
    "first_name",
    "last_name",
    "language",
    "country",
    "time_zone",
    "job_title",
    "account",
)
LENGTHS = {
    "external_id": 200,
    "email": 320,
    "phone": 40,
    "first_name": 200,
    "last_name": 200,
    "job_title": 200,
    "account": 200,
}
KINDS = ("behaviour", "transaction", "feedback")
TYPES: dict[str, Callable[[str], Any]] = {
    "text": str,
    "integer": int,
    "number": float,
    "boolean": lambda text: {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
        text.lower()
    ],
}
ATTRIBUTE_KINDS = {"text": "text", "integer": "whole", "number": "number", "boolean": "yes_no"}
PLACE = re.compile(r"\{([^{}]+)\}")
EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class InvalidMapping(Exception):
    """The mapping cannot be used; each line names the path and what was expected. Nothing was written."""


class BadLine(Exception):
    """This line cannot be used; the message is the reason."""


class Value(NamedTuple):
    """Where a value comes from: a column, or a text with {columns} in it, or a fixed one."""

    column: str = ""
    text: str = ""
    fixed: Any = None
    values: Mapping[str, Any] | None = None
    type: str = "text"

    def columns(self) -> list[str]:
        """The columns it reads."""
        return [self.column] if self.column else PLACE.findall(self.text)

    def of(self, cells: Mapping[str, str]) -> Any:
        """The value in a line; None when the cell is empty. Raises BadLine."""
        if not self.column and not self.text:
            return self.fixed
        if self.text:
            parts = [cells[name] for name in PLACE.findall(self.text)]
            return PLACE.sub(lambda found: cells[found[1]], self.text) if all(parts) else None
        cell = cells[self.column]
        if not cell:
            return None
        if self.values is not None:
            if cell not in self.values:
                raise BadLine(f"{self.column}: expected one of {', '.join(map(str, self.values))}, got {cell[:50]!r}")
            return self.values[cell]
        try:
            value = TYPES[self.type](cell)
        except (ValueError, KeyError):
            raise BadLine(f"{self.column}: expected {self.type}, got {cell[:50]!r}") from None
        # NaN and infinity are no numbers for a condition, and more than 64 bits are none for a column
        if (self.type == "number" and not abs(value) < 1e300) or (self.type == "integer" and abs(value) >= 2**63):
            raise BadLine(f"{self.column}: expected {self.type}, got {cell[:50]!r}")
        return value


class Layout(NamedTuple):
    """A checked mapping."""

    source: str
    encoding: str
    separator: str | None
    columns: tuple[str, ...]  # empty: the first line names them
    person: Mapping[str, Value]
    attributes: Mapping[str, Value]
    name: Value
    time_column: str
    time_format: str
    zone: ZoneInfo
    message_id: tuple[str, ...]
    properties: Mapping[str, Value]
    types: Mapping[str, Mapping[str, Any]]
    consent: tuple[str, ...]
    defaults: Mapping[str, str]

    def kinds(self) -> dict[str, str]:
        """The type of each attribute: what the column is read as, or what the values it is mapped to are."""
        return {
            key: guess_kind(list(value.values.values()) if value.values else [value.fixed])
            if value.values or not value.columns()
            else ATTRIBUTE_KINDS[value.type]
            for key, value in self.attributes.items()
        }

    def needed(self) -> set[str]:
        """Every column that the mapping reads."""
        values = [*self.person.values(), *self.attributes.values(), self.name, *self.properties.values()]
        return {name for value in values for name in value.columns()} | set(self.message_id) | {self.time_column}


class Row(NamedTuple):
    """A line that can be used."""

    person: Mapping[str, Any]
    attributes: Mapping[str, Any]
    name: str
    occurred_at: datetime
    message_id: str
    properties: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Who it is about, within this file."""
        return (
            f"x{self.person['external_id']}" if self.person.get("external_id") else f"e{self.person['email'].lower()}"
        )


def read_row(layout: Layout, cells: Mapping[str, str]) -> Row:
    """Make a person and an event of a line. Raises BadLine."""
    for name in layout.needed():
        if "\x00" in cells[name] or any("\ud800" <= letter <= "\udfff" for letter in cells[name] if letter > "\ud7ff"):
            raise BadLine(f"{name}: expected text in {layout.encoding} without NUL")
    person = {name: value.of(cells) for name, value in layout.person.items()}
    if not person.get("external_id") and not person.get("email"):
        raise BadLine("expected an external id or an e-mail address of the person")
    for name, most in LENGTHS.items():
        if len(str(person.get(name) or "")) > most:
            raise BadLine(f"{name}: expected at most {most} characters")
    check_person(person)
    name = str(layout.name.of(cells) or "")
    if not 1 <= len(name) <= 100:
        raise BadLine("the event has no name of 1 to 100 characters")
    message_id = "|".join(cells[column] for column in layout.message_id)
    if len(message_id) > 200:
        raise BadLine("the message id is longer than 200 characters")
    properties = {key: value.of(cells) for key, value in layout.properties.items()}
    return Row(
        person=person,
        attributes={key: found for key, value in layout.attributes.items() if (found := value.of(cells)) is not None},
        name=name,
        occurred_at=_instant(layout, cells[layout.time_column]),
        message_id=message_id,
        properties={key: value for key, value in properties.items() if value is not None},
    )


def check_person(person: Mapping[str, Any]) -> None:
    """Raise BadLine for an address, a language, a country or a zone that there cannot be."""
    known = {"language": LANGUAGES, "country": countries(), "time_zone": zones()}
    for name, allowed in known.items():
        if person.get(name) and person[name] not in allowed:
            raise BadLine(f"{name}: {str(person[name])[:50]!r} is not known")
    if person.get("email") and not EMAIL.fullmatch(str(person["email"])):
        raise BadLine(f"email: expected an e-mail address, got {str(person['email'])[:50]!r}")


def _instant(layout: Layout, text: str) -> datetime:
    try:
        if layout.time_format == "iso":
            read = datetime.fromisoformat(text)
        else:
            read = datetime.strptime(text, layout.time_format)  # noqa: DTZ007  the zone follows
        at = (read if read.tzinfo else read.replace(tzinfo=layout.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadLine(f"{layout.time_column}: expected a date like {layout.time_format}, got {text[:50]!r}") from None
    if at < EARLIEST:
        raise BadLine(f"{layout.time_column}: expected a date in the years 1970 to 9999, got {text[:50]!r}")
    return at
