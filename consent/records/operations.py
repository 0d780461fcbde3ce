"""Records what people agree to and what they take back, and the addresses that must not be written to."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from consent.purposes.models import Purpose
from consent.records.models import Record, Suppression
from contacts.identity.operations import hold_people
from orchestrator.kernel import doorbell, sql

# blocked and bounced stop everything, an objection and a complaint everything but what a contract asks for
STRENGTH = ("blocked", "bounced", "objected", "complained")


class Choice(NamedTuple):
    """One thing a person said about a purpose. `at` is when they said it; the time of recording when None."""

    contact_id: int
    purpose: str
    decision: str
    source: str
    wording: str = ""
    proof: dict[str, Any] | None = None
    at: datetime | None = None


class UnknownPurpose(Exception):
    """There is no purpose of this name; nothing was written."""


class UnknownDecision(Exception):
    """A decision is one of granted, refused, withdrawn; nothing was written."""


# what people say themselves; that somebody is an existing customer (§ 7(3) UWG) nobody says, see consent.records.existing
SPOKEN = frozenset({Record.Decision.GRANTED, Record.Decision.REFUSED, Record.Decision.WITHDRAWN})


@transaction.atomic
def record_consents(*, choices: Sequence[Choice], now: datetime, tell: bool = True) -> list[int]:
    """Record what people said, set what holds now from the newest, and wake the pulse.

    tell: False where the caller looks at everybody afterwards (a large import).
    Returns the ids of the records, in the order of the choices.
    Raises UnknownPurpose, UnknownDecision.
    """
    if wrong := {c.decision for c in choices} - SPOKEN:
        raise UnknownDecision(", ".join(sorted(wrong)))
    return write_records(choices=choices, now=now, tell=tell)


@transaction.atomic
def write_records(*, choices: Sequence[Choice], now: datetime, tell: bool = True) -> list[int]:
    """Write records of whatever kind and what follows from them. Callers have checked that they may.

    Returns the ids of the records, in the order of the choices. Raises UnknownPurpose.
    """
    if not choices:
        return []
    known = set(Purpose.objects.values_list("slug", flat=True))
    if missing := {c.purpose for c in choices} - known:
        raise UnknownPurpose(", ".join(sorted(missing)))
    # a merge reads both people's answers: it waits for this one, or this one goes to the survivor
    who = hold_people(contact_ids=[choice.contact_id for choice in choices])
    given = [
        {
            **choice._asdict(),
            "n": n,
            "contact_id": who.get(choice.contact_id, choice.contact_id),
            "proof": choice.proof or {},
            "at": (choice.at or now).isoformat(),
        }
        for n, choice in enumerate(choices)
    ]
    params = {"given": json.dumps(given), "now": now, "tell": tell}
    found = sql.rows(sql.statement("consent/records/sql/record.sql"), params)
    doorbell.ring()
    return [int(record) for _, record in found]


def record_consent(
    *,
    contact_id: int,
    purpose: str,
    decision: str,
    source: str,
    now: datetime,
    wording: str = "",
    proof: dict[str, Any] | None = None,
) -> int:
    """Record what one person said about one purpose. Returns the id of the record.

    Raises UnknownPurpose, UnknownDecision.
    """
    choice = Choice(contact_id, purpose, decision, source, wording, proof)
    return record_consents(choices=[choice], now=now)[0]


@transaction.atomic
def take_back_import(*, import_id: int, source: str, now: datetime) -> int:
    """Withdraw what an import had people say, where nothing else was said since. Returns the number of people.

    The records stay and get one more each, from `source`: nobody agrees to anything by this.
    """
    given = {"import": import_id, "source": source, "now": now}
    taken = sql.count(sql.statement("consent/records/sql/take_back.sql"), given)
    doorbell.ring()
    return taken


@transaction.atomic
def suppress_address(*, channel: str, address: str, reason: str, now: datetime) -> bool:
    """Have nobody write to an address in a channel any more, whoever has it.

    Returns False when it was suppressed already: of two reasons the one holds that stops more, since it is known.
    """
    row, made = Suppression.objects.select_for_update().get_or_create(
        channel=channel, address=address.strip().lower(), defaults={"reason": reason, "since": now}
    )
    if not made and STRENGTH.index(reason) < STRENGTH.index(row.reason):
        row.reason, row.since = reason, now
        row.save(update_fields=["reason", "since"])
    return made


@transaction.atomic
def rebuild_states() -> int:
    """Derive what holds now from the records alone. Returns the number of states."""
    return sql.count(sql.statement("consent/records/sql/rebuild.sql"))
