"""A worker is killed in the middle of an import: the next one goes on, and everybody comes in once."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from contacts.imports import operations
from contacts.models import Contact, Import, ImportChange
from orchestrator.kernel.embedded import die_with_parent
from tests.contacts.imports.conftest import NOW, plan, upload, work
from tests.waiting import HUNG, until

ROWS, BATCH, BATCHES = 4_000, 20, 12
# it stands still in the batch after those: its people are written, and nothing of it is committed
WORKER = f"""
import django
django.setup()
import time
from datetime import UTC, datetime
from contacts.imports import operations
operations.BATCH = {BATCH}
written, join = [], operations._join_segment
def stand_still(*given):
    written.append(given)
    if len(written) > {BATCHES}:
        print("still", flush=True)
        time.sleep({HUNG})
    join(*given)
operations._join_segment = stand_still
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
    command = [sys.executable, "-c", WORKER]
    worker = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
    try:
        assert worker.stdout.readline() == "still\n"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    job.refresh_from_db()
    assert (job.state, job.rows_done) == ("running", BATCH * BATCHES)
    assert Contact.objects.count() == job.rows_done == job.made_count

    def done():
        work()  # the lock of the dead worker goes as soon as its connection is seen to be gone
        return Import.objects.get().state == "done"

    until(done, "the end of the import")
    job.refresh_from_db()
    assert (job.state, job.rows_done, job.made_count) == ("done", ROWS, ROWS)
    assert Contact.objects.count() == ImportChange.objects.filter(job=job).count() == ROWS
