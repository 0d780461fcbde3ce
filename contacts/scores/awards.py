"""Gives people points beside the rules of a score, for a journey."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from orchestrator.kernel import doorbell, sql


@sql.joined
def award_points(*, contact_ids: Sequence[int], points: Mapping[str, float], by: str, now: datetime) -> int:
    """Give each person points in some scores (by short name; unknown ones give nothing); returns how many awards there are.

    They decay as the score's own points, and the next pulse computes the scores of these people.
    """
    given = {
        "contacts": list(contact_ids),
        "slugs": list(points),
        "points": [Decimal(str(one)) for one in points.values()],
        "by": by[:200],
        "now": now,
    }
    awarded = sql.count(sql.statement("contacts/scores/sql/award.sql"), given)
    if awarded:
        doorbell.ring()
    return awarded
