"""Decides a crowd on several connections at once: each takes people of its own, and locks on people keep every slot single."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.conf import settings
from django.db import connection, connections

from orchestrator.arbiter.operations import decide_touches
from orchestrator.kernel import locks, sql
from orchestrator.kernel.scope import Scope

FIRST = 1_000  # touches: who has fewer needs no second connection
MOST_ROUNDS = 100_000
Decided = Counter[tuple[str, str]]


def decide_all(*, now: datetime, scope: Scope, batch: int) -> Decided:
    """Decide batch after batch, each a transaction of its own under the lock of the tick, until nothing is open.

    Where there is much, every round decides a batch in each lane. A lane that fails undoes its own batch only, and the others'
    end before the error goes on. Inside of a transaction, whose rows no other connection sees, there is one lane.
    """
    decided: Decided = Counter()
    alone = scope.contacts is not None or settings.DECIDE_LANES < 2 or connection.in_atomic_block
    size, lanes = batch if alone else min(batch, FIRST), 1
    for _ in range(MOST_ROUNDS):
        found = _round(now, scope, size, lanes)
        decided += sum(found, Counter())
        if all(sum(one.values()) < size for one in found):
            break
        if not alone:
            size, lanes = batch, settings.DECIDE_LANES
    return decided


def _round(now: datetime, scope: Scope, batch: int, lanes: int) -> list[Decided]:
    with sql.joined:
        locks.hold(locks.TICK)
        if lanes == 1:
            return [Counter(decide_touches(now=now, scope=scope, batch=batch))]
        with ThreadPoolExecutor(lanes) as threads:
            running = [threads.submit(_in_lane, now, scope, batch, (lane, lanes)) for lane in range(lanes)]
        return [one.result() for one in running]


def _in_lane(now: datetime, scope: Scope, batch: int, lane: tuple[int, int]) -> Decided:
    try:
        return Counter(decide_touches(now=now, scope=scope, batch=batch, lane=lane))
    finally:
        connections.close_all()  # back into the pool
