"""What opens a journey and nobody has looked at yet: firings of a signal, changes of a segment, and the queue."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    Exists,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.expressions import Expression
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, Concat, Left

from contacts.conditions.event_leaf import allowed
from contacts.conditions.expressions import TRUE, All, Boolean, Either, IsUnknown, Not
from contacts.conditions.language import CONTACT, compile_condition
from contacts.conditions.registry import Context, behaviour_guard, leaf_of
from contacts.conditions.rules import leaves_of
from contacts.profiles.models import Contact
from contacts.segments.models import SegmentChange, SegmentMember
from contacts.signals.models import SignalFiring
from journeys.definitions.models import Journey
from journeys.enrollments.models import Trigger
from journeys.enrollments.queries import JOURNEYS
from orchestrator.kernel import known, planned, sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

MOST_QUEUED = 50_000  # of the queue that one statement takes; the next beat takes the next ones
BEHAVIOUR = ("event", "touch")  # leaves that are unknown without profiling consent
FALSE = Not(TRUE)


def waiting_journeys(scope: Scope, now: datetime) -> list[Journey]:
    """Journeys whose trigger fired for somebody in the scope, the highest priority first.

    Those that are held, run out or are over are among them, for they refuse with a reason.
    """
    fired = {slug for (slug,) in _distinct("signals", _signals, scope, now)}
    changed = {(slug, entered) for slug, entered in _distinct("segments", _segments, scope, now)}
    queued = {pk for (pk,) in _distinct("queue", partial(_journeys_queued, _is_quiet(scope)), scope, now)}
    if not fired and not changed and not queued:
        return []
    return [
        one
        for one in known.kept("journeys", JOURNEYS, _running)
        if (scope.journeys is None or one.pk in scope.journeys)
        and one.live_version
        and (one.pk in queued or _opened(one, fired, changed))
    ]


def _running() -> list[Journey]:
    journeys = Journey.objects.exclude(state=Journey.State.DRAFT).select_related("live_version")
    return list(journeys.order_by("-priority", "pk"))


def _distinct(name: str, build: Callable[..., QuerySet[Any]], scope: Scope, now: datetime) -> list[tuple[Any, ...]]:
    part = prepared(("waiting", name, _is_quiet(scope)), now=now, scope=scope, build=build)
    return planned.rows(part.text, part.params, scope=scope)


def _signals(now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    rows = among(SignalFiring.objects.filter(taken_at=None), "contact_id", ids)
    return rows.order_by().values_list("signal__slug").distinct()


def _segments(now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    rows = among(SegmentChange.objects.filter(taken_at=None), "contact_id", ids)
    return rows.order_by().values_list("segment__slug", "entered").distinct()


def _journeys_queued(quiet: bool, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    return _queue(quiet, now, ids).order_by().values_list("journey_id").distinct()


def _opened(journey: Journey, fired: set[str], changed: set[tuple[str, bool]]) -> bool:
    if journey.state == Journey.State.ARCHIVED or journey.live_version is None:
        return False
    entry = journey.live_version.definition["entry"]
    return entry.get("signal") in fired or (entry.get("segment"), enters(entry)) in changed


def enters(entry: dict[str, Any]) -> bool:
    """Whether coming into the segment of an entry opens the journey, and not leaving it."""
    return bool(entry.get("change", "entered") == "entered")


def _queued(scope: Scope, now: datetime) -> QuerySet[Trigger]:
    """The queue of everybody in the scope. Who is tried again is looked at with their news, and when time is looked at."""
    return _queue(_is_quiet(scope), now, scope.ids())


def _queue(quiet: bool, now: datetime, ids: list[int] | None) -> QuerySet[Trigger]:
    rows = among(Trigger.objects.filter(taken_at=None), "contact_id", ids)
    return rows.filter(Q(retry_until=None) | Q(retry_until__lte=now)) if quiet else rows


def _is_quiet(scope: Scope) -> bool:
    return scope.contacts is None and scope.news == frozenset() and not scope.timed


def is_long(scope: Scope, now: datetime, many: int) -> bool:
    """Whether so many people or more stand in the queue, where a scope is everybody."""
    return scope.contacts is None and len(_queued(scope, now).order_by().values_list("pk", flat=True)[:many]) == many


def triggered_by(journey: Journey, entry: dict[str, Any], scope: Scope, now: datetime) -> sql.Part:
    """The triggers of a journey: contact, key, at, evidence, source, id in the queue, retried until."""
    quiet = _is_quiet(scope)
    queue = prepared(("queue", journey.pk, quiet), now=now, scope=scope, build=partial(_queue_of, journey, quiet))
    if journey.state == Journey.State.ARCHIVED or not {"signal", "segment"} & set(entry):
        return queue
    names = ("signal", "segment", "change", "key")
    key = ("triggered", *(entry.get(name) for name in names))
    build = partial(_changed if "segment" in entry else _fired, entry)
    found = prepared(key, now=now, scope=scope, build=build)
    return sql.Part(f"({queue.text}) UNION ALL ({found.text})", (*queue.params, *found.params))


def _queue_of(journey: Journey, quiet: bool, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    rows = _queue(quiet, now, ids).filter(journey=journey).order_by(F("retry_until").asc(nulls_first=True), "pk")
    columns = ("contact_id", "key", "at", "evidence", "source", "pk", "retry_until")
    return rows.values_list(*columns)[:MOST_QUEUED]


def _changed(entry: dict[str, Any], now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    rows = SegmentChange.objects.filter(taken_at=None, entered=enters(entry), segment__slug=entry["segment"])
    evidence = _object(
        "segment", Value(entry["segment"]), "change", Value(entry.get("change", "entered")), "at", F("at")
    )
    rows = among(rows, "contact_id", ids).annotate(run_key=Value(""), proof=evidence, **_not_queued("segment:"))
    return rows.order_by().values_list("contact_id", "run_key", "at", "proof", "source", "queue_id", "again")


def _fired(entry: dict[str, Any], now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    firings = among(SignalFiring.objects.filter(taken_at=None, signal__slug=entry["signal"]), "contact_id", ids)
    key: Any = Value("", output_field=CharField())
    if "key" in entry:
        inside = KeyTextTransform(
            entry["key"], KeyTransform("properties", "evidence")
        )  # of the event that is the evidence
        key = Left(Coalesce(inside, F("key"), output_field=CharField()), 200)
    at = Func(KeyTextTransform("at", "evidence"), template="(%(expressions)s)::timestamptz")
    signal = _object("signal", Value(entry["signal"]))
    proof = Func(F("evidence"), signal, template="(%(expressions)s)", arg_joiner=" || ", output_field=JSONField())
    rows = firings.annotate(run_key=key, began_at=at, proof=proof, **_not_queued("signal:"))
    return rows.order_by().values_list("contact_id", "run_key", "began_at", "proof", "source", "queue_id", "again")


def _object(*parts: Any) -> Func:
    given = [Value(part) if isinstance(part, str) else part for part in parts]
    return Func(*given, function="jsonb_build_object", output_field=JSONField())


def _not_queued(prefix: str) -> dict[str, Any]:
    return {
        "source": Concat(Value(prefix), Cast("pk", TextField()), output_field=TextField()),
        "queue_id": Cast(Value(None), BigIntegerField()),
        "again": Cast(Value(None), DateTimeField()),
    }


def judged_people(entry: dict[str, Any], scope: Scope, now: datetime) -> sql.Part:
    """The candidates of the entering statement as the entry sees them: id, truth, lacks, excluded, welcome.

    truth: of the condition, true, false or unknown. lacks: it is unknown for want of profiling consent alone.
    welcome: the event that opens the journey may be looked at.
    """
    key = ("judged", json.dumps([entry.get("when"), entry.get("exclude"), entry.get("event")]))
    return prepared(key, now=now, scope=scope, build=partial(_judged, entry))


class IsCandidate(Boolean):
    """Whether a contact is among those for whom the trigger fired, which the entering statement names `candidate`."""

    template = "(%(expressions)s IN (SELECT candidate.contact_id FROM candidate))"
    arity = 1


def _judged(entry: dict[str, Any], now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    when, context = entry.get("when"), Context(now, CONTACT, positive=False)
    members = SegmentMember.objects.filter(segment__slug=entry.get("exclude", ""), contact_id=OuterRef("pk"))
    people = Contact.objects.filter(IsCandidate(F("pk"))).annotate(
        truth=compile_condition(when, now=now, positive=False) if when else TRUE,
        lacks=_lacks_consent_only(when, context) if when else FALSE,
        excluded=Exists(members) if "exclude" in entry else FALSE,
        welcome=allowed(entry["event"], context) if "event" in entry else TRUE,
    )
    return among(people, "pk", ids).order_by().values_list("pk", "truth", "lacks", "excluded", "welcome")


def _lacks_consent_only(when: dict[str, Any], context: Context) -> Expression:
    """Whether the person has not agreed to profiling, and nothing but behaviour is unknown."""
    nodes = list(leaves_of(when))
    if not any(_is_behaviour(nodes)):
        return FALSE
    others = [node for node, behaves in zip(nodes, _is_behaviour(nodes), strict=True) if not behaves]
    compiled = [IsUnknown(leaf.compile(node, context)) for node in others if (leaf := leaf_of(node))]
    refused = Not(Coalesce(behaviour_guard(context.subject), Not(TRUE)))
    if not compiled:
        return refused
    return All(refused, Not(Either(*compiled) if len(compiled) > 1 else compiled[0]))


def _is_behaviour(nodes: Iterable[dict[str, Any]]) -> list[bool]:
    return [any(key in node for key in BEHAVIOUR) for node in nodes]
