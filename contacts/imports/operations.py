"""Keeps uploaded files, starts, runs and stops imports; a killed worker's import goes on from the last batch."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import structlog
from django.db import InterfaceError, OperationalError, transaction

from contacts.attributes.operations import save_attribute
from contacts.attributes.queries import definitions
from contacts.imports import batch, looking
from contacts.imports.cells import RowReader
from contacts.imports.guess import EncodingWatch
from contacts.imports.looking import draft_of
from contacts.imports.models import Import, ImportChange, ImportPart, ImportReject
from contacts.imports.reader import PART, Unreadable, read_rows
from contacts.imports.rules import BATCH, BULK, UNDO_DAYS
from contacts.imports.targets import ATTRIBUTE, NEW
from contacts.imports.undo import take_back
from contacts.profiles.arriving import tell_of_addresses
from contacts.profiles.keys import hold_keys
from contacts.segments.models import Segment, SegmentChange
from contacts.signals.models import Signal, SignalFiring
from contacts.signals.operations import derive_signals
from orchestrator.kernel import doorbell, locks, sql, statistics
from orchestrator.kernel.scope import Scope

log = structlog.get_logger()
TICK = "tick"  # the lock of orchestrator.tick: what is derived for a person is derived by one at a time
GROWING = ("contacts_contact", "contacts_importchange", "contacts_identifier", "consent_state")
Clock = Callable[[], datetime]
Settle = Callable[[frozenset[str]], object]


class NotNow(Exception):
    """The import is not in a state in which this can be done; nothing was written."""


class Counts(NamedTuple):
    """What a batch came to, by row."""

    made: int
    changed: int
    same: int
    rejected: int


@transaction.atomic
def keep_upload(*, file_name: str, chunks: Iterable[bytes], by: str, now: datetime) -> Import:
    """Keep a file in parts and guess what it looks like. Raises Unreadable: nothing was kept."""
    job = Import.objects.create(file_name=file_name[-255:], size_bytes=0, sha256="", by=by[:200], created_at=now)
    digest, watch, size, number, left = hashlib.sha256(), EncodingWatch(), 0, 0, b""
    for chunk in chunks:
        digest.update(chunk)
        watch.see(chunk)
        size += len(chunk)
        left += chunk
        while len(left) >= PART:
            ImportPart.objects.create(job=job, number=number, content=left[:PART])
            number, left = number + 1, left[PART:]
    if left:
        ImportPart.objects.create(job=job, number=number, content=left)
    job.size_bytes, job.sha256 = size, digest.hexdigest()
    looking.look_at(job, watch)
    job.save()
    return job


@transaction.atomic
def plan_import(
    *, job_id: int, look: dict[str, Any], mapping: Sequence[str], options: dict[str, Any], source: str
) -> Import:
    """Keep how a file is to be read and where its columns go. Raises NotNow, Unreadable.

    A file that is read in another way has other columns: where they go is guessed again.
    """
    job = _locked(job_id, Import.State.UPLOADED)
    known = job.format
    if look != {key: known.get(key) for key in look}:
        job.format = looking.look_again(job, look)
    if other_columns(known=known, look=look):
        job.mapping = looking.mapping_of(job)
    else:
        job.mapping = list(mapping)
    job.options, job.source = options, source
    job.save(update_fields=["format", "mapping", "options", "source"])
    return job


def other_columns(*, known: Mapping[str, Any], look: Mapping[str, Any]) -> bool:
    """Whether a new look at a file gives other columns than the known one."""
    return any(key in look and look[key] != known.get(key) for key in ("encoding", "separator", "header"))


@transaction.atomic
def start_import(*, job_id: int, by: str, now: datetime) -> Import:
    """Let a worker take the import; new attributes are defined now. Raises NotNow."""
    job = _locked(job_id, Import.State.UPLOADED)
    job.mapping = [_defined(job, place, target, now) for place, target in enumerate(job.mapping)]
    job.state, job.by = Import.State.WAITING, by[:200]
    job.save(update_fields=["mapping", "state", "by"])
    doorbell.ring()
    return job


@transaction.atomic
def stop_import(*, job_id: int, now: datetime) -> Import:
    """Stop an import; what came in already stays until it is undone. Raises NotNow."""
    job = _locked(job_id, Import.State.UPLOADED, Import.State.WAITING, Import.State.RUNNING)
    job.state, job.problem, job.finished_at = Import.State.FAILED, "cancelled", now
    job.save(update_fields=["state", "problem", "finished_at"])
    return job


@transaction.atomic
def undo_import(*, job_id: int, now: datetime) -> Import:
    """Let a worker take back what an import did. Raises NotNow, also after 30 days."""
    job = _locked(job_id, Import.State.DONE, Import.State.FAILED)
    if not job.finished_at or job.finished_at < now - timedelta(days=UNDO_DAYS) or not job.rows_done:
        raise NotNow
    job.state = Import.State.UNDOING
    job.save(update_fields=["state"])
    doorbell.ring()
    return job


def work_on_imports(*, now: Clock, settle: Settle, seconds: float | None = None) -> int:
    """Do the imports and undos that wait, batch after batch, each a transaction of its own.

    settle: looks at everybody once at the end of a large import, given the names of the news. seconds: after these a
    CSV file is put aside until the next call, so that a worker has time for others. Returns how many were worked on.
    """
    until = now() + timedelta(seconds=seconds) if seconds is not None else None
    states = (Import.State.WAITING, Import.State.RUNNING, Import.State.UNDOING)
    done = 0
    for job_id in Import.objects.filter(state__in=states).order_by("id").values_list("id", flat=True):
        # of the session: a worker that dies lets go; the row's state and count guard what is written
        if not sql.rows("SELECT pg_try_advisory_lock(hashtext('contacts.imports'), %s)", [job_id % 2**31])[0][0]:
            continue
        try:
            _work(job_id, now, settle, until)
            done += 1
        finally:
            sql.rows("SELECT pg_advisory_unlock(hashtext('contacts.imports'), %s)", [job_id % 2**31])
    return done


def _work(job_id: int, now: Clock, settle: Settle, until: datetime | None) -> None:
    job = Import.objects.get(pk=job_id)
    if job.state == Import.State.UNDOING:
        take_back(job, now=now, settle=settle, names=_names())
        return
    if job.state in (Import.State.WAITING, Import.State.RUNNING):
        try:
            _run(job, now, settle, until)
        except Unreadable as wrong:
            Import.objects.filter(pk=job.pk).update(
                state=Import.State.FAILED, problem=f"{wrong.code} {wrong.line}", finished_at=now()
            )
        except (
            OperationalError,
            InterfaceError,
        ):  # the database was away or two waited for each other: the next call goes on
            log.exception("an import waits", job=job.pk)
        except Exception as error:
            log.exception("an import failed", job=job.pk)
            Import.objects.filter(pk=job.pk).update(
                state=Import.State.FAILED, problem=f"program {type(error).__name__}", finished_at=now()
            )


def _run(job: Import, now: Clock, settle: Settle, until: datetime | None) -> None:
    """Read on from the last batch. The whole file is read once before the first: a broken one changes nobody."""
    if job.state == Import.State.WAITING:
        total = sum(1 for _ in read_rows(job))
        if not Import.objects.filter(pk=job.pk, state=Import.State.WAITING).update(
            state=Import.State.RUNNING, rows_total=total, started_at=now()
        ):
            return
        job.refresh_from_db()
    reader, accounts = RowReader(job, definitions()), dict[str, int]()
    rows = read_rows(job, skip=job.rows_done)
    while chunk := list(islice(rows, BATCH)):
        gathered = batch.gather(reader, chunk)
        if not _write_batch(job, gathered, accounts, now()):
            return  # stopped, or another worker was faster
        if until is not None and now() >= until and job.format["kind"] == "csv":
            return
    if job.rows_total > BULK or not job.options.get("journeys", True):
        settle(_names())
    Import.objects.filter(pk=job.pk, state=Import.State.RUNNING).update(state=Import.State.DONE, finished_at=now())


def _write_batch(job: Import, gathered: batch.Gathered, accounts: dict[str, int], now: datetime) -> bool:
    """Write one batch and how far the import is, in one transaction. Returns False when it is not ours to write."""
    quiet = not job.options.get("journeys", True)
    tell = job.rows_total <= BULK and not quiet
    with transaction.atomic():
        mine = Import.objects.select_for_update(skip_locked=True).filter(pk=job.pk, state=Import.State.RUNNING)
        if mine.values_list("rows_done", flat=True).first() != job.rows_done:
            return False
        if quiet:
            locks.hold(TICK)
        hold_keys(_names_of(gathered))
        statistics.refresh(GROWING)
        batch.stage(job, gathered, now=now, accounts=accounts)
        outcomes = batch.write(job, now=now, tell=tell)
        tell_of_addresses([p.fields.get("email") or "" for p in gathered.people.values()], now)
        ids = {one.line: one.contact_id for one in outcomes if one.contact_id is not None}
        batch.record_ids(job, gathered, ids, now=now)
        batch.record_said(job, gathered, ids, now=now, tell=tell)
        _join_segment(job, list(ids.values()), now, quiet, tell)
        batch.list_refusals(job, gathered.refusals)
        if quiet:
            _derive_quietly(list(ids.values()), now)
        counts = _counts(gathered, outcomes)
        job.rows_done += gathered.rows
        job.made_count += counts.made
        job.changed_count += counts.changed
        job.same_count += counts.same
        job.rejected_count += counts.rejected
        job.save(update_fields=["rows_done", "made_count", "changed_count", "same_count", "rejected_count"])
        if tell:
            doorbell.ring()
    return True


def _names_of(gathered: batch.Gathered) -> set[str]:
    """What the people of a batch are called: whoever comes in under one of these names meanwhile waits."""
    said = (person.fields for person in gathered.people.values())
    return {name for fields in said for name in (fields.get("external_id"), fields.get("email")) if name}


def _counts(gathered: batch.Gathered, outcomes: Sequence[batch.Outcome]) -> Counts:
    made, changed = sum(one.made for one in outcomes), sum(one.changed for one in outcomes)
    rejected = gathered.refused_rows()
    return Counts(made, changed, gathered.rows - made - changed - rejected, rejected)


def _join_segment(job: Import, contacts: list[int], now: datetime, quiet: bool, tell: bool) -> None:
    slug = job.options.get("segment")
    segment = Segment.objects.filter(slug=slug, kind=Segment.Kind.FIXED).first() if slug else None
    if segment is not None and contacts:
        given = {"job": job.pk, "segment": segment.pk, "contacts": contacts, "now": now, "quiet": quiet}
        news = f"segment:{segment.slug}" if tell else None
        sql.count(sql.statement("contacts/imports/sql/join.sql"), given | {"news": news})


def _derive_quietly(contacts: list[int], now: datetime) -> None:
    """Derive for people who come in without journeys looking: what they are now is no change that opens a journey."""
    derive_signals(now=now, scope=Scope(contacts=tuple(sorted(contacts))))
    for changes in (SegmentChange.objects, SignalFiring.objects):
        changes.filter(contact_id__in=contacts, taken_at=None).update(taken_at=now)


def _names() -> frozenset[str]:
    """Names of all news that an import may be: the last look at everybody leaves nothing out."""
    segments = Segment.objects.filter(active=True).values_list("slug", flat=True)
    signals = Signal.objects.filter(active=True).values_list("slug", flat=True)
    return frozenset(
        {"profile", "consent", "stage"} | {f"segment:{s}" for s in segments} | {f"signal:{s}" for s in signals}
    )


def _locked(job_id: int, *states: str) -> Import:
    job = Import.objects.select_for_update().filter(pk=job_id).first()
    if job is None or job.state not in states:
        raise NotNow
    return job


def _defined(job: Import, place: int, target: str, now: datetime) -> str:
    """Define the new attribute of a column; gives where the column goes from now on. Raises InvalidAttribute."""
    if not target.startswith(NEW):
        return target
    kind, _, key = target.removeprefix(NEW).partition(":")
    if key not in definitions():
        save_attribute(draft=draft_of(key, kind, job.format["headers"][place]), now=now)
    return ATTRIBUTE + key


@transaction.atomic
def purge_imports(*, now: datetime) -> int:
    """Let go of files, of what was refused, and of the means to undo, 30 days after; returns the parts deleted."""
    old = Import.objects.exclude(state__in=(Import.State.WAITING, Import.State.RUNNING, Import.State.UNDOING)).filter(
        created_at__lt=now - timedelta(days=UNDO_DAYS)
    )
    over = old.filter(finished_at=None) | old.filter(finished_at__lt=now - timedelta(days=UNDO_DAYS))
    ids = list(over.values_list("id", flat=True))
    old.filter(state=Import.State.UPLOADED).update(state=Import.State.FAILED, problem="cancelled", finished_at=now)
    gone = 0
    for rows in (ImportPart.objects, ImportChange.objects, ImportReject.objects):
        gone += rows.filter(job_id__in=ids).delete()[0]
    return gone
