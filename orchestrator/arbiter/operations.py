"""Decides touches: one verdict with one reason each, all gates in one statement."""

from datetime import datetime, timedelta
from typing import Any

from consent.limits.queries import quiet_windows
from contacts.profiles.queries import zones_in_use
from orchestrator.arbiter.rules import quiet_until
from orchestrator.kernel import sql
from orchestrator.kernel.scope import Scope

RETRY = timedelta(hours=1)  # when a touch held for sales or a paused journey is looked at again


@sql.joined
def decide_touches(*, now: datetime, scope: Scope, batch: int) -> dict[tuple[str, str], int]:
    """Give every open touch of the scope whose time has come its verdict; returns counts by (outcome, reason).

    People are locked first, then decided in rounds of one touch each, the highest score first: a round counts the
    slots that the rounds before have taken. The number of rounds is the most touches that one person has open, not the number of people.
    """
    params: dict[str, Any] = {
        "now": now,
        "scope": scope.ids(),
        "batch": batch,
        "journeys": None if scope.journeys is None else list(scope.journeys),
    }
    people = [row[0] for row in sql.rows(sql.statement("orchestrator/arbiter/sql/lock.sql"), params)]
    results: dict[tuple[str, str], int] = {}
    if not people:
        return results
    zones = zones_in_use()
    windows = quiet_windows()
    quiet = [quiet_until(now, zone, windows) for zone in zones]
    params |= {"people": people, "zones": zones, "quiet_until": quiet, "retry": RETRY}
    rest = 1
    while rest:
        rest = 0
        for outcome, reason, n, left in sql.rows(sql.statement("orchestrator/arbiter/sql/decide.sql"), params):
            results[(outcome, reason)] = results.get((outcome, reason), 0) + n
            rest = left
    return results
