"""The virtual clock: from one instant at which something can happen straight to the next."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import cast

from orchestrator.kernel import sql
from orchestrator.kernel.scope import Scope
from orchestrator.tick.loop import tick

EVENTS = """
SELECT DISTINCT line.occurred_at, person.contact_id, line.name
FROM replay_line line JOIN replay_person person USING (person)
WHERE line.name = ANY (%(names)s) ORDER BY 1
"""
INSTANT = timedelta(microseconds=1)


def run_through(
    *,
    first: datetime,
    last: datetime,
    names: set[str],
    journeys: tuple[int, ...] | None,
    step: timedelta,
    most: timedelta | None,
) -> Iterator[datetime]:
    """Tick from the first to the last instant of a log; yields the virtual time after each tick.

    The instants are those of events that somebody listens to (as many as lie within `step` share one), the ones at which
    a run is due or a held touch may go on, and (unless None) at least one every `most`, for what time alone changes.
    A condition sees what has happened by then, (now - window, now].
    What is due at the very end of the log is left undone: nobody knows what would have happened in that moment.
    """
    found = sql.rows(EVENTS, {"names": sorted(names)})
    instants = [(at, [row[1:] for row in rows]) for at, rows in groupby(found, key=itemgetter(0))]
    everybody = tuple(row[0] for row in sql.rows("SELECT contact_id FROM replay_person ORDER BY 1"))
    place, at, looked = 0, first - INSTANT, first - INSTANT
    while at < last:
        event = instants[place][0] + step if place < len(instants) else last
        due = _due(journeys)
        look = looked + most if most else last
        at = min(event, max(due or last, at + INSTANT), look, last)
        batch: list[tuple[int, str]] = []
        while place < len(instants) and instants[place][0] <= at:
            batch += instants[place][1]
            place += 1
        waiting = [] if at == last or not due or due > at else _waiting(journeys, at)
        if people := {contact for contact, _ in batch} | set(waiting):
            news = frozenset(name for _, name in batch)
            tick(now=at, scope=Scope(contacts=tuple(sorted(people)), news=news, journeys=journeys))
        if look <= at < last:
            tick(now=at, scope=Scope(contacts=everybody, news=frozenset(), timed=True, journeys=journeys))
            looked = at
        yield at


def _waiting(journeys: tuple[int, ...] | None, at: datetime) -> list[int]:
    ids = None if journeys is None else list(journeys)
    found = sql.rows(sql.statement("orchestrator/replay/sql/waiting.sql"), {"journeys": ids, "now": at})
    return [contact for (contact,) in found]


def _due(journeys: tuple[int, ...] | None) -> datetime | None:
    ids = None if journeys is None else list(journeys)
    ((at,),) = sql.rows(sql.statement("orchestrator/replay/sql/next.sql"), {"journeys": ids})
    return cast(datetime | None, at)
