"""The records of a million decisions: what the chain costs when they are written, sealed and verified."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from consent.models import Record
from consent.records.chain import Report, seal_records, verify_chain
from orchestrator.kernel import sql

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
RECORDS, EACH, BATCH = 1_000_000, 4, 50_000
DECIDED = "(ARRAY['granted','withdrawn','granted','refused'])"
SAY = f"""
INSERT INTO consent_record (contact_id, purpose_id, decision, at, source, wording, proof)
SELECT c.id, p.id, {DECIDED}[1 + %(round)s], %(at)s, 'form', 'newsletter v1', jsonb_build_object('form', 'footer', 'n', c.id)
FROM contacts_contact c JOIN consent_purpose p ON p.slug = 'email_marketing' WHERE c.id > %(after)s AND c.id <= %(after)s + %(batch)s ORDER BY c.id
"""
PEOPLE = """
INSERT INTO contacts_contact (external_id, email, phone, first_name, last_name, language, country, time_zone, job_title, attributes, created_at, updated_at)
SELECT 'p' || n, 'p' || n || '@p.example', '', '', '', 'de', 'DE', 'Europe/Berlin', '', '{}', %(at)s, %(at)s FROM generate_series(1, %(people)s) n ORDER BY n
"""
FLOOR = "SELECT count(sha256(convert_to(digest || source, 'UTF8'))) FROM consent_record"


def run(report: Callable[..., Any], records: int = RECORDS) -> Report:
    """Write, seal and verify; microseconds a record."""
    writing, _ = _took(lambda: say(records))
    sql.rows("VACUUM ANALYZE consent_record")
    sealing, seals = _took(lambda: seal_records(now=NOW))
    reading, _ = _took(lambda: sql.rows(FLOOR))
    verifying, found = _took(verify_chain)
    if not found.sound or found.records != records:
        raise RuntimeError(f"{found.records} of {records} records, {found.broken} faults")
    micros = 1_000_000 / records
    report(case=f"records: written, {records:,} of them", figure=writing * micros, unit="µs", baseline="", ratio=None)
    report(case=f"records: sealed, {seals} seals", figure=sealing * micros, unit="µs", baseline="", ratio=None)
    report(
        case="records: chain and seals verified", figure=verifying * micros, unit="µs",
        baseline=f"one sha256 of each {reading * micros:.1f}", ratio=verifying / reading,
    )  # fmt: skip
    return found


def say(records: int) -> None:
    """Have everybody decide four times, a batch a transaction, as an import does."""
    people, spare = divmod(records, EACH)
    assert not spare
    sql.rows(PEOPLE, {"at": NOW, "people": people})
    first, last = sql.rows("SELECT min(id) - 1, max(id) FROM contacts_contact")[0]
    for n in range(EACH):
        for after in range(first, last, BATCH):
            sql.rows(SAY, {"round": n, "at": NOW - timedelta(days=EACH - n), "after": after, "batch": BATCH})
    assert Record.objects.count() == records


def _took(what: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = what()
    return time.perf_counter() - started, found
