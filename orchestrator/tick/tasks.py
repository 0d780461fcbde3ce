"""The only doors of Celery. Messages are hints: losing all of them costs at most one beat of delay."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog
from celery import shared_task
from celery.signals import worker_process_init, worker_ready
from django.db import transaction

from consent.preferences.signups import forget_signups
from consent.privacy.expiring import expire
from consent.privacy.operations import sweep_late
from consent.records.chain import seal_records
from contacts.attributes.operations import expire_values, remove_values, take_over_values
from contacts.events.operations import keep_months
from contacts.identity.operations import find_duplicates, forget_merged, reroute_recent
from contacts.imports.operations import purge_imports, work_on_imports
from contacts.segments.lists import record_sizes
from journeys.content.rendering import warm_up
from journeys.enrollments.operations import prune_triggers
from orchestrator.api.arrivals import prune_arrivals
from orchestrator.channels.audiences.operations import sync_audiences
from orchestrator.channels.letters.operations import close_due
from orchestrator.channels.operations import deliver_touches, release_leases
from orchestrator.channels.ops.operations import settle_doubts
from orchestrator.channels.service_mail import send_service_mails
from orchestrator.channels.slots.preparing import keep_touches, prepare_touches
from orchestrator.channels.slots.recommending import count_products
from orchestrator.channels.task_texts import write_task_texts
from orchestrator.channels.throttle.queries import next_token
from orchestrator.channels.webhooks import call_webhooks
from orchestrator.kernel import locks
from orchestrator.kernel.faults import fault
from orchestrator.tick import loop
from orchestrator.tick.models import Heartbeat
from orchestrator.tick.operations import record_heartbeat
from reporting.kpis.operations import roll_up_kpis

log = structlog.get_logger()
SIZES_EVERY = timedelta(minutes=10)  # counting everybody in every segment takes a second or two
SEALS_EVERY = timedelta(hours=20)  # every night, whatever the hour of the beat
SITE_EVERY = timedelta(minutes=1)  # how often messages that wait to be seen are looked through
PRODUCTS_EVERY = timedelta(hours=20)  # every night as well
DUPLICATES_EVERY = timedelta(days=1)  # looks at everybody
TIMED_EVERY = timedelta(seconds=30)  # how often conditions are looked at that time alone can change
ALIVE_SECONDS = 5
IMPORT_SECONDS = 20.0  # after these an import lets others have the worker
WEBHOOK_SECONDS = 15.0  # after these the calls of webhooks let others have the worker
EXPIRE_SECONDS = 120.0  # after these the rest of what is past its period waits for the next time
SEND_SECONDS = 4.0  # that a delivery waits for tokens at most; the next beat of it goes on
TOKEN_SECONDS = 0.2  # as often as it looks
_noted: dict[str, float] = {}
LIMIT = 200  # messages claimed at once by one delivery


def _now() -> datetime:
    return datetime.now(UTC)


@shared_task(name="orchestrator.pulse", expires=60)
def pulse() -> None:
    """Act on the news of contacts; woken by the commit of an event."""
    with _timed("took pulse"):
        report = loop.pulse(now=_now())
    send_service_mails(now=_now)  # who asked for one waits in front of the screen
    if report.approved:
        _send()


@shared_task(name="orchestrator.beat", expires=60)
def beat() -> None:
    """Look at time; two at once are harmless."""
    now = _now()
    with _timed("took beat"):
        report = loop.beat(now=now, timed=_take_turn("time", now, TIMED_EVERY))
    if report.approved:
        _send()


@shared_task(name="orchestrator.deliver", expires=60)
def deliver() -> None:
    """Send what is approved, and free what a dead worker had claimed."""
    release_leases(now=_now())
    settle_doubts(now=_now())
    with _timed("took delivery"):
        _send()
    if _take_turn("on-site messages", _now(), SITE_EVERY):
        keep_touches(now=_now())
    fault("before_ack")


def _send() -> None:
    """Send until there is no more, or for some seconds while messages wait for tokens: a beat alone would leave tokens unused."""
    until = time.monotonic() + SEND_SECONDS
    prepare_touches(now=_now())  # what is shown on the site is delivered when it is asked for: here it is filled in
    while True:
        done = deliver_touches(now=_now, limit=LIMIT)
        if done["sent"] >= LIMIT or (done["rate_limited"] and done["sent"] + done["rate_limited"] >= LIMIT):
            continue  # a full batch: there may be more
        wait = next_token(now=_now())
        if wait is None or time.monotonic() + wait > until:
            return
        time.sleep(max(wait, TOKEN_SECONDS))


@shared_task(name="orchestrator.service_mails", expires=60)
def service_mails() -> None:
    """Send the mails that people asked for, and those whose next attempt is due."""
    while send_service_mails(now=_now):
        pass  # there may be more


@shared_task(name="orchestrator.webhooks", expires=30)
def webhooks() -> None:
    """Call the webhooks that are due, for some seconds at most; two at once share what may be called at a time."""
    call_webhooks(now=_now, seconds=WEBHOOK_SECONDS)


@shared_task(name="orchestrator.audiences", expires=60)
def audiences() -> None:
    """Bring audiences at ad platforms in step that are due; two at once share them."""
    sync_audiences(now=_now)


@shared_task(name="orchestrator.task_texts", expires=30)
def task_texts() -> None:
    """Fill the texts of new tasks; two at once fill the same in."""
    while write_task_texts(now=_now):
        pass  # there may be more


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
    """Open the partitions of the coming months; let values and arrivals go whose time is over, take over defined values, close the letters of a day."""
    close_due(now=_now())
    keep_months(now=_now())
    reroute_recent(now=_now())
    forget_merged(now=_now())
    if _take_turn("duplicates", _now(), DUPLICATES_EVERY):
        find_duplicates(now=_now())
    if _take_turn("seals", _now(), SEALS_EVERY):
        seal_records(now=_now())
    if _take_turn("recommendations", _now(), PRODUCTS_EVERY):
        count_products(now=_now())
    while expire_values(now=_now()):
        pass  # a portion was removed: there may be more
    while remove_values(now=_now()):
        pass
    while take_over_values(now=_now()):
        pass
    purge_imports(now=_now())
    forget_signups(now=_now())
    prune_arrivals()
    while prune_triggers(now=_now()):
        pass
    sweep_late(now=_now())
    expire(now=_now(), seconds=EXPIRE_SECONDS)


@shared_task(name="orchestrator.heartbeat", expires=30)
def heartbeat() -> None:
    """Sent by the beat and run by a worker: both are alive."""
    record_heartbeat(part="beat", now=_now())


@contextmanager
def _timed(part: str) -> Iterator[None]:
    """Note how long something took, every few seconds: under load a pulse follows the other."""
    begun = time.monotonic()
    yield
    ended = time.monotonic()
    if ended - _noted.get(part, -ALIVE_SECONDS) >= ALIVE_SECONDS:
        _noted[part] = ended
        record_heartbeat(part=part, now=_now(), seconds=ended - begun)


def _take_turn(part: str, now: datetime, every: timedelta) -> bool:
    """Whether it is time again for a part of the beat; the row is the clock that all workers share."""
    with transaction.atomic():
        row, made = Heartbeat.objects.select_for_update().get_or_create(part=part, defaults={"at": now})
        fault("slot_taken")
        if made or row.at <= now - every:
            row.at = now
            row.save(update_fields=["at"])
            return True
    return False


@worker_process_init.connect
def _get_ready(**_: object) -> None:
    try:
        warm_up()
        loop.rehearse(now=_now())
    except Exception:  # the database is away, or a definition is broken: the first pulse says so again
        log.exception("not warmed up")


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
