"""Takes back an import: people it made go when nothing else happened to them, what it changed gets its old value."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction

from contacts.attributes.models import ApartValue
from contacts.identity.models import Identifier, MergeProposal
from contacts.imports import batch, registry
from contacts.imports.models import Import, ImportChange, ImportReject
from contacts.imports.rules import BATCH, BULK, Reason
from contacts.profiles.models import Contact
from contacts.scores.models import ScoreValue
from contacts.segments.models import SegmentChange, SegmentMember
from contacts.signals.models import SignalFiring
from contacts.stages.models import StageChange
from orchestrator.kernel import sql

# What we work out about people ourselves: it goes with them. A row in any other table says that something happened.
DERIVED: tuple[type[models.Model], ...] = (
    SegmentMember, SegmentChange, SignalFiring, StageChange, ScoreValue, ApartValue, MergeProposal, Identifier,
)  # fmt: skip


def take_back(
    job: Import, *, now: Callable[[], datetime], settle: Callable[[frozenset[str]], object], names: frozenset[str]
) -> None:
    """Undo batch after batch; what is left to do is what is left of the changes, so that a killed worker goes on."""
    many = ImportChange.objects.filter(job=job)[: BULK + 1].count() > BULK
    with transaction.atomic():
        for column in registry.columns().values():
            column.undo(job=job, now=now())
        Identifier.objects.filter(source=batch.mark(job)).delete()
    while _take_back_batch(job, now(), tell=not many):
        pass
    if many:
        settle(names)
    Import.objects.filter(pk=job.pk, state=Import.State.UNDOING).update(state=Import.State.UNDONE, undone_at=now())


def _take_back_batch(job: Import, now: datetime, *, tell: bool) -> bool:
    with transaction.atomic():
        if not Import.objects.select_for_update().filter(pk=job.pk, state=Import.State.UNDOING).exists():
            return False
        changes = list(
            ImportChange.objects.filter(job=job).order_by("id").values_list("id", "contact_id", "made")[:BATCH]
        )
        if not changes:
            return False
        ids = [pk for pk, _, _ in changes]
        given = {"job": job.pk, "changes": ids, "now": now}
        sql.count(sql.statement("contacts/imports/sql/leave.sql"), given)
        sql.rows(sql.statement("contacts/imports/sql/restore.sql"), given | {"tell": tell})
        made = [contact_id for _, contact_id, own in changes if own]
        kept = _touched(job, made)
        _delete([one for one in made if one not in kept])
        _list_kept(job, sorted(kept))
        ImportChange.objects.filter(pk__in=ids).delete()
    return True


def _touched(job: Import, contact_ids: Sequence[int]) -> set[int]:
    """Who of the people made by an import something else happened to since."""
    ids = list(contact_ids)
    found = set(ImportChange.objects.filter(contact_id__in=ids).exclude(job=job).values_list("contact_id", flat=True))
    derived = {model._meta.db_table for model in DERIVED} | registry.derived_tables()
    spoken_for = {table for column in registry.columns().values() for table in column.tables}
    for table, column in _references():
        if table not in derived | spoken_for:
            found |= {row[0] for row in _rows_about(table, column, ids)}
    for kind in registry.columns().values():
        found |= kind.spoke(ids, job=job)
    found |= set(Identifier.objects.filter(contact_id__in=ids).values_list("contact_id", flat=True))
    return found | _edited(job, ids)


def _edited(job: Import, ids: list[int]) -> set[int]:
    """Whose attributes somebody else wrote after the import."""
    text = (
        "SELECT c.id FROM contacts_contact c WHERE c.id = ANY(%s) AND EXISTS (SELECT FROM jsonb_each_text(c.attributes_at) a"
        " WHERE a.value::timestamptz > %s)"
    )
    return {row[0] for row in sql.rows(text, [ids, job.finished_at])}


def _delete(contact_ids: list[int]) -> None:
    """Delete people of whom nothing is known but what we worked out ourselves."""
    if not contact_ids:
        return
    for column in registry.columns().values():
        column.forget(contact_ids)
    derived = {model._meta.db_table for model in DERIVED} | registry.derived_tables()
    for table, about in _references():
        if table in derived:
            sql.count(f"DELETE FROM {sql.identifier(table)} WHERE {sql.identifier(about)} = ANY(%s)", [contact_ids])
    sql.count("DELETE FROM contacts_news WHERE contact_id = ANY(%s)", [contact_ids])
    sql.count("DELETE FROM contacts_contact WHERE id = ANY(%s)", [contact_ids])


def _rows_about(table: str, column: str, ids: list[int]) -> list[tuple[Any, ...]]:
    name, about = sql.identifier(table), sql.identifier(column)
    return sql.rows(
        f"SELECT ids.id FROM unnest(%s::bigint[]) AS ids (id) WHERE EXISTS (SELECT FROM {name} t WHERE t.{about} = ids.id)",
        [ids],
    )


def _references() -> list[tuple[str, str]]:
    """Every column of every table that names a person, the rooms above included."""
    relations = Contact._meta.get_fields(include_hidden=True)
    return [
        (relation.related_model._meta.db_table, relation.field.column)
        for relation in relations
        if isinstance(relation, models.ManyToOneRel) and not isinstance(relation.related_model, str)
    ]


def _list_kept(job: Import, contact_ids: Sequence[int]) -> None:
    people = Contact.objects.filter(pk__in=contact_ids)
    ImportReject.objects.bulk_create(
        (ImportReject(job=job, line=0, reason=Reason.KEPT, message=str(one), taken=True, cells=[]) for one in people),
        batch_size=2_000,
    )
