"""Decides touches: one verdict with one reason each, all gates in one statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from consent.limits.models import Limit
from orchestrator.arbiter.queries import Place, Quiet, in_context, periods_at
from orchestrator.arbiter.reach import delivering
from orchestrator.arbiter.rules import Periods
from orchestrator.kernel import doorbell, planned, sql
from orchestrator.kernel.scope import Scope

RETRY = timedelta(hours=1)  # when a touch held for sales or a paused journey is looked at again


@sql.joined
def decide_touches(
    *, now: datetime, scope: Scope, batch: int, lane: tuple[int, int] = (0, 1)
) -> dict[tuple[str, str], int]:
    """Give every open touch of the scope whose time has come its verdict; returns counts by (outcome, reason).

    People are locked first, with everybody who has the same address: for limits and groups held out they are one person.
    lane: (0, 2) is one half of the people, (1, 2) the other, for two at once (orchestrator.arbiter.lanes).
    One pass decides nearly everything; the number of passes hangs on the limits, never on the number of people.
    """
    by_account = Limit.objects.filter(active=True, per=Limit.Per.ACCOUNT).exists()
    journeys = None if scope.journeys is None else list(scope.journeys)
    given = {"now": now, "scope": scope.ids(), "batch": batch, "journeys": journeys, "accounts": by_account}
    given |= {"lane": lane[0], "lanes": lane[1]}
    people = planned.rows(sql.statement("orchestrator/arbiter/sql/lock.sql"), given, scope=scope)
    if not people:
        return {}
    params: dict[str, Any] = {"now": now, "journeys": journeys, "retry": RETRY}
    params |= _who(people) | _where([Place(row[2], row[3], row[5]) for row in people], now)
    params["accounts"] = _hold_accounts(people) if by_account else []
    params["context_journeys"], params["context_contacts"] = in_context(params["people"], now)
    return _passes(params, scope)


def _passes(params: dict[str, Any], scope: Scope) -> dict[tuple[str, str], int]:
    results: dict[tuple[str, str], int] = {}
    rest = 1
    while rest:
        rest = 0
        text = sql.statement("orchestrator/arbiter/sql/decide.sql")
        for outcome, reason, n, left, told in planned.rows(text, params, scope=scope):
            results[(outcome, reason)] = results.get((outcome, reason), 0) + n
            rest = left
            if told:
                doorbell.ring()
    return results


def _who(people: Sequence[tuple[Any, ...]]) -> dict[str, list[int]]:
    """Everybody, and beside each for which person they stand: the lowest id with the same address."""
    first: dict[str, int] = {}
    ids, persons = [], []
    for contact, email, *_ in people:  # in the order of ids
        ids.append(contact)
        persons.append(first.setdefault(email, contact) if email else contact)
    return {"people": ids, "persons": persons}


def _where(places: Sequence[Place], now: datetime) -> dict[str, Any]:
    """Where everybody is, and what the clock means there: looked up once a place, however many people are at it."""
    numbers = {place: n for n, place in enumerate(dict.fromkeys(places))}
    quiet = Quiet()
    silent = [
        (n, channel, until)
        for place, n in numbers.items()
        for channel in delivering()
        if (until := quiet.until(place, channel, now))
    ]
    found = [periods_at(place, now) for place in numbers]
    return {
        "places": [numbers[place] for place in places],
        "zones": [place.usable for place in numbers],
        **{name: [getattr(one, name) for one in found] for name in Periods._fields},
        "quiet_place": [n for n, _, _ in silent],
        "quiet_channel": [channel for _, channel, _ in silent],
        "quiet_until": [until for _, _, until in silent],
        "channels": list(delivering()),
        "addresses": list(delivering().values()),
    }


def _hold_accounts(people: Sequence[tuple[Any, ...]]) -> list[int]:
    """Lock the companies of these people: their limits count what everybody there gets."""
    accounts = sorted({row[4] for row in people if row[4] is not None})
    held = "SELECT id FROM contacts_account WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE"
    return [row[0] for row in sql.rows(held, [accounts])]
