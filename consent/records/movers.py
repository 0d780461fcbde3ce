"""What a merge does with consents: of two answers the more restrictive holds, and an undo widens nothing."""

from collections.abc import Sequence
from datetime import datetime

from contacts.identity.movers import pairs_as_parameters
from contacts.identity.registry import How, Mover, Pair, register_mover
from orchestrator.kernel import sql

SOURCE = "merge"


def restrict(pairs: Sequence[Pair], now: datetime) -> None:
    """Let the survivors keep only what both have agreed to; a visitor without a name has only refusals to say."""
    given = {**pairs_as_parameters(pairs), "now": now, "source": SOURCE}
    sql.rows(sql.statement("consent/records/sql/merge.sql"), given)


def part(pair: Pair, now: datetime) -> None:
    """Give both what they had before, where it is not more than what holds now."""
    sql.rows(sql.statement("consent/records/sql/part.sql"), {**pair._asdict(), "now": now, "source": SOURCE})


register_mover(Mover("consent_record", how=How.KEPT, why="nobody changes what somebody said, and who said it"))
register_mover(Mover("consent_state", how=How.OWN, why="the more restrictive of two holds", before=restrict, undo=part))
