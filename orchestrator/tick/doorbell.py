"""Rings the pulse when news was committed; a broker that is away costs one beat, never a request."""

import time

import structlog
from kombu.exceptions import OperationalError

log = structlog.get_logger()
QUIET_SECONDS = 5.0  # after a failure nobody waits for the broker again for so long
_failed_at: list[float] = []


def wake() -> None:
    """Tell a worker that somebody has news."""
    from orchestrator.tick.tasks import pulse

    if _failed_at and time.monotonic() - _failed_at[0] < QUIET_SECONDS:
        return
    try:
        pulse.apply_async(retry=False, ignore_result=True)
        _failed_at.clear()
    except (OperationalError, OSError) as error:
        _failed_at[:] = [time.monotonic()]
        log.warning("the broker does not answer: the beat takes the news", error=type(error).__name__)
