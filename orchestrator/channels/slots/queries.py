"""Reads of slots: what somebody gets to see now, and what a signed token names. Few statements, each planned once."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.core.signing import BadSignature, Signer

from orchestrator.channels.slots.models import Slot, SlotDay
from orchestrator.channels.slots.rules import LANGUAGES, SLUG
from orchestrator.kernel import planned, sql
from orchestrator.kernel.planned import Varying

SALT = "orchestrator.channels.slots"
FORM = re.compile(r"([tp])-([1-9][0-9]{0,18})-([1-9][0-9]{0,18})(?:-([0-9]{1,6}))?", re.ASCII)
LARGEST = 2**63 - 1


class Place(NamedTuple):
    """A slot as the door needs it; texts: of its fallback, by language."""

    id: int
    kind: str
    active: bool
    texts: Mapping[str, Any]


class Shown(NamedTuple):
    """What a slot answers. tracking: the token for what becomes of it, empty where nobody is to be followed."""

    answer: str
    kind: str
    content: Mapping[str, Any] | None = None
    touch: int | None = None
    journey: int | None = None
    language: str = ""
    tracking: str = ""


class Named(NamedTuple):
    """What a token names: a touch in a slot, or the products that a contact got on a day (its ordinal)."""

    touch: int | None
    contact: int | None
    slot: int
    day: int = 0


def place_of(slug: str) -> Place | None:
    """Find a slot by its short name."""
    if not SLUG.fullmatch(slug):
        return None
    given = {"slot": Varying(slug, "text")}
    found = planned.rows(sql.statement("orchestrator/channels/slots/sql/slot.sql"), given)
    if not found:
        return None
    number, kind, active, texts = found[0]
    return Place(number, kind, active, _json(texts))


def best_of(place: Place, slug: str, *, contact_id: int, now: datetime) -> Shown | None:
    """Find what a person gets to see in a slot now, of all that journeys want to show there; None for nothing."""
    given = {
        "contact": Varying(contact_id, "bigint"),
        "slot": Varying(slug, "text"),
        "fitting": place.kind != Slot.Kind.RECOMMENDATION,
        "now": now,
    }
    found = planned.rows(sql.statement("orchestrator/channels/slots/sql/best.sql"), given)
    if not found:
        return None
    touch, journey, content, language = found[0]
    return Shown(
        SlotDay.Answer.TOUCH,
        place.kind,
        _json(content),
        touch,
        journey,
        language,
        token_of("t", touch, place.id),
    )


def fallback_of(place: Place, *, language: str) -> Shown:
    """Give what a slot shows to everybody, in a language if there is a text in it; else nothing."""
    for one in (language, *LANGUAGES):
        if place.texts.get(one):
            return Shown(SlotDay.Answer.FALLBACK, place.kind, place.texts[one], language=one)
    return Shown(SlotDay.Answer.NOTHING, place.kind)


def token_of(kind: str, number: int, slot_id: int, day: int | None = None) -> str:
    """Sign what is shown: "t" for a touch, "p" for products of a contact."""
    said = f"{kind}-{number}-{slot_id}" + ("" if day is None else f"-{day}")
    return Signer(salt=SALT, sep=".").sign(said)


def read_token(token: str) -> Named | None:
    """Read a token; None when a byte of it is not ours."""
    try:
        found = FORM.fullmatch(Signer(salt=SALT, sep=".").unsign(token))
    except (BadSignature, ValueError):  # halves of surrogate pairs cannot be signed
        return None
    if found is None or max(int(found[2]), int(found[3])) > LARGEST:
        return None
    touch = found[1] == "t"
    number = int(found[2])
    return Named(number if touch else None, None if touch else number, int(found[3]), int(found[4] or 0))


def _json(value: Any) -> Mapping[str, Any]:
    """Django asks the driver for JSON as text."""
    read: Mapping[str, Any] = msgspec.json.decode(value) if isinstance(value, str | bytes) else value
    return read
