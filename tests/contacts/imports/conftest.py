"""Imports in tests: a file, what is said about it, and the worker's part, at a fixed time."""

from datetime import UTC, datetime

import pytest

from contacts.imports import operations
from contacts.models import Import, ImportReject

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
PROOF = {"source": "trade fair 2026", "wording": "v3", "at": "2026-04-01T09:00:00+00:00"}


def upload(content, name="people.csv"):
    raw = content.encode() if isinstance(content, str) else content
    return operations.keep_upload(file_name=name, chunks=[raw], by="maja", now=NOW)


def plan(job, *, mapping=None, look=None, source="import", **options):
    options = {"key": "email", "update": True, "empty": "leave", "consent": {}, "journeys": True} | options
    return operations.plan_import(
        job_id=job.pk, look=look or {}, mapping=mapping or job.mapping, options=options, source=source
    )


def work(now=NOW, seconds=None, settle=None):
    return operations.work_on_imports(now=lambda: now, settle=settle or (lambda names: None), seconds=seconds)


def bring(content, *, name="people.csv", now=NOW, **options):
    """Upload, plan, start and run; returns the import as it stands afterwards."""
    job = plan(upload(content, name), **options)
    operations.start_import(job_id=job.pk, by="maja", now=now)
    work(now)
    job.refresh_from_db()
    return job


def refused(job):
    return list(ImportReject.objects.filter(job=job).order_by("line", "id").values_list("line", "reason", "taken"))


@pytest.fixture
def job(db):
    return lambda pk: Import.objects.get(pk=pk)
