"""Queues what opens journeys of its own accord: events, moves between stages, runs through other journeys that are over."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import QuerySet

from contacts.conditions.comparisons import compile_json
from contacts.conditions.event_rows import people_only
from contacts.conditions.language import CONTACT
from contacts.conditions.registry import Context
from contacts.events.models import Event
from journeys.definitions.models import Journey, Version
from journeys.enrollments.queries import JOURNEYS
from orchestrator.kernel import known, planned, sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

# what nobody has queued for so long stays out: shorter than taken triggers are kept, so that nothing opens a journey twice
LOOKED_BACK = timedelta(days=2)
HISTORY = timedelta(days=30)  # a fact that is older than this when it comes in is history: it opens nothing
KINDS = ("event", "stage", "journey")
RUNNING = (Journey.State.LIVE, Journey.State.PAUSED, Journey.State.ENDING)


def collect_triggers(*, now: datetime, scope: Scope) -> int:
    """Queue what the news of the scope open, one statement a journey that listens; returns how many triggers are new."""
    if scope.news is not None and not scope.news:
        return 0
    concerned = [
        (one, one.live_version.definition["entry"])
        for one in known.kept("listening", JOURNEYS, _listening)
        if (scope.journeys is None or one.pk in scope.journeys)
        and one.live_version
        and _concerned(one.live_version.definition["entry"], scope)
    ]
    ids = ("since", *(journey.pk for journey, _ in concerned))
    since = known.kept(ids, JOURNEYS, lambda: listening_since([journey for journey, _ in concerned]))
    n = 0
    for journey, entry in concerned:
        bound = max(since[journey.pk], now - LOOKED_BACK)
        n += _collect(journey, entry, scope, bound, now)
    return n


def _listening() -> list[Journey]:
    found = Journey.objects.filter(state__in=RUNNING, live_version__definition__entry__has_any_keys=KINDS)
    return list(found.select_related("live_version").order_by("pk"))


def _concerned(entry: dict[str, Any], scope: Scope) -> bool:
    names = {"event": entry.get("event"), "stage": "stage", "journey": f"journey:{entry.get('journey')}"}
    return any(kind in entry and scope.concerns({str(names[kind])}, timed=False) for kind in KINDS)


def _collect(journey: Journey, entry: dict[str, Any], scope: Scope, since: datetime, now: datetime) -> int:
    if "event" in entry:
        return _collect_events(journey, entry, scope, since, now)
    given = {"journey": journey.pk, "scope": scope.ids(), "since": since, "now": now}
    if "stage" in entry:
        text = sql.statement("journeys/enrollments/sql/collect_stages.sql")
        return planned.count(text, {**given, "stage": entry["stage"]}, scope=scope)
    other = {"source": entry["journey"], "state": entry.get("state", "completed"), "outcome": entry.get("outcome", "")}
    text = sql.statement("journeys/enrollments/sql/collect_runs.sql")
    return planned.count(text, {**given, **other}, scope=scope)


def _collect_events(journey: Journey, entry: dict[str, Any], scope: Scope, since: datetime, now: datetime) -> int:
    key = ("collected", json.dumps([entry["event"], entry.get("where")]))
    text, params = sql.fill(
        sql.statement("journeys/enrollments/sql/collect_events.sql"),
        events=prepared(key, now=now, scope=scope, build=partial(_events, entry)),
        journey=sql.value(journey.pk),
        name=sql.value(entry["event"]),
        key=sql.value(entry.get("key", "")),
        since=sql.value(since),
        now=sql.value(now),
    )
    return planned.count(text, params, scope=scope)


def _events(entry: dict[str, Any], now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    """Events that the entry means; opens and clicks of machines move nobody."""
    found = people_only(Event.objects.filter(name=entry["event"], occurred_at__gt=now - HISTORY), entry["event"])
    context = Context(now, replace(CONTACT, reference="contact_id", prefix="contact__"))
    for part in entry.get("where") or []:
        found = found.filter(compile_json("properties", part["property"], part, context))
    columns = ("pk", "contact_id", "occurred_at", "received_at", "properties")
    return among(found, "contact_id", ids).order_by().values_list(*columns)


def listening_since(journeys: Iterable[Journey]) -> dict[int, datetime]:
    """Since when each live journey has had the trigger it has: what happened before opens nothing."""
    wanted = {journey.pk: journey for journey in journeys}
    if not wanted:
        return {}
    versions = Version.objects.filter(journey__in=wanted, published_at__isnull=False).order_by("journey_id", "-number")
    rows = versions.values_list("journey_id", "pk", "published_at", "definition__entry")
    found: dict[int, datetime] = {}
    over: set[int] = set()
    triggers = {pk: trigger_of(one.live_version.definition["entry"]) for pk, one in wanted.items() if one.live_version}
    for journey_id, version_id, published_at, entry in rows:
        if journey_id in over or (journey_id not in found and version_id != wanted[journey_id].live_version_id):
            continue
        if trigger_of(entry) == triggers[journey_id]:
            found[journey_id] = published_at
        else:
            over.add(journey_id)
    return found


def trigger_of(entry: dict[str, Any]) -> tuple[str, str]:
    """What opens a journey: the kind and what it names."""
    kind = next(key for key in ("signal", "event", "segment", "stage", "schedule", "api", "journey") if key in entry)
    return kind, json.dumps(entry[kind], sort_keys=True)
