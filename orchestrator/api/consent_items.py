"""What machines may say about consent: the shape of an item, and why one is refused."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec

from orchestrator.api.rules import (
    FUTURE,
    MAX_ITEM,
    PAST,
    Problem,
    bag_problems,
    deep_problems,
    email_problems,
    shape_problem,
    text_problems,
)

DECISIONS = ("granted", "refused", "withdrawn", "existing_customer")
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
When = Annotated[datetime, msgspec.Meta(tz=True)]


class OptIn(msgspec.Struct, forbid_unknown_fields=True):
    """A double opt-in that somebody else ran: where, when it was asked for and confirmed, and by which mail."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    requested_at: When
    confirmed_at: When
    mail: Text


class SaleIn(msgspec.Struct, forbid_unknown_fields=True):
    """A sale that makes an existing customer, § 7(3) UWG."""

    order: Text
    ordered_at: When
    goods: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    notice: Short
    noticed_at: When


class ConsentIn(msgspec.Struct, forbid_unknown_fields=True):
    """What one person said about one purpose."""

    purpose: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    decision: Annotated[str, msgspec.Meta(max_length=20)]
    user_id: Text | None = None
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=320)] | None = None
    contact_id: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None
    source: Short | None = None
    at: When | None = None
    wording: Short | None = None
    message_id: Text | None = None
    double_opt_in: OptIn | None = None
    sale: SaleIn | None = None
    proof: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Known(NamedTuple):
    """What an item is held against: purposes by short name with their enforcement, names of texts, and the scope of the key."""

    purposes: dict[str, str]
    wordings: frozenset[str]
    manages: bool
    now: datetime


_DECODER = msgspec.json.Decoder(ConsentIn)


def read_consent(raw: bytes, known: Known) -> tuple[ConsentIn | None, list[Problem]]:
    """Read one item and say everything that is wrong with it; the item is None when something is."""
    if len(raw) > MAX_ITEM:
        return None, [Problem("", f"expected at most {MAX_ITEM} bytes, got {len(raw)}")]
    problems = deep_problems(raw)
    try:
        item = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, problems or [shape_problem(error)]
    problems += [*_form_problems(item, known.now), *_meaning_problems(item, known)]
    return (None if problems else item), problems


def _form_problems(item: ConsentIn, now: datetime) -> Iterator[Problem]:
    if item.user_id is None and item.email is None and item.contact_id is None:
        yield Problem("", "expected user_id, email or contact_id")
    texts = {"user_id": item.user_id, "source": item.source, "wording": item.wording, "message_id": item.message_id}
    if item.double_opt_in:
        texts |= {"double_opt_in.url": item.double_opt_in.url, "double_opt_in.mail": item.double_opt_in.mail}
    if item.sale:
        texts |= {"sale.order": item.sale.order, "sale.goods": item.sale.goods, "sale.notice": item.sale.notice}
    yield from text_problems(list(texts.items()))
    yield from email_problems("email", item.email)
    yield from bag_problems(item.proof or {}, "proof")
    times = {"at": item.at}
    if item.double_opt_in:
        times["double_opt_in.requested_at"] = item.double_opt_in.requested_at
        times["double_opt_in.confirmed_at"] = item.double_opt_in.confirmed_at
    if item.sale:
        times |= {"sale.ordered_at": item.sale.ordered_at, "sale.noticed_at": item.sale.noticed_at}
    for path, when in times.items():
        if when is not None and not PAST <= when <= now + FUTURE:
            yield Problem(path, "expected an instant since 1970 that is not in the future")


def _meaning_problems(item: ConsentIn, known: Known) -> Iterator[Problem]:
    if item.decision not in DECISIONS:
        yield Problem("decision", f"expected one of {', '.join(DECISIONS)}")
    if item.purpose not in known.purposes:
        yield Problem("purpose", "there is no such purpose")
    elif known.purposes[item.purpose] == "none":
        yield Problem("purpose", "this purpose goes by contract: nobody agrees or objects to it")
    if item.decision == "granted":
        yield from _grant_problems(item, known)
    if item.decision == "existing_customer":
        if not known.manages:
            yield Problem("decision", "this key may withdraw only: existing customers need a key with the scope manage")
        elif item.sale is None:
            yield Problem("sale", "expected the sale that proves it: order, ordered_at, goods, notice, noticed_at")


def _grant_problems(item: ConsentIn, known: Known) -> Iterator[Problem]:
    """An agreement proves itself: by a double opt-in, or by source and time; always by the text that was agreed to."""
    if item.wording is None:
        yield Problem("wording", "no consent without the text that was agreed to, for example email_marketing/de/1")
    elif item.wording not in known.wordings or not item.wording.startswith(f"{item.purpose}/"):
        yield Problem("wording", "there is no such text of this purpose")
    if item.double_opt_in is not None:
        if item.double_opt_in.confirmed_at <= item.double_opt_in.requested_at:
            yield Problem("double_opt_in.confirmed_at", "expected an instant after requested_at")
        return
    if not known.manages:
        yield Problem("double_opt_in", "this key may withdraw; it may only bring an agreement with a double opt-in")
        return
    if item.source is None:
        yield Problem("source", "no consent without a source: where was it given?")
    if item.at is None:
        yield Problem("at", "no consent without a time: when was it given?")
