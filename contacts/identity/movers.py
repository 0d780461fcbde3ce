"""What a merge does with the tables of people and facts."""

from collections.abc import Sequence
from datetime import datetime

from contacts.identity.registry import How, Mover, Pair, register_mover
from orchestrator.kernel import sql


def pairs_as_parameters(pairs: Sequence[Pair]) -> dict[str, list[int]]:
    """Give pairs as the three arrays that every statement of a merge takes."""
    return {
        "merges": [pair.merge for pair in pairs],
        "losers": [pair.loser for pair in pairs],
        "survivors": [pair.survivor for pair in pairs],
    }


def close_second_handovers(pairs: Sequence[Pair], now: datetime) -> None:
    """Close one of two open handovers: the person has one conversation with sales."""
    text = sql.statement("contacts/identity/sql/close_second_handovers.sql")
    sql.rows(text, {**pairs_as_parameters(pairs), "now": now})


def move_proposals(pairs: Sequence[Pair], now: datetime) -> None:
    """Ask about the survivor what was asked about the loser; the question about the two themselves is answered."""
    sql.rows(sql.statement("contacts/identity/sql/move_proposals.sql"), pairs_as_parameters(pairs))


DERIVED = "the next tick derives it again; where both have a value the survivor's stays until then"
for mover in (
    Mover("contacts_event"),
    Mover("contacts_news", how=How.KEPT, why="the pulse that takes it follows the id to the survivor"),
    Mover("contacts_identifier"),
    Mover("contacts_merge", "survivor_id"),
    Mover("contacts_mergeproposal", "first_id", how=How.OWN, why="pairs are kept in order", before=move_proposals),
    Mover("contacts_mergeproposal", "second_id", how=How.OWN, why="moved together with the first"),
    Mover("contacts_apartvalue", once=("key",)),
    Mover("contacts_importchange", how=How.KEPT, why="the undo of an import must not take the survivor away"),
    Mover("contacts_scorevalue", once=("score_id",), why=DERIVED),
    Mover("contacts_scoreaward"),
    Mover("contacts_segmentmember", once=("segment_id",), why=DERIVED),
    Mover("contacts_segmentchange"),
    Mover("contacts_signalfiring"),
    Mover("contacts_stagechange"),
    Mover("contacts_handover", before=close_second_handovers),
    Mover("contacts_task"),
):
    register_mover(mover)
