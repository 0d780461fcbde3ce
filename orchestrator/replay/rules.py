"""What a mapping says: how a line of a CSV becomes a person and an event."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from contacts.profiles.rules import LANGUAGES, countries

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
PLACE = re.compile(r"\{([^{}]+)\}")
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


def read_mapping(document: Any) -> Layout:
    """Check a mapping. Raises InvalidMapping with a line for every problem."""
    check = _Checker()
    top = check.object(document, "", {"source", "file", "contact", "event", "events", "consent", "defaults"})
    file = check.object(top.get("file"), "file", {"encoding", "separator", "columns"}, missing_ok=True)
    contact = check.object(top.get("contact"), "contact", {*PERSON, "attributes"})
    event = check.object(top.get("event"), "event", {"name", "occurred_at", "message_id", "properties"})
    when = check.object(event.get("occurred_at"), "event.occurred_at", {"column", "format", "zone"})
    bags = [
        check.values(check.object(bag, path, None, missing_ok=True), path)
        for bag, path in (
            (contact.get("attributes"), "contact.attributes"),
            (event.get("properties"), "event.properties"),
        )
    ]
    defaults = check.object(top.get("defaults"), "defaults", {"language", "country", "time_zone"}, missing_ok=True)
    if not {"external_id", "email"} & set(contact):
        check.say("contact", "expected external_id or email")
    separator = file.get("separator", ",")
    check.one_of(separator, SEPARATORS, "file.separator")
    check.one_of(defaults.get("language", "en"), LANGUAGES, "defaults.language")
    check.one_of(when.get("zone", "UTC"), available_timezones(), "event.occurred_at.zone", show=False)
    if "country" in defaults:
        check.one_of(defaults["country"], countries(), "defaults.country", show=False)
    if "time_zone" in defaults:
        check.one_of(defaults["time_zone"], available_timezones(), "defaults.time_zone", show=False)
    types = check.types(top.get("events"))
    layout = Layout(
        source=check.text(top.get("source"), "source", 50),
        encoding=check.encoding(file.get("encoding", "utf-8")),
        separator=SEPARATORS.get(str(separator), ","),
        columns=tuple(check.texts(file.get("columns", []), "file.columns")),
        person=check.values({name: contact[name] for name in PERSON if name in contact}, "contact"),
        attributes=bags[0],
        name=check.value(event.get("name"), "event.name"),
        time_column=check.text(when.get("column"), "event.occurred_at.column", 200),
        time_format=check.text(when.get("format", "iso"), "event.occurred_at.format", 100),
        zone=ZoneInfo("UTC") if check.problems else ZoneInfo(when.get("zone", "UTC")),
        message_id=tuple(check.texts(event.get("message_id"), "event.message_id")),
        properties=bags[1],
        types=types,
        consent=tuple(check.texts(top.get("consent", []), "consent")),
        defaults=defaults,
    )
    if not layout.message_id and not check.problems:
        check.say("event.message_id", "expected the columns that tell one event from another")
    if not check.problems and layout.columns:
        check.columns(layout, layout.columns)
    check.finish()
    return layout


def check_columns(layout: Layout, columns: tuple[str, ...]) -> None:
    """Raise InvalidMapping when the file has not got a column that the mapping reads."""
    check = _Checker()
    check.columns(layout, columns)
    check.finish()


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


class _Checker:
    """Collects the problems of a mapping, each with its path."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def say(self, path: str, expected: str) -> None:
        self.problems.append(f"{path}: {expected}" if path else expected)

    def finish(self) -> None:
        if self.problems:
            raise InvalidMapping("\n".join(self.problems))

    def object(self, given: Any, path: str, known: set[str] | None, *, missing_ok: bool = False) -> dict[str, Any]:
        if given is None and missing_ok:
            return {}
        if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
            self.say(path, "expected an object with names")
            return {}
        for key in set(given) - (known if known is not None else set(given)):
            self.say(f"{path}.{key}".lstrip("."), f"unknown; expected one of {', '.join(sorted(known or ()))}")
        return given

    def text(self, given: Any, path: str, most: int) -> str:
        if not isinstance(given, str) or not 1 <= len(given) <= most:
            self.say(path, f"expected a text of 1 to {most} characters")
            return ""
        return given

    def texts(self, given: Any, path: str) -> list[str]:
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            self.say(path, "expected a list of texts")
            return []
        return given

    def one_of(self, given: Any, known: Any, path: str, *, show: bool = True) -> None:
        if not isinstance(given, str) or given not in known:
            self.say(path, f"expected one of {', '.join(known)}, got {given!r}" if show else f"{given!r} is not known")

    def encoding(self, given: Any) -> str:
        try:
            "".encode(given)
        except (LookupError, TypeError):
            self.say("file.encoding", f"expected the name of an encoding, got {given!r}")
        return str(given)

    def values(self, given: dict[str, Any], path: str) -> dict[str, Value]:
        return {name: self.value(each, f"{path}.{name}") for name, each in given.items()}

    def value(self, given: Any, path: str) -> Value:
        if isinstance(given, str) and given:
            return Value(text=given) if PLACE.search(given) else Value(fixed=given)
        found = self.object(given, path, {"column", "values", "type", "value"})
        if "value" in found:
            return Value(fixed=found["value"])
        self.one_of(found.get("type", "text"), TYPES, f"{path}.type")
        values = self.object(found.get("values"), f"{path}.values", None, missing_ok=True)
        column = self.text(found.get("column"), f"{path}.column", 200)
        return Value(column=column, values=values or None, type=found.get("type", "text"))

    def types(self, given: Any) -> dict[str, Mapping[str, Any]]:
        found = self.object(given, "events", None, missing_ok=True)
        for slug, each in found.items():
            said = self.object(each, f"events.{slug}", {"kind", "name"})
            self.one_of(said.get("kind"), KINDS, f"events.{slug}.kind")
            names = self.object(said.get("name"), f"events.{slug}.name", {"en", "de"})
            for language in LANGUAGES:
                self.text(names.get(language), f"events.{slug}.name.{language}", 200)
        return found

    def columns(self, layout: Layout, columns: tuple[str, ...]) -> None:
        if len(set(columns)) != len(columns):
            self.say("file.columns", "a column is named twice")
        for name in sorted(layout.needed() - set(columns)):
            self.say(name, f"there is no such column; the file has {', '.join(columns)}")
