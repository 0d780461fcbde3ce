"""Fires signals: one statement a signal, with the evidence stored."""

import json
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Func, JSONField, QuerySet, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Greatest

from contacts.conditions.event_leaf import EventLeaf
from contacts.conditions.evidence import asserted_events
from contacts.conditions.language import CONTACT, compile_condition, depends_on
from contacts.conditions.registry import Context
from contacts.profiles.queries import usable
from contacts.scores.operations import active_scores, compute_scores
from contacts.segments.models import Segment
from contacts.segments.operations import active_segments, refresh_segments
from contacts.signals.models import Signal
from contacts.stages.operations import move_stages
from orchestrator.kernel import known, planned, sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

PASSES = 4  # a signal may follow from a segment, a segment from a signal
TABLES = known.watch("contacts_signal")


@sql.joined
def derive_signals(*, now: datetime, scope: Scope) -> set[str]:
    """Keep segments and fire signals until nothing more follows, then move stages, then what follows from the moves.

    Nobody is moved by rule twice at the same time (see move_stages). Returns what changed for somebody as names of news
    ("segment:slug", "signal:slug", "stage"). A definition that the news does not concern costs nothing.
    """
    segments, signals = active_segments(), _active_signals()
    changes: set[str] = set()
    for _ in range(PASSES):
        changed = _settle(now, scope, segments, signals)
        moved = move_stages(now=now, scope=scope.with_news(changed))
        changes |= changed | moved
        if not moved:
            break
        scope = scope.after(moved)
    return changes


def _settle(now: datetime, scope: Scope, segments: list[Segment], signals: list[Signal]) -> set[str]:
    changes: set[str] = set()
    scores = active_scores()
    for _ in range(PASSES):
        changed = compute_scores(now=now, scope=scope, scores=scores)
        # what scores came to is news for segments and signals of the same pass
        changed |= refresh_segments(now=now, scope=scope.with_news(changed), segments=segments)
        changed |= fire_signals(now=now, scope=scope, signals=signals)
        if not changed:
            break
        changes |= changed
        scope = scope.after(changed)
    return changes


@sql.joined
def fire_signals(*, now: datetime, scope: Scope, signals: list[Signal] | None = None) -> set[str]:
    """Write a firing for everybody for whom a signal holds and who is past its cooldown.

    A signal over events fires again only on a newer event than the last time. Returns "signal:slug" of those that fired.
    """
    fired: set[str] = set()
    for signal in _active_signals() if signals is None else signals:
        depends = depends_on(signal.condition)
        if not scope.concerns(depends.news() | ({signal.key_event} - {""}), timed=depends.timed):
            continue
        if scope.contacts is None:
            sql.make_room()
        if planned.count(*_statement(signal, now, scope), scope=scope):
            fired.add(f"signal:{signal.slug}")
    return fired


def _active_signals() -> list[Signal]:
    return known.kept("signals", TABLES, lambda: list(Signal.objects.filter(active=True)))


def _statement(signal: Signal, now: datetime, scope: Scope) -> tuple[str, tuple[Any, ...]]:
    def build(at: datetime, ids: list[int] | None) -> QuerySet[Any]:
        people = among(usable().filter(compile_condition(signal.condition, now=at, wide=ids is None)), "pk", ids)
        evidence = _evidence(signal.condition, Context(at, CONTACT))
        return people.annotate(**evidence).order_by().values("pk", "last_at", "counts", "last_event")

    name = "fire_keyed.sql" if signal.key_event else "fire.sql"
    parts = {
        "matched": prepared(("signal", json.dumps(signal.condition)), now=now, scope=scope, build=build),
        "signal": sql.value(signal.pk),
        "now": sql.value(now),
        "cooldown": sql.value(signal.cooldown),
    }
    if signal.key_event:
        parts |= {
            "key_event": sql.value(signal.key_event),
            "key_property": sql.value(signal.key_property),
            "holds_for": sql.value(signal.holds_for),
        }
    return sql.fill(sql.statement(f"contacts/signals/sql/{name}"), **parts)


def _evidence(condition: dict[str, Any], context: Context) -> dict[str, Expression]:
    """What made the signal hold: how often each event, when the last one was, and what was in the last of the first kind."""
    nodes = list(asserted_events(condition))
    if not nodes:
        return {
            "last_at": Value(None, output_field=DateTimeField()),
            "counts": Value({}, output_field=JSONField()),
            "last_event": Value({}, output_field=JSONField()),
        }
    leaf = EventLeaf()
    lasts = [leaf.last_at(node, context) for node in nodes]
    counts = [part for node in nodes for part in (Value(node["event"]), leaf.count(node, context))]
    return {
        "last_at": Greatest(*lasts) if len(lasts) > 1 else lasts[0],
        "counts": Func(*counts, function="jsonb_build_object", output_field=JSONField()),
        "last_event": leaf.newest(nodes[0], context),
    }
