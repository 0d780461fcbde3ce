"""Reads imports for the pages: the list, one of them, what did not come in."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, QuerySet

from contacts.imports.models import Import, ImportChange, ImportReject

LISTED = 100
LARGEST_ID = 2**63 - 1


def imports() -> QuerySet[Import]:
    """Read the newest imports."""
    return Import.objects.order_by("-id")[:LISTED]


def one_import(job_id: int) -> Import | None:
    """Read one import; None when there is none of this number."""
    if job_id > LARGEST_ID:
        return None
    return Import.objects.filter(pk=job_id).first()


def same_file_before(job: Import) -> Import | None:
    """The last import of the same bytes that came in, None when there is none."""
    others = Import.objects.filter(sha256=job.sha256, rows_done__gt=0).exclude(pk=job.pk)
    return others.exclude(state=Import.State.UNDONE).order_by("-id").first()


def reasons(job: Import) -> list[Any]:
    """Count what did not come in by reason and whether the row was taken, the most frequent first."""
    found = ImportReject.objects.filter(job=job).values("reason", "taken").annotate(n=Count("id"))
    return list(found.order_by("-n", "reason"))


def first_rejects(job: Import, most: int) -> list[ImportReject]:
    """Read the first lines that did not come in."""
    return list(ImportReject.objects.filter(job=job).order_by("line", "id")[:most])


def every_reject(job: Import) -> Iterator[ImportReject]:
    """Read all lines that did not come in, some at a time."""
    return ImportReject.objects.filter(job=job).order_by("line", "id").iterator(chunk_size=2_000)


def left_to_undo(job: Import) -> int:
    """How many people an undo has still to look at."""
    return ImportChange.objects.filter(job=job).count()
