"""Named points at which a process can be made to die, to fail, to sleep or to stop, so that every crash is proven and not only hit by luck.

`FAULT=<point>:kill|exc|sleep|stop[:n]` arms one point of a process: at its n-th passing (the first) it happens, once. A stopped
process goes on when it gets SIGCONT. What fired is added to the file FAULT_COUNT. Without FAULT a point costs one comparison.
"""

import os
import signal
import time
from pathlib import Path

SLEEP_SECONDS = 2.0
POINTS = (
    "news_claimed",  # the pulse has taken people with news, nothing is done yet
    "condition_read",  # signals are derived, nobody has moved
    "before_step_commit",  # everything of a batch is written, nothing committed
    "after_step_commit",
    "before_next",  # a batch has moved, the next has not begun
    "slot_taken",  # whose turn it is stands in the row, not committed
    "event_written",  # an event is stored, not committed
    "touch_claimed",  # messages are claimed and committed, nothing is written
    "before_call",  # marked as called and committed, the provider was not called
    "after_accept",  # the provider took it, nothing is recorded
    "after_mark",  # recorded
    "before_ack",  # everything is done, the task has not returned
    "merge",  # two people are one, not committed
    "erase",  # a person is erased, not committed
)


DOINGS = ("kill", "exc", "sleep", "stop")


class Fault(Exception):
    """A point was armed to fail."""


class UnknownPoint(ValueError):
    """There is no such point, or nothing that could happen there."""


_armed: list[str] = []  # point, what, how often it is passed before


def arm(given: str) -> None:
    """Arm one point, given as in FAULT; an empty text disarms. Raises UnknownPoint."""
    _armed.clear()
    if not given:
        return
    point, what, *times = [*given.split(":"), *([] if given.count(":") > 1 else ["1"])]
    if point not in POINTS or what not in DOINGS or len(times) != 1 or not times[0].isdigit():
        raise UnknownPoint(given)
    _armed[:] = [point, what, times[0]]


def fault(point: str) -> None:
    """Let happen here what is armed for this point."""
    if _armed and _armed[0] == point:
        _pass(point)


def _pass(point: str) -> None:
    left = int(_armed[2]) - 1
    if left > 0:
        _armed[2] = str(left)
        return
    what = _armed[1]
    _armed.clear()
    if counts := os.environ.get("FAULT_COUNT"):
        with Path(counts).open("a") as file:  # the file outlives a process that is killed
            file.write(f"{point}:{what}\n")
    if what == "exc":
        raise Fault(point)
    if what == "sleep":
        time.sleep(SLEEP_SECONDS)
    else:
        os.kill(os.getpid(), signal.SIGKILL if what == "kill" else signal.SIGSTOP)


arm(os.environ.get("FAULT", ""))
