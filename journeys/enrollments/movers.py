"""What a merge does with runs and touches: one run a journey goes on, the second is left with the reason `merged`."""

from collections.abc import Sequence
from datetime import datetime

from contacts.identity.movers import pairs_as_parameters
from contacts.identity.registry import Mover, Pair, register_mover
from orchestrator.kernel import sql


def close_second_runs(pairs: Sequence[Pair], now: datetime) -> None:
    """End the loser's run where the survivor is in the same journey with the same key."""
    given = {**pairs_as_parameters(pairs), "now": now}
    sql.rows(sql.statement("journeys/enrollments/sql/close_second_runs.sql"), given)


for mover in (
    Mover("journeys_transition", through=("enrollment_id", "journeys_enrollment")),
    Mover("journeys_enrollment", before=close_second_runs),
    Mover("journeys_refusal"),
    Mover("journeys_touch"),
    Mover("journeys_trigger", once=("journey_id", "source")),
    Mover("journeys_webhookcall"),
):
    register_mover(mover)
