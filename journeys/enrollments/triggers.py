"""What opens a journey: firings of a signal or people coming into a segment that nobody has looked at yet."""

import json
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import CharField, F, Func, JSONField, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce

from contacts.conditions.language import compile_condition
from contacts.profiles.models import Contact
from contacts.segments.models import SegmentChange
from contacts.signals.models import SignalFiring
from journeys.definitions.models import Journey
from orchestrator.kernel import sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among


def waiting_journeys(scope: Scope) -> list[Journey]:
    """Journeys whose trigger fired for somebody in the scope; paused ones too, for they refuse with a reason."""
    signals = among(SignalFiring.objects.filter(taken_at=None), "contact_id", scope.ids())
    segments = among(SegmentChange.objects.filter(taken_at=None, entered=True), "contact_id", scope.ids())
    fired = set(signals.order_by().values_list("signal__slug", flat=True).distinct())
    entered = set(segments.order_by().values_list("segment__slug", flat=True).distinct())
    if not fired and not entered:
        return []
    journeys = Journey.objects.filter(state__in=(Journey.State.LIVE, Journey.State.PAUSED)).select_related(
        "live_version"
    )
    if scope.journeys is not None:
        journeys = journeys.filter(pk__in=scope.journeys)
    return [
        j
        for j in journeys.order_by("-priority", "pk")
        if j.live_version and _opened(j.live_version.definition["entry"], fired, entered)
    ]


def _opened(entry: dict[str, Any], fired: set[str], entered: set[str]) -> bool:
    return entry.get("signal") in fired or entry.get("segment") in entered


def triggered_by(entry: dict[str, Any], scope: Scope, now: datetime) -> sql.Part:
    """The triggers of a journey that nobody has looked at: contact, key, at, evidence."""
    key = ("triggered", entry.get("signal"), entry.get("segment"), entry.get("key"))
    return prepared(key, now=now, scope=scope, build=partial(_entered if "segment" in entry else _fired, entry))


def _entered(entry: dict[str, Any], now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    rows = SegmentChange.objects.filter(taken_at=None, entered=True, segment__slug=entry["segment"])
    parts = (Value("segment"), Value(entry["segment"]), Value("at"), F("at"))
    evidence = Func(*parts, function="jsonb_build_object", output_field=JSONField())
    rows = among(rows, "contact_id", ids).annotate(run_key=Value(""), proof=evidence)
    return rows.order_by().values_list("contact_id", "run_key", "at", "proof")


def _fired(entry: dict[str, Any], now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    firings = among(SignalFiring.objects.filter(taken_at=None, signal__slug=entry["signal"]), "contact_id", ids)
    key: Any = Value("", output_field=CharField())
    if "key" in entry:
        inside = KeyTextTransform(
            entry["key"], KeyTransform("properties", "evidence")
        )  # of the event that is the evidence
        key = Coalesce(inside, F("key"), output_field=CharField())
    at = Func(KeyTextTransform("at", "evidence"), template="(%(expressions)s)::timestamptz")
    signal = Func(Value("signal"), Value(entry["signal"]), function="jsonb_build_object", output_field=JSONField())
    proof = Func(F("evidence"), signal, template="(%(expressions)s)", arg_joiner=" || ", output_field=JSONField())
    rows = firings.annotate(run_key=key, began_at=at, proof=proof)
    return rows.order_by().values_list("contact_id", "run_key", "began_at", "proof")


def matched_by_entry(entry: dict[str, Any], scope: Scope, now: datetime) -> sql.Part:
    """Contacts who meet the condition of entry (everybody in the scope without one)."""
    key = ("matched", json.dumps(entry.get("when")))
    return prepared(key, now=now, scope=scope, build=partial(_matched, entry.get("when")))


def _matched(when: dict[str, Any] | None, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    people = among(Contact.objects.all(), "pk", ids)
    if when:
        people = people.filter(compile_condition(when, now=now))
    return people.order_by().values_list("pk")
