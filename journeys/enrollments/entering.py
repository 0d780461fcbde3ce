"""Takes people into journeys, or says why not: one statement a journey, whatever the number of people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from contacts.conditions.rules import parse_duration
from journeys.definitions.models import Journey, Version
from journeys.definitions.rules import PURPOSE
from journeys.enrollments.arrivals import stay_at
from journeys.enrollments.collecting import collect_triggers
from journeys.enrollments.leaving import leave_version, told_by
from journeys.enrollments.queries import JOURNEYS, listened_journeys
from journeys.enrollments.triggers import is_long, judged_people, triggered_by, waiting_journeys
from orchestrator.kernel import known, planned, sql
from orchestrator.kernel.scope import Scope

LATE = timedelta(days=1)  # a trigger that is older than this is refused: it came too late to act on it
WAITING = "waiting"
# From so many rows on a queue that its statistics do not know makes the joins of one statement quadratic: what is taken
# and what is not lies in one table, so that its size tells nothing (20,000 people took 209 s instead of seconds, measured)
MANY = 500


@dataclass(frozen=True)
class Reentry:
    """When somebody may come again. never: not at all; after: counted from "leaving" or "start"."""

    never: bool = False
    after: str = "leaving"
    delay: timedelta = timedelta(0)


def reentry_of(entry: dict[str, Any]) -> Reentry:
    """Read the re-entry of an entry; "parallel" is by key, and each key may come again after leaving."""
    given = entry.get("reentry")
    if given == "never":
        return Reentry(never=True)
    rule = given if isinstance(given, dict) else {}
    delay = parse_duration(rule["delay"]) if "delay" in rule else timedelta(0)
    return Reentry(after=rule.get("after", "leaving"), delay=delay)


@sql.joined
def enter_journeys(*, now: datetime, scope: Scope) -> dict[str, int]:
    """Take in everybody for whom the trigger of a live journey fired, or write a refusal with its reason.

    Who lacks data that the condition of entry asks for is tried again for some time. Whose goal or exit holds already
    leaves at once. Returns counts by reason, "" for those taken in. Triggers are marked as taken in the same
    transaction: an entry is never forgotten.
    """
    results: dict[str, int] = {}
    collected = collect_triggers(now=now, scope=scope)
    journeys = waiting_journeys(scope, now)
    if journeys and (collected >= MANY or is_long(scope, now, MANY)):
        sql.count("ANALYZE journeys_trigger")
    listened = listened_journeys() if journeys else frozenset()
    for journey in journeys:
        version = journey.live_version
        if version is None:
            continue
        for reason, n, people in _enter(journey, version, told_by(journey.slug, listened), now, scope):
            results[reason] = results.get(reason, 0) + n
            if people:  # their facts may have come in before the run was there
                leave_version(version=version, now=now, scope=Scope(contacts=tuple(people)), listened=listened)
    _mark_taken(now, scope)
    return {reason: n for reason, n in results.items() if n and reason != WAITING}


def _enter(journey: Journey, version: Version, told: str, now: datetime, scope: Scope) -> list[tuple[Any, ...]]:
    entry = version.definition["entry"]
    reentry, limits = reentry_of(entry), entry.get("limits") or {}
    step = known.kept(("first step", version.pk), JOURNEYS, lambda: version.steps.order_by("position")[0])
    text, params = sql.fill(
        sql.statement("journeys/enrollments/sql/enter.sql"),
        triggered=triggered_by(journey, entry, scope, now),
        people=judged_people(entry, scope, now),
        journey=sql.value(journey.pk),
        version=sql.value(version.pk),
        step=sql.value(step.pk),
        state=sql.value(journey.state),
        due=sql.value(stay_at(step)),
        never=sql.value(reentry.never),
        after=sql.value(reentry.after),
        delay=sql.value(reentry.delay),
        late=sql.value(LATE),
        retry=sql.value(timedelta(minutes=settings.ENTRY_RETRY_MINUTES)),
        exclude=sql.value(entry.get("exclude", "")),
        person=sql.value(limits.get("person")),
        hour=sql.value(limits.get("hour")),
        day=sql.value(limits.get("day")),
        total=sql.value(limits.get("all")),
        most_open=sql.value(settings.MOST_OPEN_JOURNEYS),
        told=sql.value(told),
        now=sql.value(now),
        slug=sql.value(journey.slug),
        purpose=sql.value(version.definition.get("purpose", PURPOSE)),
    )
    return planned.rows(text, params, scope=scope)


def _mark_taken(now: datetime, scope: Scope) -> None:
    params = {"now": now, "scope": scope.ids()}
    planned.count(sql.statement("journeys/enrollments/sql/take_firings.sql"), params, scope=scope)
    planned.count(sql.statement("journeys/enrollments/sql/take_changes.sql"), params, scope=scope)
