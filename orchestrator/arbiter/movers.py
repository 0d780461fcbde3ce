"""What a merge does with verdicts, and with messages that both people were about to get."""

from collections.abc import Sequence
from datetime import datetime

from contacts.identity.movers import pairs_as_parameters
from contacts.identity.registry import Mover, Pair, register_mover
from orchestrator.kernel import sql


def suppress_second_touches(pairs: Sequence[Pair], now: datetime) -> None:
    """Hold back what the person gets, or got, at the same step of the other run."""
    given = {**pairs_as_parameters(pairs), "now": now}
    sql.rows(sql.statement("orchestrator/arbiter/sql/suppress_second.sql"), given)


register_mover(Mover("orchestrator_verdict", after=suppress_second_touches))
