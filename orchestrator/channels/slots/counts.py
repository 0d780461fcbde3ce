"""Counts of what slots are asked and answer, kept in memory for a moment: no request waits for a row that all share."""

import atexit
import os
import threading
import time
from collections import defaultdict
from datetime import date, datetime
from typing import NamedTuple

import structlog
from django.db import connection
from django.utils import timezone

from orchestrator.kernel import sql

EVERY_SECONDS = 2.0  # a process that is killed loses what it counted since
WHAT = ("asked", "shown", "clicked", "dismissed")
log = structlog.get_logger(__name__)


class Counted(NamedTuple):
    """What is counted: a slot, a day of the team, an answer, the journey or 0."""

    slot: int
    day: date
    answer: str
    journey: int


_lock = threading.Lock()
_counts: dict[Counted, dict[str, int]] = {}
_last = 0.0


def note(what: str, *, slot: int, answer: str, journey: int | None, now: datetime) -> None:
    """Count one thing; every two seconds another thread writes down what has gathered."""
    global _last
    key = Counted(slot, timezone.localdate(now), answer, journey or 0)
    with _lock:
        _counts.setdefault(key, defaultdict(int))[what] += 1
        due = time.monotonic() - _last >= EVERY_SECONDS
        if due:
            _last = time.monotonic()
    if due:
        threading.Thread(target=_write_apart, daemon=True).start()


def write_down() -> int:
    """Add what has gathered to the table; returns how many rows. What cannot be written is kept for the next time."""
    global _counts
    with _lock:
        taken, _counts = _counts, {}
    if not taken:
        return 0
    given = {
        "slots": [key.slot for key in taken],
        "days": [key.day for key in taken],
        "answers": [key.answer for key in taken],
        "journeys": [key.journey for key in taken],
        **{what: [counts[what] for counts in taken.values()] for what in WHAT},
    }
    try:
        return sql.count(sql.statement("orchestrator/channels/slots/sql/count.sql"), given)
    except Exception:
        with _lock:
            for key, counts in taken.items():
                kept = _counts.setdefault(key, defaultdict(int))
                for what, n in counts.items():
                    kept[what] += n
        raise


def _write_apart() -> None:
    time.sleep(EVERY_SECONDS)  # what comes in meanwhile is written in the same turn
    try:
        write_down()
    except Exception:  # the database is away: the next turn takes it along
        log.exception("counts of slots not written")
    finally:
        connection.close()


def _forget() -> None:
    """After a fork: what was counted is the parent's."""
    global _counts, _lock, _last
    _counts, _lock, _last = {}, threading.Lock(), 0.0


@atexit.register
def _at_the_end() -> None:
    if _counts:
        try:
            write_down()
        except Exception:  # the process ends anyway, and the database may be gone
            log.warning("counts of slots lost", rows=len(_counts))


os.register_at_fork(after_in_child=_forget)
