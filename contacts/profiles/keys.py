"""Locks on what people are called, so that two calls about one new person make one row."""

import zlib
from collections.abc import Iterable

from orchestrator.kernel import sql

BUCKETS = 64  # enough that strangers seldom wait for each other, few enough for the lock table


def hold_keys(keys: Iterable[str]) -> None:
    """Hold these names until the commit."""
    buckets = sorted({zlib.crc32(key.encode()) % BUCKETS for key in keys})
    sql.rows(
        "SELECT pg_advisory_xact_lock(hashtext('contacts.profiles.keys'), bucket) FROM unnest(%s::int[]) AS bucket",
        [buckets],
    )
