"""Hand leads over, and what sales answers: accept, reject, recycle, win, lose."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from contacts.events.models import News
from contacts.handover.models import Handover, HandoverLog
from contacts.handover.rules import MOVES, Action, business_due
from contacts.stages.operations import set_stage
from orchestrator.kernel import doorbell, sql

NEWS = "handover"


class Lead(NamedTuple):
    """A person whom a journey hands over. respond_within counts business hours."""

    contact_id: int
    team: str
    respond_within: timedelta
    journey_slug: str = ""
    enrollment_id: int | None = None
    snapshot: Mapping[str, Any] = {}


class AlreadyMoved(Exception):
    """Somebody else was faster: the handover is not in a state any more in which this can be done."""

    def __init__(self, handover: Handover) -> None:
        super().__init__(f"handover {handover.pk} is {handover.state}")
        self.handover = handover


class UnknownReason(Exception):
    """The reason is not one of those of this action."""


@transaction.atomic
def open_handovers(*, leads: Sequence[Lead], now: datetime) -> dict[int, int]:
    """Hand people over to sales in one statement; who has an open handover keeps that one.

    Returns the id of the new handover by contact.
    """
    if not leads:
        return {}
    due = {span: business_due(now, span, settings.TEAM_TIME_ZONE) for span in {lead.respond_within for lead in leads}}
    given = [
        {
            "contact_id": lead.contact_id,
            "team": lead.team,
            "due_at": due[lead.respond_within].isoformat(),
            "journey_slug": lead.journey_slug,
            "enrollment_id": lead.enrollment_id,
            "snapshot": lead.snapshot,
        }
        for lead in leads
    ]
    text = sql.statement("contacts/handover/sql/open.sql")
    opened: dict[int, int] = dict(sql.rows(text, {"leads": json.dumps(given), "now": now}))
    if opened:
        doorbell.ring()
    return opened


@transaction.atomic
def accept(*, handover_id: int, owner: User, by: str, now: datetime, note: str = "") -> Handover:
    """Take a waiting lead into conversation. Raises AlreadyMoved when a colleague was faster."""
    handover = _locked(handover_id, Action.ACCEPT)
    handover.owner = owner
    return _move(handover, Action.ACCEPT, by=by, note=note, now=now)


@transaction.atomic
def reject(*, handover_id: int, reason: str, by: str, now: datetime, note: str = "") -> Handover:
    """Send a waiting lead back with a reason: marketing may speak again. Raises AlreadyMoved, UnknownReason."""
    return _move(_locked(handover_id, Action.REJECT), Action.REJECT, by=by, reason=reason, note=note, now=now)


@transaction.atomic
def recycle(*, handover_id: int, reason: str, by: str, now: datetime, note: str = "") -> Handover:
    """Give a lead back to marketing that is not ready yet. Raises AlreadyMoved, UnknownReason."""
    return _move(_locked(handover_id, Action.RECYCLE), Action.RECYCLE, by=by, reason=reason, note=note, now=now)


@transaction.atomic
def win(*, handover_id: int, value: Decimal, currency: str, by: str, now: datetime, note: str = "") -> Handover:
    """Close a conversation with a deal. Raises AlreadyMoved."""
    handover = _locked(handover_id, Action.WIN)
    handover.snapshot = {**handover.snapshot, "deal": {"value": str(value), "currency": currency}}
    return _move(handover, Action.WIN, by=by, note=note, now=now)


@transaction.atomic
def lose(*, handover_id: int, reason: str, by: str, now: datetime, note: str = "") -> Handover:
    """Close a conversation without a deal, with the reason. Raises AlreadyMoved, UnknownReason."""
    return _move(_locked(handover_id, Action.LOSE), Action.LOSE, by=by, reason=reason, note=note, now=now)


def _locked(handover_id: int, action: Action) -> Handover:
    """Lock the row: of two people who answer at once the second sees what the first did."""
    handover = Handover.objects.select_for_update().get(pk=handover_id)
    if handover.state not in MOVES[action].before:
        raise AlreadyMoved(handover)
    return handover


def _move(handover: Handover, action: Action, *, by: str, now: datetime, note: str, reason: str = "") -> Handover:
    move = MOVES[action]
    if (reason or move.reasons) and reason not in move.reasons:
        raise UnknownReason(reason)
    handover.state = move.after
    handover.reason = reason
    handover.answered_at = handover.answered_at or now
    handover.closed_at = now if move.closes else None
    handover.save(update_fields=["state", "owner", "reason", "answered_at", "closed_at", "snapshot"])
    if slug := handover.snapshot.get("stages", {}).get(move.after):
        set_stage(contact_ids=[handover.contact_id], slug=slug, by=by, now=now)
    HandoverLog.objects.create(handover=handover, at=now, by=by, state=move.after, reason=reason, note=note)
    News.objects.create(contact_id=handover.contact_id, name=NEWS, since=now)
    doorbell.ring()
    return handover
