"""What a merge does with offers: a person has one open offer."""

from collections.abc import Sequence
from datetime import datetime

from contacts.identity.movers import pairs_as_parameters
from contacts.identity.registry import Mover, Pair, register_mover
from orchestrator.kernel import sql


def close_second_grants(pairs: Sequence[Pair], now: datetime) -> None:
    """Withdraw the loser's open offer where the survivor has one."""
    text = sql.statement("journeys/offers/sql/close_second_grants.sql")
    sql.rows(text, {**pairs_as_parameters(pairs), "now": now})


register_mover(Mover("journeys_offergrant", before=close_second_grants))
register_mover(Mover("journeys_offerdecision"))
