"""The only doors of Celery. Messages are hints: losing all of them costs at most one beat of delay."""

import threading
import time
from datetime import UTC, datetime, timedelta

import structlog
from celery import shared_task
from celery.signals import worker_ready
from django.db import transaction

from contacts.attributes.operations import expire_values, remove_values, take_over_values
from contacts.events.operations import keep_months
from contacts.identity.operations import find_duplicates, forget_merged, reroute_recent
from contacts.imports.operations import purge_imports, work_on_imports
from contacts.segments.lists import record_sizes
from orchestrator.api.arrivals import prune_arrivals
from orchestrator.channels.operations import deliver_touches, release_leases
from orchestrator.kernel import locks
from orchestrator.tick import loop
from orchestrator.tick.models import Heartbeat
from orchestrator.tick.operations import record_heartbeat
from reporting.kpis.operations import roll_up_kpis

log = structlog.get_logger()
SIZES_EVERY = timedelta(minutes=10)  # counting everybody in every segment takes a second or two
DUPLICATES_EVERY = timedelta(days=1)  # looks at everybody
TIMED_EVERY = timedelta(seconds=30)  # how often conditions are looked at that time alone can change
ALIVE_SECONDS = 5
IMPORT_SECONDS = 20.0  # after these an import lets others have the worker
LIMIT = 200  # messages claimed at once by one delivery


def _now() -> datetime:
    return datetime.now(UTC)


@shared_task(name="orchestrator.pulse", expires=60)
def pulse() -> None:
    """Act on the news of contacts; woken by the commit of an event."""
    report = loop.pulse(now=_now())
    if report.approved:
        _send()


@shared_task(name="orchestrator.beat", expires=60)
def beat() -> None:
    """Look at time; two at once are harmless."""
    now = _now()
    report = loop.beat(now=now, timed=_take_turn("time", now, TIMED_EVERY))
    if report.approved:
        _send()


@shared_task(name="orchestrator.deliver", expires=60)
def deliver() -> None:
    """Send what is approved, and free what a dead worker had claimed."""
    release_leases(now=_now())
    _send()


def _send() -> None:
    while deliver_touches(now=_now, limit=LIMIT)["sent"] == LIMIT:
        pass  # a full batch was sent: there may be more


@shared_task(name="orchestrator.roll_up", expires=60)
def roll_up() -> None:
    """Count key figures of today and yesterday, and the people in segments."""
    with transaction.atomic():
        if locks.try_hold("roll_up"):
            roll_up_kpis(now=_now(), days=2)
    if _take_turn("sizes of segments", _now(), SIZES_EVERY):
        record_sizes(now=_now())


@shared_task(name="orchestrator.import", expires=60)
def import_people() -> None:
    """Go on with the imports that wait or that a dead worker left; two at once are harmless."""
    work_on_imports(now=_now, settle=_settle, seconds=IMPORT_SECONDS)


def _settle(names: frozenset[str]) -> None:
    """Look at everybody once, after a large import that gave no news of each person."""
    loop.tick(now=_now(), scope=loop.Scope(news=names))


@shared_task(name="orchestrator.keep_house", expires=600)
def keep_house() -> None:
    """Open the partitions of the coming months; let values and arrivals go whose time is over, take over defined values."""
    keep_months(now=_now())
    reroute_recent(now=_now())
    forget_merged(now=_now())
    if _take_turn("duplicates", _now(), DUPLICATES_EVERY):
        find_duplicates(now=_now())
    while expire_values(now=_now()):
        pass  # a portion was removed: there may be more
    while remove_values(now=_now()):
        pass
    while take_over_values(now=_now()):
        pass
    purge_imports(now=_now())
    prune_arrivals()


@shared_task(name="orchestrator.heartbeat", expires=30)
def heartbeat() -> None:
    """Sent by the beat and run by a worker: both are alive."""
    record_heartbeat(part="beat", now=_now())


def _take_turn(part: str, now: datetime, every: timedelta) -> bool:
    """Whether it is time again for a part of the beat; the row is the clock that all workers share."""
    with transaction.atomic():
        row, made = Heartbeat.objects.select_for_update().get_or_create(part=part, defaults={"at": now})
        if made or row.at <= now - every:
            row.at = now
            row.save(update_fields=["at"])
            return True
    return False


@worker_ready.connect
def _worker_lives(**_: object) -> None:
    threading.Thread(target=_live, args=("worker",), daemon=True).start()


def _live(part: str) -> None:
    while True:
        try:
            record_heartbeat(part=part, now=_now())
        except Exception:  # the database is away: healthz says so, and the next sign of life follows
            log.exception("no sign of life", part=part)
        time.sleep(ALIVE_SECONDS)
