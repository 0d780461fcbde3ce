"""When a queue is empty, and which queue a waiting message stands in."""

from datetime import datetime, timedelta
from typing import NamedTuple

# in the order in which people read them
DUE, LIMITED, RETRIED, SENDING, DECIDED_NEXT, HELD = "due", "rate_limited", "retried", "sending", "proposed", "held"
PLACES = (DUE, LIMITED, RETRIED, SENDING, DECIDED_NEXT, HELD)
FARTHEST = timedelta(days=30)


class Pace(NamedTuple):
    """How many messages of a channel went out lately, in how many seconds."""

    sent: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Messages a second."""
        return self.sent / self.seconds if self.seconds > 0 else 0.0


def empty_at(
    *, waiting: int, pace: Pace, per_second: float | None, promised_until: datetime | None, now: datetime
) -> datetime | None:
    """Say when a queue will be empty if nothing new comes: by what went out lately, and never faster than a limit allows.

    per_second: the limit of the channel; without a pace it is believed. promised_until: when the last who waits for a
    token has one. None: nobody can say, or it takes longer than a month.
    """
    if not waiting:
        return now
    speed = pace.per_second
    if per_second is not None:
        speed = min(speed, per_second) if speed else per_second
    if not speed:
        return None
    seconds = waiting / speed
    if seconds > FARTHEST.total_seconds():
        return None
    return max(now + timedelta(seconds=seconds), promised_until or now)
