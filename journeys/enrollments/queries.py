"""Reads of who is where."""

from collections.abc import Sequence
from typing import Any

from orchestrator.kernel import known, sql

# a live version and its steps never change: a new one is written into the row of the journey
JOURNEYS = known.watch("journeys_journey", by=(known.TICK, known.DELIVERY))
LISTENERS = (
    *JOURNEYS,
    *known.watch("contacts_segment", "contacts_signal", "contacts_stage", "contacts_scorerule"),
)


def last_touches(contact_ids: Sequence[int], most: int = 5) -> dict[int, list[dict[str, Any]]]:
    """The newest touches of each contact: subject or content, state, reason, when; newest first."""
    found: dict[int, list[dict[str, Any]]] = {}
    text = sql.statement("journeys/enrollments/sql/last_touches.sql")
    for contact_id, subject, block_en, block_de, state, reason, at in sql.rows(
        text, {"contacts": list(contact_ids), "most": most}
    ):
        touch = {
            "subject": subject,
            "name": {"en": block_en, "de": block_de},
            "state": state,
            "reason": reason,
            "at": at.isoformat(),
        }
        found.setdefault(contact_id, []).append(touch)
    return found


def listened_journeys() -> frozenset[str]:
    """Slugs of the journeys that anybody listens to: who enters or leaves one of these is news."""
    text = sql.statement("journeys/enrollments/sql/listened.sql")
    return known.kept("listened", LISTENERS, lambda: frozenset(slug for (slug,) in sql.rows(text)))
