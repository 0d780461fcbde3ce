"""Proves that the records are as they were: the chain of each person, and the seals over all of them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import Max, Sum

from consent.records.models import Record, Seal
from consent.records.rules import MOST_NAMED, SEALED_AT_ONCE, Fault, Report, range_fault
from orchestrator.kernel import locks, sql

log = structlog.get_logger()
WAIT = "1s"  # so long at most a seal lets new records wait for one that is being written
SEALS = "consent seals"


class Range(NamedTuple):
    """A sealed range of ids: how many records it had and has, and whether they are the same."""

    after: int
    up_to: int
    sealed: int
    records: int
    intact: bool
    at: datetime


def verify_chain(*, contact_ids: Sequence[int] | None = None) -> Report:
    """Look at every record, or at those of some people, and at the seals. Five statements, however many there are.

    What nobody can see: records that were made and removed again since the newest seal, with the state they gave.
    """
    given = {"contacts": None if contact_ids is None else list(contact_ids), "most": MOST_NAMED}
    records, broken, erased, named = sql.rows(sql.statement("consent/records/sql/verify.sql"), given)[0]
    faults = [Fault(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in json.loads(named or "[]")]
    lost = sql.rows(sql.statement("consent/records/sql/lost.sql"), given)
    faults += [Fault("lost", record, contact, purpose, at=at) for record, contact, purpose, at, _ in lost]
    broken += lost[0][-1] if lost else 0
    about_seals = _seal_faults() if contact_ids is None else []
    newest = Seal.objects.order_by("-up_to", "-id").first()
    return Report(
        records=records,
        broken=broken + len(about_seals),
        faults=[*about_seals, *faults][:MOST_NAMED],
        erased=erased,
        removed=Seal.objects.aggregate(n=Sum("removed"))["n"] or 0,
        sealed_up_to=newest.up_to if newest else 0,
        sealed_at=newest.at if newest else None,
        seal=newest.digest if newest else "",
    )


def _seal_faults() -> list[Fault]:
    found = [
        Fault(range_fault(one.sealed, one.records), after=one.after, up_to=one.up_to, at=one.at,
              many=abs(one.sealed - one.records) or 1)
        for one in _ranges(None) if not one.intact
    ]  # fmt: skip
    rows = sql.rows(sql.statement("consent/records/sql/seals.sql"))
    return found + [Fault(kind, after=after, up_to=up_to) for _, after, up_to, kind in rows]


def _ranges(contact_ids: Sequence[int] | None) -> list[Range]:
    given = {"contacts": None if contact_ids is None else list(contact_ids)}
    return [Range(*row) for row in sql.rows(sql.statement("consent/records/sql/ranges.sql"), given)]


@transaction.atomic
def seal_records(*, now: datetime) -> int:
    """Seal the records since the newest seal, in ranges of 100,000. Returns the number of seals.

    Records that are being written would come in behind the seal, so it waits for them, a second at most (then
    nothing is sealed until the next time).
    """
    locks.hold(SEALS)
    sealed = Seal.objects.aggregate(n=Max("up_to"))["n"] or 0
    last = _last_record()
    if last is None:
        log.info("records are not sealed now: some are being written", sealed_up_to=sealed)
        return 0
    made = 0
    while sealed < last:
        portion = Record.objects.filter(pk__gt=sealed, pk__lte=last).order_by("pk")
        end = portion.values_list("pk", flat=True)[SEALED_AT_ONCE - 1 : SEALED_AT_ONCE].first() or last
        _seal(sealed, end, now)
        sealed, made = end, made + 1
    return made


def _last_record() -> int | None:
    """The id of the newest record when nobody writes any; None when somebody does and does not end."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
            cursor.execute("LOCK TABLE consent_record IN SHARE MODE")
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        return None
    return Record.objects.aggregate(n=Max("pk"))["n"] or 0


def _seal(after: int, up_to: int, now: datetime, removed: int = 0, why: str = "") -> None:
    given: dict[str, Any] = {"after": after, "up_to": up_to, "removed": removed, "why": why, "now": now}
    sql.count(sql.statement("consent/records/sql/seal.sql"), given)


@contextmanager
def legal_deletion(*, why: str, now: datetime, contact_ids: Sequence[int] | None = None) -> Iterator[None]:
    """Let the statements inside blank proofs and delete whole chains, and seal anew what they touched.

    why: without data about the person, e.g. "retention: 10 years". contact_ids: whom it is about, when known.
    Inside, a proof may become '{}' or {"erased": ...}; of a person's records all are deleted, or none. A range that was
    broken before stays broken: no deletion by law hides one that was not.
    """
    with transaction.atomic():
        locks.hold(SEALS)
        before = {(one.after, one.up_to): one for one in _ranges(contact_ids) if one.intact}
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('consent.erasing', 'yes', true)")
            yield
            cursor.execute("SELECT set_config('consent.erasing', 'no', true)")
        for one in _ranges(None) if before else ():
            was = before.get((one.after, one.up_to))
            if was is not None and not one.intact:
                _seal(one.after, one.up_to, now, removed=was.records - one.records, why=why[:200])
