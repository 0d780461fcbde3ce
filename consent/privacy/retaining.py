"""Which rows are past their period: one list of conditions, counted by the dry run and deleted by the nightly run."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import models

from consent.privacy import paths
from consent.privacy.classification import of_people, tables
from consent.privacy.exporting import model_of
from consent.privacy.paths import Whose
from orchestrator.kernel import sql


class Due(NamedTuple):
    """Rows that are past their period. where: over the alias t, with %(before)s, the instant before which they are.

    blank: columns that are emptied instead of deleting the row. whole: rows with the same value here go together.
    """

    table: str
    where: str
    blank: tuple[str, ...] = ()
    whole: str = "id"


LIVES = """
    EXISTS (SELECT FROM consent_state s WHERE s.contact_id = t.id AND s.granted)
    OR EXISTS (SELECT FROM contacts_event e WHERE e.contact_id = t.id AND e.occurred_at >= %(before)s)
    OR EXISTS (SELECT FROM journeys_enrollment e WHERE e.contact_id = t.id AND e.left_at IS NULL)
    OR EXISTS (SELECT FROM contacts_handover h WHERE h.contact_id = t.id AND (h.closed_at IS NULL OR h.closed_at >= %(before)s))
    OR EXISTS (SELECT FROM consent_request r WHERE r.contact_id = t.id AND r.state NOT IN ('done', 'refused', 'asked'))
"""
INACTIVE = f"t.updated_at < %(before)s AND t.restricted_at IS NULL AND NOT ({LIVES})"
# A chain goes as a whole: nothing of it holds, its newest record is past the time, no objection of it is still in force, and
# nobody who took the person in is still there.
CHAIN = """
    NOT EXISTS (SELECT FROM consent_record n WHERE n.contact_id = t.contact_id AND n.at >= %(before)s)
    AND NOT EXISTS (SELECT FROM consent_state s WHERE s.contact_id = t.contact_id AND s.granted)
    AND NOT EXISTS (SELECT FROM consent_state s JOIN consent_purpose p ON p.id = s.purpose_id
                    WHERE s.contact_id = t.contact_id AND p.enforcement = 'opt_out')
    AND NOT EXISTS (SELECT FROM contacts_merge m WHERE m.loser_id = t.contact_id AND m.undone_at IS NULL)
"""
RULES: dict[str, tuple[Due, ...]] = {
    "inactive": (Due("contacts_contact", INACTIVE),),
    "runs": (Due("journeys_enrollment", "t.left_at < %(before)s"),),
    "verdicts": (Due("orchestrator_verdict", "t.at < %(before)s"),),
    "calls": (
        Due("journeys_webhookcall", "t.done_at < %(before)s"),
        Due("orchestrator_audiencemember", "t.state = 'gone' AND t.since < %(before)s"),
    ),
    "refusals": (
        Due("journeys_refusal", "t.at < %(before)s"),
        Due("journeys_offerdecision", "t.at < %(before)s"),
    ),
    "triggers": (Due("journeys_trigger", "t.taken_at < %(before)s"),),
    "offers": (
        Due("journeys_offergrant", "coalesce(t.rest_until, t.answered_at, t.expires_at) < %(before)s AND coalesce(t.answered_at, t.expires_at) < %(before)s"),
    ),
    "events": (
        Due("contacts_event", "t.occurred_at < %(before)s"),
        Due("contacts_scoreaward", "t.at < %(before)s"),
    ),
    "changes": (
        Due("contacts_segmentchange", "t.at < %(before)s"),
        Due("contacts_stagechange", "t.at < %(before)s"),
        Due("contacts_signalfiring", "t.fired_at < %(before)s"),
    ),
    "handovers": (
        Due("contacts_handover", "t.closed_at < %(before)s"),
        Due("contacts_task", "t.closed_at < %(before)s"),
    ),
    "devices": (
        Due("contacts_identifier", "t.kind = 'anonymous' AND t.last_seen_at < %(before)s"),
        Due("contacts_device", "coalesce(t.gone_at, t.last_ok_at, t.created_at) < %(before)s"),
    ),
    "apart": (Due("contacts_apartvalue", "t.at < %(before)s"),),
    "merges": (
        Due("contacts_mergedrow", "t.merge_id IN (SELECT m.id FROM contacts_merge m WHERE m.at < %(before)s)"),
        Due("contacts_merge", "t.at < %(before)s AND (t.loser <> '{}' OR t.survivor_before <> '{}')", ("loser", "survivor_before")),
    ),
    "imports": tuple(
        Due(table, "t.job_id IN (SELECT i.id FROM contacts_import i WHERE i.state NOT IN ('waiting', 'running', 'undoing')"
                   " AND coalesce(i.finished_at, i.created_at) < %(before)s)")
        for table in ("contacts_importpart", "contacts_importreject", "contacts_importchange")
    ),
    "arrivals": (Due("orchestrator_arrival", "t.at < %(before)s"),),
    "exports": (Due("consent_export", "t.expires_at < %(before)s"),),
    "mails": (Due("consent_servicemail", "t.created_at < %(before)s AND t.state <> 'waiting'"),),
    "signups": (
        Due("consent_signup", "t.state <> 'confirmed' AND t.expires_at < %(before)s"),
        Due("consent_signup", "t.state = 'confirmed' AND t.confirmed_at < %(long_before)s"),
    ),
    "asked": (Due("consent_request", "t.state = 'asked' AND t.received_at < %(before)s"),),
    "requests": (Due("consent_request", "t.state IN ('done', 'refused') AND t.done_at < %(before)s"),),
    "proofs": (Due("consent_record", CHAIN, whole="contact_id"), Due("consent_state", CHAIN)),
}  # fmt: skip


def conditions(slug: str) -> Iterator[Due]:
    """Walk over what goes with a class: the rows themselves, and first the rows that cannot be without them."""
    for due in RULES[slug]:
        if due.table == "contacts_contact":
            yield from _of_whom(due)
        elif not due.blank:
            yield from _below(model_of(due.table), due.where, "t")
        yield due


def _below(model: type[models.Model], where: str, alias: str) -> Iterator[Due]:
    """The rows that lead to rows that go, the deepest first."""
    for relation in model._meta.related_objects:
        below = relation.related_model
        if relation.on_delete is not models.CASCADE or not isinstance(below, type):
            continue
        column = sql.identifier(str(relation.field.column))
        up = alias + "u"
        inside = f"t.{column} IN (SELECT {up}.id FROM {sql.identifier(model._meta.db_table)} {up} WHERE {_renamed(where, up)})"
        yield from _below(below, inside, up)
        yield Due(below._meta.db_table, inside)


def _renamed(where: str, alias: str) -> str:
    """A condition over another alias than t."""
    return where.replace("t.", f"{alias}.") if alias != "t" else where


def _of_whom(due: Due) -> Iterator[Due]:
    """Everything about people who go; counted only where a class of its own would count it too."""
    people = f"SELECT whom.id FROM contacts_contact whom WHERE {due.where.replace('t.', 'whom.')}"
    mails = f"SELECT lower(whom.email) FROM contacts_contact whom WHERE whom.email <> '' AND {due.where.replace('t.', 'whom.')}"
    whose = Whose(f"ARRAY({people})", f"ARRAY({mails})")
    for table in of_people():
        if (
            table.name not in ("contacts_contact", "contacts_importpart", "contacts_importreject", "django_admin_log")
            and table.erase == "delete"
        ):
            yield Due(table.name, paths.condition(tables()[table.name], whose))
