"""What machines may send: the shape of a person and of an event, their limits, and what is wrong with an item."""

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

import msgspec

from contacts.profiles.rules import LANGUAGES, countries, zones

MAX_BATCH = 500
MAX_BODY = 4 * 1024 * 1024  # bytes, also after decompression
MAX_ITEM = 32 * 1024  # bytes of one item as sent
MAX_PROPERTIES = 200
MAX_DEPTH = 8
MAX_NAME = 200  # characters of the name of a property
FUTURE = timedelta(minutes=5)  # clocks differ; later than this is a mistake
PAST = datetime(1970, 1, 1, tzinfo=UTC)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
EMAIL = re.compile(r"[^@\s,;<>()\"\\]{1,64}@[^@\s,;<>()\"\\.]+(\.[^@\s,;<>()\"\\.]+)*")
KEY = re.compile(rb'"[ \t\r\n]*:')
AT = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")
NUMBER = "expected a number of at most 64 bits"


class Problem(NamedTuple):
    """What is wrong and where: `batch[3].contact.email`."""

    path: str
    message: str


class Who(msgspec.Struct, forbid_unknown_fields=True):
    """The person of an event."""

    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=320)] | None = None


class EventIn(msgspec.Struct, forbid_unknown_fields=True):
    """One event as it is sent."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    contact: Who
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    message_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    properties: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class ContactIn(msgspec.Struct, forbid_unknown_fields=True):
    """One person as sent. What is left out or null stays as it is."""

    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    email: Annotated[str, msgspec.Meta(max_length=320)] | None = None
    phone: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    first_name: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    last_name: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    language: str | None = None
    country: str | None = None
    time_zone: str | None = None
    job_title: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    account: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    attributes: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


DECODERS: dict[type, msgspec.json.Decoder] = {kind: msgspec.json.Decoder(kind) for kind in (EventIn, ContactIn)}
BAGS: dict[type, str] = {EventIn: "properties", ContactIn: "attributes"}


def read_item(raw: bytes, kind: type) -> tuple[Any, list[Problem]]:
    """Read one item and say everything that is wrong with it; the item is None when something is."""
    if len(raw) > MAX_ITEM:
        return None, [Problem("", f"expected at most {MAX_ITEM} bytes, got {len(raw)}")]
    try:
        item = DECODERS[kind].decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, list(deep_problems(raw)) or [shape_problem(error)]
    bag = getattr(item, BAGS[kind]) or {}
    problems: list[Problem] = []
    # as many keys as the text has colons after quotes: else look closer, a key may be there twice
    simple = not any(type(value) in (dict, list) for value in bag.values())
    if not simple or b"\\u" in raw or len(KEY.findall(raw)) != _key_count(item, bag):
        problems += deep_problems(raw)
    problems += bag_problems(bag, BAGS[kind])
    problems += _event_problems(item) if kind is EventIn else _contact_problems(item)
    return (None if problems else item), problems


def _key_count(item: Any, bag: dict[str, Any]) -> int:
    # a field sent as null looks like one left out: the closer look finds it harmless
    count = sum(1 for name in item.__struct_fields__ if getattr(item, name) not in (None, msgspec.UNSET))
    if type(item) is EventIn:
        count += (item.contact.external_id is not None) + (item.contact.email is not None)
    return count + len(bag)


def shape_problem(error: Exception) -> Problem:
    """Turn the message of msgspec into path and message."""
    text = str(error)
    found = AT.search(text)
    path = found[1] if found else ""
    text = text[: found.start()] if found else text
    if name := re.search(r"unknown field `(.*)`", text):
        return Problem(f"{path}.{name[1]}".lstrip("."), "unknown field")
    if name := re.search(r"missing required field `(.*)`", text):
        return Problem(f"{path}.{name[1]}".lstrip("."), "expected this field, it is missing")
    text = text.replace("`datetime | null`", "an ISO 8601 instant with its offset").replace("`", "")
    text = text.replace(
        "Invalid RFC3339 encoded datetime", "expected an ISO 8601 instant with its offset, years 1970 to 9999"
    )
    return Problem(path, text[:1].lower() + text[1:] if text.startswith(("Expected", "Invalid")) else text)


def bag_problems(bag: dict[str, Any], path: str) -> Iterator[Problem]:
    """Say what is wrong with the names and numbers of properties or attributes."""
    if len(bag) > MAX_PROPERTIES:
        yield Problem(path, f"expected at most {MAX_PROPERTIES} entries, got {len(bag)}")
    for name, value in bag.items():
        if len(name) > MAX_NAME or not name:
            yield Problem(f"{path}.{name[:50]}", f"expected a name of 1 to {MAX_NAME} characters")
        if type(value) is int and not -(2**63) <= value < 2**64:
            yield Problem(f"{path}.{name}", NUMBER)


def _event_problems(event: EventIn) -> Iterator[Problem]:
    if event.contact.external_id is None and event.contact.email is None:
        yield Problem("contact", "expected external_id or email")
    yield from text_problems([("name", event.name), ("message_id", event.message_id)])
    yield from text_problems([("contact.external_id", event.contact.external_id)])
    yield from email_problems("contact.email", event.contact.email)
    if event.occurred_at is not None and event.occurred_at < PAST:
        yield Problem("occurred_at", "expected an instant in the years 1970 to 9999")


def _contact_problems(person: ContactIn) -> Iterator[Problem]:
    if not person.external_id and not person.email:
        yield Problem("", "expected external_id or email")
    fields = ("external_id", "phone", "first_name", "last_name", "job_title", "account")
    yield from text_problems([(name, getattr(person, name)) for name in fields])
    if person.email:
        yield from email_problems("email", person.email)
    if person.language is not None and person.language not in LANGUAGES:
        yield Problem("language", f"expected one of {', '.join(LANGUAGES)}")
    if person.country and person.country.upper() not in countries():
        yield Problem("country", "expected an ISO 3166-1 code of two letters, for example DE")
    if person.time_zone is not None and person.time_zone not in zones():
        yield Problem("time_zone", "expected the IANA name of a time zone, for example Europe/Berlin")


def text_problems(given: list[tuple[str, str | None]]) -> Iterator[Problem]:
    """Say which of the texts, given with their paths, hold what no text should."""
    for path, text in given:
        if text is not None and (CONTROL.search(text) or (not text.strip() and text)):
            yield Problem(path, "expected text without control characters")


def email_problems(path: str, email: str | None) -> Iterator[Problem]:
    """Say whether this is no e-mail address."""
    if email is not None and not (EMAIL.fullmatch(email.strip()) and not CONTROL.search(email)):
        yield Problem(path, "expected an e-mail address, for example anna@example.com")


class _Twice(dict):
    """An object that names a key twice."""

    key: str


class _TooLarge:
    """A number that has no place in 64 bits."""


def deep_problems(raw: bytes) -> list[Problem]:
    """Read an item slowly, for the path of what is wrong deep inside."""
    try:
        value = json.loads(raw, object_pairs_hook=_object, parse_int=_integer, parse_float=_float)
    except RecursionError:
        return [Problem("", f"expected at most {MAX_DEPTH} levels of nesting")]
    except ValueError:  # not JSON: the fast reader has said where
        return []
    return list(_walk(value, "", 0))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    names = [name for name, _ in pairs]
    twice.key = next(name for name in names if names.count(name) > 1)
    return twice


def _integer(text: str) -> Any:
    return int(text) if len(text) < 21 and -(2**63) <= int(text) < 2**64 else _TooLarge()


def _float(text: str) -> Any:
    number = float(text)
    return number if math.isfinite(number) else _TooLarge()


def _walk(value: Any, path: str, depth: int) -> Iterator[Problem]:
    if isinstance(value, str):
        if "\x00" in value or SURROGATE.search(value):
            yield Problem(path, "expected text without NUL and without halves of surrogate pairs")
    elif isinstance(value, _TooLarge):
        yield Problem(path, NUMBER)
    elif isinstance(value, dict | list) and depth > MAX_DEPTH:
        yield Problem(path, f"expected at most {MAX_DEPTH} levels of nesting")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{place}]", depth + 1)
    elif isinstance(value, dict):
        if isinstance(value, _Twice):
            yield Problem(f"{path}.{value.key}".lstrip("."), "given twice")
        for name, inner in value.items():
            shown = (
                name.encode("ascii", "backslashreplace").decode()
                if SURROGATE.search(name)
                else name.replace("\x00", "\\u0000")
            )
            if shown != name:
                yield Problem(
                    f"{path}.{shown}".lstrip("."), "expected a name without NUL and without halves of surrogate pairs"
                )
            yield from _walk(inner, f"{path}.{shown}".lstrip("."), depth + 1)
