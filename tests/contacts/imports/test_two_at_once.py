"""Two people import the same file at the same moment: everybody comes in once."""

import threading

import pytest
from django.db import connection

from contacts.imports import operations
from contacts.models import Contact, Import
from tests.contacts.imports.conftest import NOW, plan, upload, work

ROWS = 3_000


@pytest.mark.django_db(transaction=True)
def test_64_the_same_file_by_two_users_at_once_makes_everybody_once(monkeypatch):
    monkeypatch.setattr(operations, "BATCH", 100)
    text = "id,email,visits\n" + "".join(f"K{n},p{n}@example.com,{n}\n" for n in range(ROWS))
    for _ in range(2):
        job = plan(upload(text), key="external_id")
        operations.start_import(job_id=job.pk, by="maja", now=NOW)
    together, errors = threading.Barrier(2), []

    def run():
        try:
            together.wait()
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()  # what one left because the other was at it
    assert errors == []
    assert set(Import.objects.values_list("state", "rows_done")) == {("done", ROWS)}
    assert Contact.objects.count() == ROWS
    assert sum(Import.objects.values_list("made_count", flat=True)) == ROWS
    assert sum(Import.objects.values_list("same_count", flat=True)) == ROWS
