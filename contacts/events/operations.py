"""Facts come in: stored once, in their own time, and the pulse is told whom they are about."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import msgspec
from django.db import transaction

from orchestrator.kernel import doorbell, planned, sql
from orchestrator.kernel.faults import fault
from orchestrator.kernel.planned import Varying

_ENCODE = msgspec.json.Encoder(decimal_format="number").encode
MONTHS_AHEAD = 2


class NewEvent(NamedTuple):
    """A fact about a known person. Without a message id it is new whatever it says."""

    contact_id: int
    name: str
    occurred_at: datetime
    properties: Mapping[str, Any] | msgspec.Raw = {}
    message_id: str = ""


@transaction.atomic
def record_events(*, events: Sequence[NewEvent], source: str, now: datetime) -> list[bool]:
    """Store events that are new to their source and put the people on the list of the pulse.

    Returns one flag an event, in order: True for stored, False for a duplicate of (source, message id),
    also within the same call, where the first one counts. Texts must be free of NUL: doors see to it.
    """
    if not events:
        return []
    given = [
        (
            place,
            event.contact_id,
            event.name,
            event.occurred_at.astimezone(UTC),
            event.properties,
            event.message_id or uuid.uuid4().hex,
        )
        for place, event in enumerate(events)
    ]
    keys = ("place", "contact_id", "name", "occurred_at", "properties", "message_id")
    body = _ENCODE([dict(zip(keys, row, strict=True)) for row in given]).decode()
    values = {"events": Varying(body, "json"), "source": Varying(source, "text"), "now": now}
    stored = planned.rows(sql.statement("contacts/events/sql/record.sql"), values, n=len(events))
    flags = [False] * len(events)
    for (place,) in stored:
        flags[place] = True
    if stored:
        fault("event_written")
        doorbell.ring()
    return flags


@transaction.atomic
def open_months(*, first: date, last: date) -> list[str]:
    """Have a partition for every month from the first day's to the last day's. Returns those that were opened."""
    found = sql.rows(sql.statement("contacts/events/sql/open_months.sql"), {"first": first, "last": last})
    return [part for (part,) in found]


def keep_months(*, now: datetime) -> list[str]:
    """Have the partitions that events of these weeks need: last month's to the one after next. Returns the new ones."""
    this = now.astimezone(UTC).date().replace(day=1)
    return open_months(first=_month(this, -1), last=_month(this, MONTHS_AHEAD))


def _month(day: date, further: int) -> date:
    months = day.year * 12 + day.month - 1 + further
    return date(months // 12, months % 12 + 1, 1)
