"""What must hold after every step, read from the tables by statements of our own."""

from datetime import datetime
from typing import Any

from django.db import connection


class Violation(AssertionError):
    """A call of the provider that should not have started, or a promise about the tables that does not hold."""


STATES = "SELECT s.contact_id, p.slug, s.granted FROM consent_state s JOIN consent_purpose p ON p.id = s.purpose_id"
RECORDS = """
SELECT r.id, r.contact_id, p.slug, r.decision, r.at
FROM consent_record r JOIN consent_purpose p ON p.id = r.purpose_id JOIN contacts_contact c ON c.id = r.contact_id
"""
BROKEN_CHAIN = """
SELECT r.id FROM consent_record r LEFT JOIN consent_record b ON b.id = r.previous
WHERE (r.proof_digest <> consent_proof_digest(r.proof)  -- of who was erased the proof may be emptied, and its digest stays
       AND (r.proof <> '{}' OR EXISTS (SELECT FROM contacts_contact c WHERE c.id = r.contact_id)))
   OR b.contact_id <> r.contact_id
   OR r.digest IS DISTINCT FROM consent_record_digest(b.digest, r.id, r.contact_id, r.purpose_id, r.decision, r.at, r.source,
                                                      r.wording, r.proof_digest)
   OR r.previous IS DISTINCT FROM (SELECT max(o.id) FROM consent_record o WHERE o.contact_id = r.contact_id AND o.id < r.id)
"""
STUCK = (
    "SELECT id, lease_until FROM journeys_touch WHERE state = 'sending' AND (lease_until IS NULL OR lease_until <= %s)"
)
# a refused touch has one reason, and one verdict says the same; the undo of a merge lets a touch be decided again
UNEXPLAINED = """
SELECT t.id, t.state, t.reason, v.reasons FROM journeys_touch t
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(v.reason ORDER BY v.id DESC), '{}') AS reasons FROM orchestrator_verdict v
    WHERE v.touch_id = t.id AND v.outcome IN ('suppressed', 'expired')
) v
WHERE (t.state IN ('suppressed', 'expired') AND (t.reason = '' OR v.reasons[1] IS DISTINCT FROM t.reason))
   OR (t.state IN ('failed', 'unknown', 'held') AND t.reason = '')
   OR (t.state IN ('proposed', 'sent') AND t.reason <> '')
   OR (%(once)s AND cardinality(v.reasons) <> CASE WHEN t.state IN ('suppressed', 'expired') THEN 1 ELSE 0 END)
"""
ADDRESSES = "SELECT id, email FROM contacts_contact"


def rows(text: str, params: Any = None) -> list[tuple]:
    """Run a statement of these tests."""
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.fetchall()


def states() -> dict[tuple[int, str], bool]:
    """What the product says holds now."""
    return {(contact, purpose): granted for contact, purpose, granted in rows(STATES)}


def fold_of_records() -> dict[tuple[int, str], bool]:
    """What the records alone say: the newest word of each person on each purpose."""
    newest: dict[tuple[int, str], tuple[datetime, int, bool]] = {}
    for number, contact, purpose, decision, at in rows(RECORDS):
        word = (at, number, decision in ("granted", "existing_customer"))
        key = (contact, purpose)
        newest[key] = max(newest.get(key, word), word)
    return {key: granted for key, (_, _, granted) in newest.items()}


def broken_chain() -> list[int]:
    """Records that do not follow the one before of the same person, or were changed."""
    return [number for (number,) in rows(BROKEN_CHAIN)]


def stuck(now: datetime) -> list[tuple]:
    """Touches with a claim that is over."""
    return rows(STUCK, [now])


def unexplained(*, once: bool) -> list[tuple]:
    """Touches whose reason is missing, or said differently by the verdict; once: or more than once."""
    return rows(UNEXPLAINED, {"once": once})


def addresses() -> dict[int, str]:
    """Who has which address."""
    return dict(rows(ADDRESSES))
