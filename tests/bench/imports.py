"""People from a CSV file: a million rows with the memory that it takes, and the same file once more."""

import csv
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROWS = 1_000_000
HEADER = (
    "Kundennummer",
    "E-Mail",
    "Vorname",
    "Nachname",
    "Land",
    "Telefon",
    "Beruf",
    "Umsatz",
    "Besuche",
    "Kunde seit",
    "Newsletter",
)
FIRST = ("Lena", "Jonas", "Mia", "Jörg", "Anna", "Cem", "Zoë", "Noah", "Ida", "Paul")
LAST = ("Brandt", "Özdemir", "Keller", "Weiß", "Novak", "Lindqvist", "Baumgartner", "Maier")
LANDS = ("Deutschland", "Österreich", "Schweiz", "US", "France", "")


def run(report: Callable[..., Any], rows: int = ROWS) -> None:
    """Measure on the database of the settings; leaves its rows behind."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        write_file(path, rows)
        before = _memory()
        worked = time.process_time()
        seconds, job = import_file(path)
        report(
            case=f"import of {rows:,} people",
            figure=round(seconds, 1),
            unit="s",
            baseline=180,
            ratio=round(180 / seconds, 2),
        )
        report(case="  rows a second", figure=round(job.rows_done / seconds), unit="rows/s")
        report(case="  of it in Python", figure=round(time.process_time() - worked, 1), unit="s")
        report(case="  most memory of the worker", figure=_memory(), unit="MB", baseline=400)
        report(case="  of it before the import", figure=before, unit="MB")
        seconds, _ = import_file(path)
        report(case="the same file again", figure=round(seconds, 1), unit="s")


def write_file(path: Path, rows: int) -> None:
    """Invent people, always the same."""
    dice = random.Random(11)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        for n in range(rows):
            first, last = dice.choice(FIRST), dice.choice(LAST)
            day = f"{dice.randint(1, 28)}.{dice.randint(1, 12)}.{dice.randint(2012, 2025)}"
            amount = f"{dice.randint(0, 9)}.{dice.randint(100, 999)},{dice.randint(10, 99)}"
            phone = f"+49301{n:07}" if n % 3 else ""
            yes = ("ja", "nein", "")[n % 3]
            writer.writerow(
                (f"K{n:07}", f"person{n}@example.com", first, last, LANDS[n % 6], phone, "", amount, n % 50, day, yes)
            )


def import_file(path: Path) -> tuple[float, Any]:
    """Take the way of the pages and of the worker; returns the seconds of the worker's part and the import."""
    from contacts.imports.operations import keep_upload, plan_import, start_import, work_on_imports

    now = datetime.now(UTC)
    job = keep_upload(file_name=path.name, chunks=_chunks(path), by="bench", now=now)
    mapping = [target if not target.startswith("consent:") else "consent:email_marketing" for target in job.mapping]
    proof = {"source": "bench", "wording": "v1", "at": "2025-01-01T00:00:00+00:00"}
    options = {"key": "external_id", "update": True, "empty": "leave", "journeys": True, "consent": proof}
    plan_import(job_id=job.pk, look={}, mapping=mapping, options=options, source="bench")
    start_import(job_id=job.pk, by="bench", now=now)
    started = time.perf_counter()
    work_on_imports(now=lambda: datetime.now(UTC), settle=lambda names: None)
    seconds = time.perf_counter() - started
    job.refresh_from_db()
    if job.state != "done":
        raise RuntimeError(f"the import is {job.state}: {job.problem}")
    return seconds, job


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _memory() -> int:
    """The most that this process has held, in MB; the driver, the parser and Django included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 if os.uname().sysname == "Darwin" else 1024)
