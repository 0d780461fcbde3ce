"""Erases a person: every table by its rule, in one transaction."""

from datetime import datetime

from django.apps import apps
from django.db import models

from consent.privacy import paths
from consent.privacy.classification import KEEP, Table, of_people, tables
from consent.privacy.models import Tombstone
from consent.privacy.queries import Person, tombstone_key
from consent.privacy.rules import ERASED, ERASURE, PERSON, digest_of, digest_of_person
from consent.records.models import Suppression
from contacts.profiles.models import Contact
from orchestrator.kernel import locks, sql

GOING = """
SELECT EXISTS (
    SELECT FROM contacts_importpart t JOIN contacts_import i ON i.id = t.job_id
    WHERE i.state IN ('waiting', 'running', 'undoing'))
"""
CANCEL = """
UPDATE contacts_import i SET state = 'failed', problem = 'cancelled', finished_at = %(now)s
WHERE i.state = 'uploaded' AND NOT EXISTS (SELECT FROM contacts_importpart p WHERE p.job_id = i.id)
"""
TAKE_BACK = """
INSERT INTO consent_record (contact_id, purpose_id, decision, at, source, wording, proof)
SELECT contact_id, purpose_id, 'withdrawn', %(now)s, %(source)s, '', '{}'
FROM (SELECT DISTINCT ON (contact_id, purpose_id) * FROM consent_record WHERE contact_id = ANY (%(ids)s)
      ORDER BY contact_id, purpose_id, at DESC, id DESC) newest
WHERE decision IN ('granted', 'existing_customer')
"""
# of an address that somebody else has too, the suppression stays: it is theirs as well
ALONE = " AND NOT EXISTS (SELECT FROM contacts_contact c WHERE c.email = t.address AND c.email <> '' AND c.id <> ALL (%(ids)s))"


class ImportGoing(Exception):
    """An import is just bringing people in, and the person may be in its file: try again in some minutes."""


def hold(person: Person) -> None:
    """Keep everybody from writing about a person until the commit. Raises ImportGoing.

    A tick that is just running is waited for: it would write rows of somebody who is gone.
    """
    locks.hold(locks.TICK)
    sql.rows("SELECT id FROM contacts_contact WHERE id = ANY (%(ids)s) ORDER BY id FOR UPDATE", person.parameters)
    if sql.rows(GOING)[0][0]:
        raise ImportGoing


def take_back(person: Person, now: datetime) -> None:
    """Record that what the person agreed to, under each of their names, ends now: the time of the proof begins."""
    sql.count(TAKE_BACK, {**person.parameters, "now": now, "source": ERASURE})


def bury(person: Person, now: datetime) -> list[Tombstone]:
    """Leave keyed digests of the person and of their addresses; a suppression of an address stays as its reason."""
    key = tombstone_key()
    found = Suppression.objects.filter(address__in=person.addresses).values_list("channel", "address", "reason")
    reasons = {(channel, address): reason for channel, address, reason in found}
    others = set(
        Contact.objects.filter(email__in=person.addresses).exclude(pk__in=person.ids).values_list("email", flat=True)
    )
    rows = [(PERSON, digest_of_person(contact_id, key), ERASED) for contact_id in person.ids]
    # an address that somebody else has was not erased
    places = {*reasons, *(("email", address) for address in person.addresses)}
    rows += [
        (channel, digest_of(address, key), reasons.get((channel, address), ERASED))
        for channel, address in sorted(places)
        if address not in others
    ]
    made = [Tombstone(channel=channel, digest=digest, reason=reason, at=now) for channel, digest, reason in rows]
    # who was erased with a bounced address and comes back to be erased again: the newer reason holds, a silence stays
    known = {
        (one.channel, one.digest): one.reason
        for one in Tombstone.objects.filter(digest__in=[one.digest for one in made]).exclude(reason=ERASED)
    }
    for one in made:
        one.reason = known.get((one.channel, one.digest), one.reason) if one.reason == ERASED else one.reason
    return Tombstone.objects.bulk_create(
        made, update_conflicts=True, update_fields=["reason", "at"], unique_fields=["channel", "digest"]
    )


def erase_rows(person: Person, now: datetime) -> dict[str, int]:
    """Delete or blank what the classification says, in one statement a table. Returns the rows by table."""
    sql.rows("SELECT set_config('consent.erasing', 'yes', true)")
    done: dict[str, int] = {}
    for table in of_people():
        text = _statement(table)
        if text and (n := sql.count(text, person.parameters)):
            done[table.name] = n
    sql.rows("SELECT set_config('consent.erasing', '', true)")
    sql.count(CANCEL, {"now": now})
    return done


def erase_late(ids: list[int]) -> int:
    """Delete events and news that a request wrote which was going on while the person was erased."""
    gone = 0
    for name in ("contacts_event", "contacts_news"):
        text = f"DELETE FROM {name} t WHERE {paths.condition(tables()[name])}"
        gone += sql.count(text, {"ids": ids, "addresses": []})
    return gone


def _statement(table: Table) -> str:
    mine, name = paths.condition(table), sql.identifier(table.name)
    if table.erase != KEEP:
        alone = ALONE if table.name == "consent_suppression" else ""
        return f"DELETE FROM {name} t WHERE {mine}{alone}"
    if not table.blank:
        return ""
    blanks = ", ".join(f"{sql.identifier(column)} = {blank_of(table.name, column)}" for column in table.blank)
    changes = " OR ".join(f"t.{sql.identifier(c)} IS DISTINCT FROM {blank_of(table.name, c)}" for c in table.blank)
    return f"UPDATE {name} t SET {blanks} WHERE {mine} AND ({changes})"


def blank_of(table: str, column: str) -> str:
    """What an emptied column holds: nothing where that is allowed, else an empty text or object."""
    (field,) = (
        f
        for model in apps.get_models()
        if model._meta.db_table == table
        for f in model._meta.concrete_fields
        if f.column == column
    )
    if field.null:
        return "NULL"
    return "'{}'::jsonb" if isinstance(field, models.JSONField) else "''"
