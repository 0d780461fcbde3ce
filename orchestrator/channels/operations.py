"""Delivers approved touches: claim, commit, render, call, record. No transaction is open while a provider is called."""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from journeys.enrollments.models import Touch
from orchestrator.channels.adapters.base import Courier, provider_of
from orchestrator.channels.adapters.registry import COURIERS
from orchestrator.channels.handing import hand_over
from orchestrator.channels.throttle.operations import take_tokens
from orchestrator.channels.writing import Claimed, write_touches
from orchestrator.kernel import doorbell, planned, sql
from orchestrator.kernel.faults import fault

PAUSE_LOOKED_AT_AGAIN = timedelta(minutes=15)


def deliver_touches(*, now: Callable[[], datetime], limit: int = 200) -> Counter[str]:
    """Send up to `limit` approved touches of each channel, each at most once. Returns how many got which outcome.

    now: read again before each call, since sending takes its time. The counts are by reason, or by state where
    there is none; "claim_over" are touches that had to be left to others in between.
    """
    outcomes: Counter[str] = Counter()
    for courier in COURIERS:
        outcomes += _deliver(courier, now=now, limit=limit)
    return outcomes


def _deliver(courier: Courier, *, now: Callable[[], datetime], limit: int) -> Counter[str]:
    claim = uuid.uuid4()
    found = _claim(courier, claim=claim, now=now(), limit=limit)
    outcomes = Counter(one.reason or one.state for one in found if one.state != Touch.State.SENDING)
    to_send = {one.touch_id: one for one in found if one.state == Touch.State.SENDING}
    if to_send:
        fault("touch_claimed")
        written = write_touches(courier=courier, claim=claim, to_send=to_send, now=now(), outcomes=outcomes)
        hand_over(courier=courier, written=written, claim=claim, now=now, outcomes=outcomes)
    return outcomes


@transaction.atomic
def release_leases(*, now: datetime) -> dict[str, int]:
    """End claims that are over: what was not handed over is approved again, the rest stays `unknown`."""
    return {
        state: int(n) for state, n in sql.rows(sql.statement("orchestrator/channels/sql/release.sql"), {"now": now})
    }


@transaction.atomic
def _claim(courier: Courier, *, claim: uuid.UUID, now: datetime, limit: int) -> list[Claimed]:
    values = {
        "now": now,
        "claim": claim,
        "channel": courier.channel,
        "kind": courier.kind,
        "most": limit,
        "lease_until": now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS),
        "hold_until": now + PAUSE_LOOKED_AT_AGAIN,
    }
    rows = planned.rows(sql.statement("orchestrator/channels/sql/claim.sql"), values)
    if not rows:
        return []
    *_, limited, told = rows[0]
    if told:
        doorbell.ring()
    found = [Claimed(*row[:-2]) for row in rows]
    if not limited:
        return found
    waiting = take_tokens(claim=claim, provider=provider_of(courier), now=now)
    return [one._replace(state="approved", reason="rate_limited") if one.touch_id in waiting else one for one in found]
