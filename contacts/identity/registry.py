"""Tables with rows about people, registered by the rooms that own them: what a merge does with each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Pair(NamedTuple):
    """One merge: its row, who is gone, who stays."""

    merge: int
    loser: int
    survivor: int


class How(StrEnum):
    """What happens to the rows of the loser."""

    MOVED = "moved"  # they are the survivor's from now on, and go back with an undo
    KEPT = "kept"  # they stay with the id of the loser, which leads to the survivor
    OWN = "own"  # the room does it itself


Hook = Callable[[Sequence[Pair], datetime], None]


@dataclass(frozen=True)
class Mover:
    """What a merge does with one table.

    once: columns that are unique together with the contact; the survivor's row stays, the loser's is taken away.
    through: a column and the table that it leads to, where the contact itself has no index.
    before, after: run for all pairs before rows move, and when all have moved and the loser is gone.
    undo: run for one pair after the rows are back.
    """

    table: str
    column: str = "contact_id"
    how: How = How.MOVED
    why: str = ""
    once: tuple[str, ...] = ()
    through: tuple[str, str] | None = None
    before: Hook | None = None
    after: Hook | None = None
    undo: Callable[[Pair, datetime], None] | None = None


class MissingReason(Exception):
    """A table whose rows do not simply move must say why."""


_movers: dict[tuple[str, str], Mover] = {}


def register_mover(mover: Mover) -> None:
    """Say what a merge does with a table. Raises MissingReason."""
    if mover.how is not How.MOVED and not mover.why:
        raise MissingReason(mover.table)
    _movers[mover.table, mover.column] = mover


def movers() -> list[Mover]:
    """List what is registered; tables that are found through others come before them."""
    return sorted(_movers.values(), key=lambda mover: mover.through is None)


class Foreseen(NamedTuple):
    """What would become of something that two people said or have: (what, the survivor's, the loser's, then)."""

    what: str
    mine: str
    theirs: str
    then: str


class Couple(NamedTuple):
    """Two people who may be merged. visitor: the loser has neither user id nor address."""

    survivor: int
    loser: int
    visitor: bool


Preview = Callable[[Sequence[Couple]], dict[Couple, list[Foreseen]]]
_previews: list[Preview] = []


def register_preview(preview: Preview) -> None:
    """Have a room say what a merge would do to what it owns, before somebody decides."""
    if preview not in _previews:
        _previews.append(preview)


def foreseen(couples: Sequence[Couple]) -> dict[Couple, list[Foreseen]]:
    """Say what merges would do, by every room that registered."""
    found: dict[Couple, list[Foreseen]] = {couple: [] for couple in couples}
    for preview in _previews:
        for couple, lines in preview(couples).items():
            found[couple] += lines
    return found
