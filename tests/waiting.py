"""Waits of tests: for what is meant, never for a time. Only what has hung ends one, and no slow machine looks like it.

The product gives up after times of its own: what takes longer is tried again, estimated, or left to others. A test that is not
about such a time must not see it pass, however slow the machine is; one that is about it sets it itself.
"""

import time
from collections.abc import Callable, Iterable
from threading import Thread
from typing import TypeVar

import psycopg
from django.db import connection

HUNG = 300.0  # seconds; nothing here takes a tenth of them, also where the processor has much else to do
GIVES_UP_AFTER = (
    "contacts.conditions.counting.COUNT_SECONDS",
    "contacts.conditions.counting.EXACT_SECONDS",
    "contacts.conditions.counting.SAMPLE_SECONDS",
    "contacts.profiles.views.LIST_SECONDS",
    "contacts.profiles.views.SIZE_SECONDS",
    "journeys.content.rendering.START_SECONDS",
    "journeys.content.rendering.WALL_SECONDS",
    "orchestrator.api.authentication.REMEMBER_SECONDS",
    "orchestrator.channels.adapters.api.SECONDS",
    "orchestrator.channels.adapters.audience.SECONDS",
    "orchestrator.channels.adapters.push.SECONDS",
    "orchestrator.channels.adapters.sms.SECONDS",
    "orchestrator.channels.feedback.hook_views.CALL_SECONDS",
    "orchestrator.channels.handing.BEGIN_WITHIN",
    "orchestrator.channels.senders.dns.SECONDS",
    "orchestrator.tick.tasks.IMPORT_SECONDS",
)
OF_THE_PRODUCT: dict[str, float] = {}  # what it gives up after outside of tests
T = TypeVar("T")


def until(holds: Callable[[], T], what: str) -> T:
    """Look again and again until something holds; returns what was found."""
    end = time.monotonic() + HUNG
    while not (found := holds()):
        assert time.monotonic() < end, f"{what}: not within {HUNG:.0f} s"
        time.sleep(0.01)
    return found


def ended(threads: Iterable[Thread]) -> None:
    """Wait until threads have ended."""
    for thread in threads:
        thread.join(HUNG)
        assert not thread.is_alive(), f"{thread.name} has hung"


def until_blocked(sessions: int = 1) -> None:
    """Wait until so many sessions of this test's database wait for a lock that another one has."""
    _until_sessions("wait_event_type = 'Lock'", sessions)


def until_asleep(sessions: int = 1) -> None:
    """Wait until so many sessions of this test's database are in pg_sleep."""
    _until_sessions("wait_event = 'PgSleep'", sessions)


def _until_sessions(what: str, sessions: int) -> None:
    given = connection.settings_dict
    asked = f"SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND {what}", [given["NAME"]]
    with psycopg.connect(
        host=given["HOST"] or None, port=given["PORT"] or None, user=given["USER"] or None,
        password=given["PASSWORD"] or None, dbname=given["NAME"], autocommit=True,
    ) as other:  # fmt: skip
        until(lambda: other.execute(*asked).fetchone()[0] >= sessions, f"{sessions} sessions, {what}")
