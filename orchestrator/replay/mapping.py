"""Checks a mapping, with the path of everything that is wrong with it."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from contacts.profiles.rules import LANGUAGES, countries, zones
from orchestrator.replay.rules import KINDS, PERSON, PLACE, SEPARATORS, TYPES, InvalidMapping, Layout, Value


def read_mapping(document: Any) -> Layout:
    """Check a mapping. Raises InvalidMapping with a line for every problem."""
    check = _Checker()
    top = check.object(document, "", {"source", "file", "contact", "event", "events", "consent", "defaults"})
    file = check.object(top.get("file"), "file", {"encoding", "separator", "columns"}, missing_ok=True)
    contact = check.object(top.get("contact"), "contact", {*PERSON, "attributes"})
    event = check.object(top.get("event"), "event", {"name", "occurred_at", "message_id", "properties"})
    when = check.object(event.get("occurred_at"), "event.occurred_at", {"column", "format", "zone"})
    attributes = check.object(contact.get("attributes"), "contact.attributes", None, missing_ok=True)
    properties = check.object(event.get("properties"), "event.properties", None, missing_ok=True)
    defaults = check.object(top.get("defaults"), "defaults", {"language", "country", "time_zone"}, missing_ok=True)
    zone = check.known(file, contact, when, defaults)
    layout = Layout(
        source=check.text(top.get("source"), "source", 50),
        encoding=check.encoding(file.get("encoding", "utf-8")),
        separator=SEPARATORS.get(str(file.get("separator", ",")), ","),
        columns=tuple(check.texts(file.get("columns", []), "file.columns")),
        person=check.values({name: contact[name] for name in PERSON if name in contact}, "contact"),
        attributes=check.values(attributes, "contact.attributes"),
        name=check.value(event.get("name"), "event.name"),
        time_column=check.text(when.get("column"), "event.occurred_at.column", 200),
        time_format=check.text(when.get("format", "iso"), "event.occurred_at.format", 100),
        zone=zone,
        message_id=tuple(check.texts(event.get("message_id"), "event.message_id")),
        properties=check.values(properties, "event.properties"),
        types=check.types(top.get("events")),
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

    def known(
        self, file: dict[str, Any], contact: dict[str, Any], when: dict[str, Any], defaults: dict[str, Any]
    ) -> ZoneInfo:
        """Look at what must be one of a list; returns the zone of the dates."""
        if not {"external_id", "email"} & set(contact):
            self.say("contact", "expected external_id or email")
        self.one_of(file.get("separator", ","), SEPARATORS, "file.separator")
        self.one_of(defaults.get("language", "en"), LANGUAGES, "defaults.language")
        self.one_of(defaults.get("country", "DE"), countries(), "defaults.country", show=False)
        self.one_of(defaults.get("time_zone", "UTC"), zones(), "defaults.time_zone", show=False)
        zone = when.get("zone", "UTC")
        self.one_of(zone, zones(), "event.occurred_at.zone", show=False)
        return ZoneInfo(zone if isinstance(zone, str) and zone in zones() else "UTC")

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
