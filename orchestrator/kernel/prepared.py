"""Compiled querysets kept in memory: compiling one costs milliseconds, putting in the time and the people microseconds.

A queryset is compiled once for a stand-in time and stand-in people; every datetime among its parameters is then moved by
the distance from the stand-in to the real time. That is exact as long as a queryset holds no other instants than `now`
plus or minus a duration, which is what conditions, windows and due times are (days are made of `now` by the database).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from orchestrator.kernel import sql
from orchestrator.kernel.scope import Scope

STAND_IN = datetime(2500, 1, 1, tzinfo=UTC)
PEOPLE = (-(2**62),)
MOST = 10_000  # two for each step of 300 large journeys; some kilobytes each
_kept: OrderedDict[Hashable, sql.Part] = OrderedDict()


def prepared(
    key: Hashable, *, now: datetime, scope: Scope, build: Callable[[datetime, list[int] | None], QuerySet[Any]]
) -> sql.Part:
    """Compile what `build(now, ids)` returns, or take it from an earlier call with the same key.

    key: everything the queryset depends on besides the time and the people, e.g. ("segment", the condition as JSON).
    """
    ids = scope.ids()
    full = (key, ids is None)
    part = _kept.get(full)
    if part is None:
        part = sql.compiled(build(STAND_IN, None if ids is None else list(PEOPLE)))
        _kept[full] = part
        if len(_kept) > MOST:
            _kept.popitem(last=False)
    shift = now - STAND_IN
    return sql.Part(part.text, tuple(_put_in(value, shift, ids) for value in part.params))


def _put_in(value: Any, shift: Any, ids: list[int] | None) -> Any:
    if isinstance(value, datetime):
        return value + shift
    if ids is not None and isinstance(value, list) and tuple(value) == PEOPLE:
        return ids
    return value
