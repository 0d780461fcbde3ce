"""Lets data go whose time is over: what a dry run counts is what the nightly run deletes."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.db import models, transaction

from consent.privacy.erasing import ImportGoing, blank_of
from consent.privacy.exporting import model_of
from consent.privacy.models import Retention
from consent.privacy.operations import erase_contact
from consent.privacy.periods import CLASSES
from consent.privacy.retaining import Due, conditions
from consent.records.chain import legal_deletion
from consent.records.models import Record
from orchestrator.kernel import sql

log = structlog.get_logger()
PORTION = 5_000  # rows in one transaction: some tenths of a second, so that nobody waits long
PEOPLE = 50  # people who are erased in one round
CONFIRMED = 10  # confirmed sign-ups are kept so many times as long as those that nobody confirmed
Counts = dict[str, dict[str, int]]  # class -> table -> rows


def active_days() -> dict[str, int]:
    """The periods of the classes that are switched on."""
    found = dict(Retention.objects.filter(active=True).values_list("slug", "days"))
    return {slug: found[slug] for slug in CLASSES if slug in found}


def dry_run(*, now: datetime, days: Mapping[str, int] | None = None) -> Counts:
    """Count exactly what would be deleted now, a statement a table. days: periods to try out instead of those that hold."""
    given = active_days() if days is None else days
    found: Counts = {}
    earlier: dict[str, list[str]] = {}
    params: dict[str, datetime] = {}
    for slug in (slug for slug in CLASSES if slug in given):
        params |= _moments(slug, given[slug], now)
        counted = found[slug] = {}
        for due in conditions(slug):
            where = _named(due.where, slug)
            if slug != "inactive" or due.table == "contacts_contact":
                n = _count(due.table, where, earlier.get(due.table, []), params)
                counted[due.table] = counted.get(due.table, 0) + n
            earlier.setdefault(due.table, []).append(where)
    return _something(found)


def expire(*, now: datetime, seconds: float | None = None) -> Counts:
    """Delete what is past its period, in portions, each a transaction. Returns what went, by class and table.

    seconds: after these it stops; the next night goes on.
    """
    until = time.monotonic() + seconds if seconds is not None else None
    done: Counts = {}
    for slug, days in active_days().items():
        moments = _moments(slug, days, now)
        dues = [due for due in conditions(slug) if slug != "inactive" or due.table == "contacts_contact"]
        for due in dues:
            gone = done.setdefault(slug, {})
            while n := _portion(slug, due, moments, now):
                gone[due.table] = gone.get(due.table, 0) + n
                if until is not None and time.monotonic() > until:
                    return done
    if any(done.values()):
        log.info("data past its time deleted", **{slug: sum(gone.values()) for slug, gone in done.items() if gone})
    return _something(done)


def _something(counts: Counts) -> Counts:
    found = {slug: {table: n for table, n in of_class.items() if n} for slug, of_class in counts.items()}
    return {slug: of_class for slug, of_class in found.items() if of_class}


def _portion(slug: str, due: Due, moments: dict[str, datetime], now: datetime) -> int:
    where = _named(due.where, slug)
    if slug == "inactive":
        return _erase_people(where, moments, now)
    table, whole = sql.identifier(due.table), sql.identifier(due.whole)
    picked = f"SELECT DISTINCT t.{whole} FROM {table} t WHERE {where} LIMIT {PORTION}"
    # what goes of the records is sealed anew; everything else is not chained
    proofs = due.table == Record._meta.db_table
    with legal_deletion(why=f"retention: {slug}", now=now) if proofs else transaction.atomic():
        if due.blank:
            blanks = ", ".join(f"{sql.identifier(column)} = {blank_of(due.table, column)}" for column in due.blank)
            n = sql.count(f"UPDATE {table} SET {blanks} WHERE {whole} IN ({picked})", moments)
        else:
            gone = sql.rows(f"DELETE FROM {table} WHERE {whole} IN ({picked}) RETURNING id", moments)
            n = len(gone)
            _let_go(due.table, [pk for (pk,) in gone])
    return n


def _let_go(table: str, ids: list[int]) -> None:
    """Empty what leads to rows that are gone, where it may be empty."""
    for relation in model_of(table)._meta.related_objects if ids else ():
        if relation.on_delete is models.SET_NULL and isinstance(relation.related_model, type):
            column, below = (
                sql.identifier(str(relation.field.column)),
                sql.identifier(relation.related_model._meta.db_table),
            )
            sql.count(f"UPDATE {below} SET {column} = NULL WHERE {column} = ANY (%s)", [ids])


def _erase_people(where: str, moments: dict[str, datetime], now: datetime) -> int:
    text = f"SELECT t.id FROM contacts_contact t WHERE {where} ORDER BY t.id LIMIT {PEOPLE}"
    n = 0
    for (contact_id,) in sql.rows(text, moments):
        try:
            n += erase_contact(contact_id=contact_id, why="retention", now=now)
        except ImportGoing:
            return 0  # the next night
    return n


def _count(table: str, where: str, earlier: list[str], params: Mapping[str, datetime]) -> int:
    """Count rows that nothing before has taken."""
    without = " AND ".join(f"({one}) IS NOT TRUE" for one in earlier)
    text = f"SELECT count(*) FROM {sql.identifier(table)} t WHERE ({where})" + (f" AND {without}" if without else "")
    ((n,),) = sql.rows(text, params)
    return int(n)


def _moments(slug: str, days: int, now: datetime) -> dict[str, datetime]:
    return {f"before_{slug}": now - timedelta(days=days), f"long_before_{slug}": now - timedelta(days=days * CONFIRMED)}


def _named(where: str, slug: str) -> str:
    """Give the moments of a class names of their own, so that conditions of several classes stand in one statement."""
    return where.replace("%(before)s", f"%(before_{slug})s").replace("%(long_before)s", f"%(long_before_{slug})s")
