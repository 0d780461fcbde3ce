"""Records what became of claimed touches, or gives them back; only who holds the claim may."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from journeys.content.queries import Rendered
from orchestrator.kernel import doorbell, planned, sql
from orchestrator.kernel.planned import Varying


class Settled(NamedTuple):
    """What a touch comes to: its state, and the reason where there is one."""

    touch_id: int
    state: str
    reason: str = ""
    rendered: Rendered | None = None


def settle(settled: Sequence[Settled], *, claim: uuid.UUID, now: datetime) -> dict[int, str]:
    """Record outcomes in one statement. Returns the reason or state of each touch, "claim_over" where it was not ours any more."""
    if not settled:
        return {}
    texts = [one.rendered for one in settled]
    values = {
        "ids": [one.touch_id for one in settled],
        "states": Varying([one.state for one in settled], "text[]"),
        "reasons": Varying([one.reason for one in settled], "text[]"),
        "subjects": Varying([text.subject if text else "" for text in texts], "text[]"),
        "languages": Varying([text.language if text else "" for text in texts], "text[]"),
        "versions": [text.version if text else 0 for text in texts],
        "claim": claim,
        "now": now,
    }
    rows = planned.rows(sql.statement("orchestrator/channels/sql/settle.sql"), values)
    if rows and rows[0][1]:  # somebody waits at the step for what becomes of it
        doorbell.ring()
    recorded = {touch_id for touch_id, _ in rows}
    return {one.touch_id: one.reason or one.state if one.touch_id in recorded else "claim_over" for one in settled}


def unmark(touch_ids: Sequence[int], *, claim: uuid.UUID) -> set[int]:
    """Say of called touches that the provider did not get to see them; they stay claimed. Returns those that were still ours."""
    if not touch_ids:
        return set()
    values = {"ids": list(touch_ids), "claim": claim}
    return {pk for (pk,) in sql.rows(sql.statement("orchestrator/channels/sql/unmark.sql"), values)}


def give_back(touch_ids: Sequence[int], *, claim: uuid.UUID, now: datetime, reason: str = "") -> int:
    """Have touches claimed again later: at once without a reason, else after a while. Returns how many were still ours."""
    if not touch_ids:
        return 0
    values = {"ids": list(touch_ids), "claim": claim, "now": now, "reason": reason}
    return sql.count(sql.statement("orchestrator/channels/sql/retry.sql"), values)
