"""The Segment dialect: what an item of an SDK says, in our words. Fields we do not know are ignored: SDKs send many."""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import msgspec

from orchestrator.api.circumstances import circumstances, page_properties
from orchestrator.api.rules import (
    CONTROL,
    FUTURE,
    KEY,
    MAX_DEPTH,
    MAX_ITEM,
    PAST,
    Problem,
    bag_problems,
    deep_problems,
    shape_problem,
    text_problems,
)
from orchestrator.api.traits import Company, Person, read_company, read_person, slug

MAX_TRACKED = 2_500  # items of one request: what fits into the 500 KB that mobile SDKs fill
IDS = (("user_id", "userId"), ("anonymous_id", "anonymousId"), ("group_id", "groupId"), ("previous_id", "previousId"))
OURS = (
    "anonymous",
    "user",
    "email",
    "phone",
    "user_id",
    "anonymous_id",
)  # kinds of identifiers that have fields of their own
KIND = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,45}")
BELIEVED = "expected a key of a server: a public key may not say this"
LATE = "lies in the future: the time of arrival counts"


class Kind(StrEnum):
    """What an item is about."""

    IDENTIFY = "identify"
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    GROUP = "group"
    ALIAS = "alias"


_Id = Annotated[str, msgspec.Meta(max_length=200)] | int | None
_Instant = Annotated[datetime, msgspec.Meta(tz=True)] | None


class ItemIn(msgspec.Struct, rename="camel"):
    """One item as it is sent, as far as we read it."""

    type: str | None = None
    user_id: _Id = None
    anonymous_id: _Id = None
    group_id: _Id = None
    previous_id: _Id = None
    message_id: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    timestamp: _Instant = None
    original_timestamp: _Instant = None
    sent_at: _Instant = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class Said(NamedTuple):
    """One item in our words. Only events have a name."""

    kind: Kind
    at: datetime
    message_id: str
    user_id: str | None = None
    anonymous_id: str | None = None
    ids: Mapping[str, str] = {}
    event: str = ""
    properties: Mapping[str, Any] = {}
    person: Person = Person()
    company: Company | None = None
    previous: str | None = None
    library: str = ""
    warning: str = ""


class Around(NamedTuple):
    """What a request says for all its items: when the client sent it by its own clock, and the circumstances."""

    now: datetime
    trusted: bool = True
    sent_at: datetime | None = None
    context: Mapping[str, Any] = {}


def read_tracked(raw: bytes, kind: Kind | None, around: Around) -> tuple[Said | None, list[Problem]]:
    """Read one item and say everything that is wrong with it; it is None when something is.

    kind: None takes the item's own word, as in a batch.
    """
    value, problems = read_plain(raw)
    if problems:
        return None, problems
    try:
        item = msgspec.convert(value, ItemIn)
    except msgspec.ValidationError as error:
        return None, [shape_problem(error)]
    if kind is None:
        if item.type not in list(Kind):
            return None, [Problem("type", f"expected one of {', '.join(Kind)}")]
        kind = Kind(item.type)
    if not around.trusted and kind in (Kind.GROUP, Kind.ALIAS):
        return None, [Problem("type", BELIEVED)]
    problems = _who_problems(item, kind)
    at, warning, when = _placed(item, around)
    context = {**around.context, **(item.context or {})}
    said, what = _READERS[kind](item, context)
    problems += when + what
    if problems:
        return None, problems
    return said._replace(
        at=at,
        message_id=item.message_id or uuid.uuid4().hex,
        user_id=_id(item.user_id),
        anonymous_id=_id(item.anonymous_id),
        library=_library(context),
        warning=warning,
    ), []


def read_plain(raw: bytes) -> tuple[dict[str, Any], list[Problem]]:
    """Read an object of any shape, and refuse what no item may hold: keys given twice, NUL, depth, huge numbers."""
    if len(raw) > MAX_ITEM:
        return {}, [Problem("", f"expected at most {MAX_ITEM} bytes, got {len(raw)}")]
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return {}, deep_problems(raw) or [shape_problem(error)]
    if type(value) is not dict:
        return {}, [Problem("", f"expected a JSON object, got {raw[:20].decode(errors='replace')}")]
    # as many keys as the text has colons after quotes: else look closer, a key may be there twice
    if b"\\u" in raw or _keys(value, 0) != len(KEY.findall(raw)):
        return value, deep_problems(raw)
    return value, []


def placed(original: datetime | None, sent_at: datetime | None, now: datetime) -> datetime:
    """Say when something happened by our clock: received - (sent - original), each clock against itself.

    Raises OverflowError where that is no time. Source: Segment, Spec: Common, "timestamp".
    """
    if original is None:
        return now
    return now - (sent_at - original) if sent_at is not None else original


def _placed(item: ItemIn, around: Around) -> tuple[datetime, str, list[Problem]]:
    path = "timestamp" if item.original_timestamp is None else "originalTimestamp"
    try:
        at = placed(item.original_timestamp or item.timestamp, item.sent_at or around.sent_at, around.now)
    except OverflowError:
        at = PAST.replace(year=1)
    if at < PAST:
        return at, "", [Problem(path, "expected an instant in the years 1970 to 9999")]
    return (around.now, f"{path} {LATE}", []) if at > around.now + FUTURE else (at, "", [])


def _keys(value: Any, depth: int) -> int:
    """Count the keys of objects at any level; a count that never fits where something else is wrong."""
    if type(value) is dict:
        inner: Any = value.values()
        count = len(value)
    elif type(value) is list:
        inner, count = value, 0
    else:
        return -1_000_000 if type(value) is int and not -(2**63) <= value < 2**64 else 0
    if depth > MAX_DEPTH:
        return -1_000_000
    return count + sum(_keys(each, depth + 1) for each in inner)


def _id(given: str | int | None) -> str | None:
    text = str(given).strip() if given is not None else ""
    return text or None


def _who_problems(item: ItemIn, kind: Kind) -> list[Problem]:
    problems = list(text_problems([(path, _id(getattr(item, name))) for name, path in IDS]))
    problems += text_problems([("messageId", item.message_id)])
    if kind is Kind.ALIAS and not (_id(item.user_id) and _id(item.previous_id)):
        missing = "previousId" if _id(item.user_id) else "userId"
        return [*problems, Problem(missing, "expected userId and previousId")]
    if kind is Kind.GROUP and not _id(item.group_id):
        problems.append(Problem("groupId", "expected the id of a company"))
    if not (_id(item.user_id) or _id(item.anonymous_id)):
        problems.append(Problem("userId", "expected userId or anonymousId"))
    return problems


def _identify(item: ItemIn, context: Mapping[str, Any]) -> tuple[Said, list[Problem]]:
    traits, path = item.traits or {}, "traits"
    if isinstance(context.get("traits"), dict):  # where RudderStack puts them
        path = "traits" if traits else "context.traits"
        traits = {**context["traits"], **traits}
    person, problems = read_person(traits, context, path)
    problems += bag_problems(dict(person.attributes), path)
    return Said(Kind.IDENTIFY, PAST, "", ids=_external_ids(context), person=person, company=person.company), problems


def _group(item: ItemIn, context: Mapping[str, Any]) -> tuple[Said, list[Problem]]:
    company, problems = read_company(_id(item.group_id) or "", item.traits or {}, "traits")
    return Said(Kind.GROUP, PAST, "", company=company), problems


def _alias(item: ItemIn, context: Mapping[str, Any]) -> tuple[Said, list[Problem]]:
    return Said(Kind.ALIAS, PAST, "", previous=_id(item.previous_id)), []


def _track(item: ItemIn, context: Mapping[str, Any]) -> tuple[Said, list[Problem]]:
    name = slug(item.event or "")
    problems = [] if 0 < len(name) <= 100 else [Problem("event", "expected a name of 1 to 100 letters and digits")]
    properties = item.properties or {}
    problems += bag_problems(properties, "properties")
    return Said(Kind.TRACK, PAST, "", event=name, properties=circumstances(context) | properties), problems


def _view(kind: Kind, event: str, item: ItemIn, context: Mapping[str, Any]) -> tuple[Said, list[Problem]]:
    properties = dict(item.properties or {})
    problems = list(bag_problems(properties, "properties"))
    for name, text in (("name", item.name), ("category", item.category)):
        if text:
            properties.setdefault(name, text[:200])
    return Said(kind, PAST, "", event=event, properties=page_properties(properties, context)), problems


def _external_ids(context: Mapping[str, Any]) -> dict[str, str]:
    """Read further ids of a person: `context.externalIds` of Segment, `context.externalId` of RudderStack."""
    given = context.get("externalIds") or context.get("externalId")
    found = {}
    for each in given if isinstance(given, list) else []:
        kind, value = (each.get("type"), each.get("id")) if isinstance(each, dict) else (None, None)
        if isinstance(kind, str) and isinstance(value, str) and KIND.fullmatch(kind) and kind.lower() not in OURS:
            if 0 < len(value) <= 320 and not CONTROL.search(value):
                found[kind] = value
    return found


def _library(context: Mapping[str, Any]) -> str:
    given = context.get("library")
    parts = [given.get("name"), given.get("version")] if isinstance(given, dict) else []
    return " ".join(part for part in parts if isinstance(part, str))[:100]


_READERS: dict[Kind, Any] = {
    Kind.IDENTIFY: _identify,
    Kind.GROUP: _group,
    Kind.ALIAS: _alias,
    Kind.TRACK: _track,
    Kind.PAGE: lambda item, context: _view(Kind.PAGE, "page_viewed", item, context),
    Kind.SCREEN: lambda item, context: _view(Kind.SCREEN, "screen_viewed", item, context),
}
