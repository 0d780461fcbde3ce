"""Puts people before the door of a journey and takes them out: a machine, a colleague, the publishing of a version."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from contacts.conditions.language import compile_condition
from contacts.profiles.models import Contact
from contacts.segments.models import SegmentMember
from journeys.definitions.models import Journey, Version
from journeys.enrollments.collecting import trigger_of
from journeys.enrollments.leaving import stop_runs
from orchestrator.kernel import doorbell, sql

KEPT = timedelta(days=3)  # how long triggers stay after they were taken
PORTION = 20_000
log = structlog.get_logger()


class Entrant(NamedTuple):
    """Somebody who is to enter. source: says what made them, and opens a journey once."""

    contact_id: int
    source: str
    key: str = ""
    evidence: Mapping[str, Any] = {}


class NotOpen(Exception):
    """The journey takes in nobody: it was never published, or it is held, running out or archived."""


@transaction.atomic
def queue_entrants(*, journey: Journey, entrants: Sequence[Entrant], now: datetime) -> list[bool]:
    """Put people before the door of a live journey; the next pulse takes them in or says why not.

    Returns one flag each: False where the same source was there before. Raises NotOpen.
    """
    if journey.state != Journey.State.LIVE:
        raise NotOpen(journey.slug)
    given = {
        "journey": journey.pk,
        "contacts": [one.contact_id for one in entrants],
        "keys": [one.key[:200] for one in entrants],
        "sources": [one.source[:200] for one in entrants],
        "evidence": [msgspec.json.encode(dict(one.evidence)).decode() for one in entrants],
        "now": now,
    }
    new = set(sql.rows(sql.statement("journeys/enrollments/sql/queue.sql"), given))
    if new:
        doorbell.ring()
    flags = []
    for one in entrants:
        flags.append((one.contact_id, one.source[:200]) in new)
        new.discard((one.contact_id, one.source[:200]))
    return flags


@transaction.atomic
def put_in(*, journey: Journey, contact_ids: Sequence[int], by: User, now: datetime, key: str = "") -> int:
    """Put people into a journey by hand; every gate of its entry holds for them too. Returns how many are before the door.

    Raises NotOpen.
    """
    evidence = {"by": by.get_username(), "at": now.isoformat()}
    source = f"hand:{by.pk}:{now.isoformat()}"
    entrants = [Entrant(pk, source, key, evidence) for pk in dict.fromkeys(contact_ids)]
    return sum(queue_entrants(journey=journey, entrants=entrants, now=now))


@transaction.atomic
def take_out(*, journey: Journey, contact_ids: Sequence[int], by: User, now: datetime, key: str | None = None) -> int:
    """Take people out of a journey by hand, of all their runs or of that with a key; returns how many runs ended.

    What was planned for them and is not sent yet is not sent any more.
    """
    ended = take_out_runs(journey=journey, runs=[(pk, key) for pk in contact_ids], now=now)
    log.info("taken out by hand", journey=journey.slug, by=by.pk, runs=ended)
    return ended


@transaction.atomic
def take_out_runs(*, journey: Journey, runs: Sequence[tuple[int, str | None]], now: datetime) -> int:
    """End open runs, each named by the person and its key (None: all runs of the person); returns how many ended."""
    return stop_runs(journey_id=journey.pk, slug=journey.slug, runs=runs, now=now)


@transaction.atomic
def take_in_members(*, journey: Journey, version: Version, now: datetime) -> int:
    """Queue everybody who fits the entry of a version already, as it becomes the live one; returns how many.

    The beat takes them in, or says why not: who was in the journey before may be refused.
    """
    people = _matching(version.definition, now)
    if people is None:
        return 0
    text, params = sql.fill(
        sql.statement("journeys/enrollments/sql/take_members.sql"),
        people=sql.compiled(people.order_by().values_list("pk")),
        journey=sql.value(journey.pk),
        source=sql.value(f"publish:{version.pk}"),
        now=sql.value(now),
    )
    return sql.count(text, params)


def count_matching(*, definition: Mapping[str, Any], now: datetime) -> int:
    """Count who fits the entry of a definition now: would be taken in at its publishing. 0 where an entry is a moment."""
    people = _matching(definition, now)
    return 0 if people is None else people.count()


def _matching(definition: Mapping[str, Any], now: datetime) -> QuerySet[Contact] | None:
    """People of whom the trigger of an entry is true already; None where it is a moment and never a state."""
    entry = definition["entry"]
    if entry.get("change") == "left" or not {"signal", "segment", "stage"} & set(entry):
        return None
    kind, _ = trigger_of(entry)
    people = Contact.objects.filter(compile_condition({kind: entry[kind]}, now=now, wide=True))
    if entry.get("when"):
        people = people.filter(compile_condition(entry["when"], now=now, wide=True))
    if "exclude" in entry:
        out = SegmentMember.objects.filter(segment__slug=entry["exclude"], contact_id=OuterRef("pk"))
        people = people.exclude(Exists(out))
    return people


@transaction.atomic
def prune_triggers(*, now: datetime) -> int:
    """Let a portion of the triggers go that were taken days ago; returns how many. Call it until it returns 0."""
    text = sql.statement("journeys/enrollments/sql/prune_triggers.sql")
    return sql.count(text, {"before": now - KEPT, "most": PORTION})
