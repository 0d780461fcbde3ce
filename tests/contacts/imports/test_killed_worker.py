"""A worker is killed in the middle of an import: the next one goes on, and everybody comes in once."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection

from contacts.imports import operations
from contacts.models import Contact, Import, ImportChange
from tests.contacts.imports.conftest import NOW, plan, upload, work

ROWS = 4_000
WORKER = """
import django
django.setup()
from datetime import UTC, datetime
from contacts.imports import operations
operations.BATCH = 20
operations.work_on_imports(now=lambda: datetime.now(UTC), settle=lambda names: None)
"""


@pytest.mark.django_db(transaction=True)
def test_import_of_a_killed_worker_goes_on_and_doubles_nobody():
    job = plan(upload("email,visits\n" + "".join(f"p{n}@example.com,{n}\n" for n in range(ROWS))))
    operations.start_import(job_id=job.pk, by="maja", now=NOW)
    given = connection.settings_dict
    url = f"postgres://{given['USER'] or 'postgres'}@/{given['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "PGHOST": given["HOST"],
        "DJANGO_SETTINGS_MODULE": "orchestrator.settings",
    }
    worker = subprocess.Popen([sys.executable, "-c", WORKER], env=environment)
    try:
        deadline = time.monotonic() + 60
        while Import.objects.get().rows_done < 200 and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    job.refresh_from_db()
    assert job.state == "running"
    assert 200 <= job.rows_done < ROWS
    assert Contact.objects.count() == job.rows_done == job.made_count
    deadline = time.monotonic() + 30
    while Import.objects.get().state != "done" and time.monotonic() < deadline:
        work()  # the lock of the dead worker goes as soon as its connection is seen to be gone
        time.sleep(0.05)
    job.refresh_from_db()
    assert (job.state, job.rows_done, job.made_count) == ("done", ROWS, ROWS)
    assert Contact.objects.count() == ImportChange.objects.filter(job=job).count() == ROWS
