"""What a merge does with what people chose themselves: of two pauses the longer, of two frequencies the lower holds."""

from collections.abc import Sequence
from datetime import datetime

from contacts.identity.movers import pairs_as_parameters
from contacts.identity.registry import How, Mover, Pair, register_mover
from orchestrator.kernel import sql


def restrict(pairs: Sequence[Pair], now: datetime) -> None:
    """Give the survivors the quieter of two choices; what both had is kept for an undo."""
    sql.rows(sql.statement("consent/preferences/sql/merge.sql"), {**pairs_as_parameters(pairs), "now": now})


def part(pair: Pair, now: datetime) -> None:
    """Give the loser what they had chosen; the survivor keeps what holds now, which is no louder than before."""
    sql.rows(sql.statement("consent/preferences/sql/part.sql"), {**pair._asdict(), "now": now})


register_mover(
    Mover("consent_preference", how=How.OWN, why="the quieter of two choices holds", before=restrict, undo=part)
)
register_mover(Mover("consent_signup"))
register_mover(Mover("consent_servicemail"))
