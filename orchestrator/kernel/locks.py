"""Advisory locks: one worker at a time for one piece of work, whatever the broker delivers."""

import zlib

from orchestrator.kernel import sql

TICK = "tick"  # everything that moves people in journeys, and everything that makes one person of two


def hold(work: str, shard: int = 0) -> None:
    """Wait for the lock on a piece of work and hold it until the transaction ends."""
    sql.rows("SELECT pg_advisory_xact_lock(%s, %s)", [_number(work), shard])


def try_hold(work: str, shard: int = 0) -> bool:
    """Take the lock until the transaction ends, or say at once that somebody else has it."""
    return bool(sql.rows("SELECT pg_try_advisory_xact_lock(%s, %s)", [_number(work), shard])[0][0])


def _number(work: str) -> int:
    return zlib.crc32(work.encode()) - 2**31
