"""Makes one person out of two: every row that points at the loser goes to the survivor, table by table, and is remembered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from contacts.identity.movers import pairs_as_parameters
from contacts.identity.registry import How, Mover, Pair, movers
from orchestrator.kernel import doorbell, sql


class Wanted(NamedTuple):
    """Two people who are one, by whose word and why."""

    loser: int
    survivor: int
    why: str
    by: str


def merge_pairs(wanted: Iterable[Wanted], now: datetime) -> list[Pair]:
    """Merge people, in rounds in which each survivor takes in one. The caller holds the lock of the tick.

    Every loser is named once and survives nobody. Pairs of which one is not there any more are left out.
    """
    waiting, done = list(wanted), []
    while waiting:
        taken: dict[int, Wanted] = {}
        for one in waiting:
            taken.setdefault(one.survivor, one)
        done += _merge(list(taken.values()), now)
        waiting = [one for one in waiting if taken[one.survivor] is not one]
    if done:
        doorbell.ring()
    return done


def _merge(wanted: Sequence[Wanted], now: datetime) -> list[Pair]:
    people = [one.loser for one in wanted] + [one.survivor for one in wanted]
    # whoever writes about one of them by id holds the row, in the order of the ids, or finds the loser gone
    sql.rows("SELECT id FROM contacts_contact WHERE id = ANY (%s) ORDER BY id FOR UPDATE", [people])
    given = {
        "losers": [one.loser for one in wanted],
        "survivors": [one.survivor for one in wanted],
        "whys": [one.why[:200] for one in wanted],
        "bys": [one.by[:200] for one in wanted],
        "now": now,
    }
    begun = sql.rows(sql.statement("contacts/identity/sql/begin_merge.sql"), given)
    pairs = [Pair(*row) for row in begun]
    if not pairs:
        return []
    registered = movers()
    for mover in registered:
        if mover.before:
            mover.before(pairs, now)
    move_rows(pairs)
    losers = [pair.loser for pair in pairs]
    merges = {"merges": [pair.merge for pair in pairs], "now": now}
    sql.rows(sql.statement("contacts/identity/sql/end_merge.sql"), {"losers": losers})
    for name in ("fill", "keep_names"):
        sql.rows(sql.statement(f"contacts/identity/sql/{name}.sql"), merges)
    for mover in registered:
        if mover.after:
            mover.after(pairs, now)
    return pairs


def move_rows(pairs: Sequence[Pair]) -> int:
    """Give the survivors every row of the losers; also those that came late. Returns how many rows moved."""
    moved = 0
    for mover in movers():
        if mover.how is not How.MOVED:
            continue
        given = {**pairs_as_parameters(pairs), "name": mover.table}
        if mover.once:
            sql.rows(_statement("take_away", mover), given)
        moved += sql.count(_statement("move", mover), given)
    return moved


def _statement(name: str, mover: Mover) -> str:
    text = sql.statement(f"contacts/identity/sql/{name}.sql")
    places = {"table": sql.identifier(mover.table), "column": sql.identifier(mover.column)}
    columns = [sql.identifier(column) for column in mover.once]
    places["same"] = "".join(f" AND s.{column} = t.{column}" for column in columns)
    places["through"] = ""
    if mover.through:
        column, table = (sql.identifier(part) for part in mover.through)
        places["through"] = (
            f" AND t.{column} IN (SELECT o.id FROM {table} o WHERE o.contact_id IN (p.loser, p.survivor))"
        )
    for place, written in places.items():
        text = text.replace(f"/*{place}*/", written)
    return text
