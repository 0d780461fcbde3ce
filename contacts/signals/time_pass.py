"""What time alone changes: each definition looked at by itself, and only for people at the edge of one of its windows."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F

from contacts.conditions.edges import people_at_edges
from contacts.conditions.language import depends_on
from contacts.scores.operations import active_scores, compute_as_time_passes
from contacts.segments.models import Segment, SegmentChange
from contacts.segments.operations import refresh_segments
from contacts.signals.models import Signal, SignalFiring
from contacts.signals.operations import fire_signals
from contacts.stages.models import Stage, StageChange
from contacts.stages.operations import move_stages
from orchestrator.kernel.scope import EVERYBODY, Scope

EVERYBODY_EVERY = timedelta(minutes=5)  # where it cannot be told who is at an edge, everybody is looked at so often
MOST = 20_000  # people whose change is followed up one by one; for more of them the next step asks about everybody


class Changed(NamedTuple):
    """What time changed: names of news, and for whom (None: for more people than can be told)."""

    names: set[str]
    contacts: set[int] | None


def looks(*, now: datetime) -> Iterator[Callable[[], Changed]]:
    """One piece of work for each definition that time can change, in the order in which they build on each other.

    Each is to be called in a transaction of its own, under the tick's lock, so that a pulse waits for one at most.
    """
    for score in active_scores():
        yield lambda score=score: Changed(*compute_as_time_passes(score=score, now=now))
    for segment in Segment.objects.filter(active=True, condition__isnull=False):
        if segment.refreshed_at is None or depends_on(segment.condition).timed:
            yield lambda segment=segment: _look_at_segment(segment, now)
    for signal in Signal.objects.filter(active=True):
        if depends_on(signal.condition).timed:
            yield lambda signal=signal: _look_at_signal(signal, now)
    stages = list(Stage.objects.order_by("position"))
    new = any(stage.refreshed_at is None for stage in stages)
    if new or any(depends_on(rule).timed for stage in stages for rule in (stage.condition, stage.leave)):
        yield lambda: _look_at_stages(stages, now)


def _look_at_segment(segment: Segment, now: datetime) -> Changed:
    scope = _scope([segment.condition], segment.refreshed_at, now)
    if scope is None:
        return Changed(set(), set())
    names = refresh_segments(now=now, scope=scope, segments=[segment]) if scope.contacts != () else set()
    Segment.objects.filter(pk=segment.pk).update(refreshed_at=now)
    rows = SegmentChange.objects.filter(segment=segment, at=now)
    return Changed(names, _who(scope, names, rows))


def _look_at_signal(signal: Signal, now: datetime) -> Changed:
    scope = _scope([signal.condition], signal.refreshed_at, now)
    if scope is None:
        return Changed(set(), set())
    if scope.contacts is not None and signal.refreshed_at:
        scope = Scope(contacts=tuple(sorted({*scope.contacts, *_rested(signal, signal.refreshed_at, now)})))
    names = fire_signals(now=now, scope=scope, signals=[signal]) if scope.contacts != () else set()
    Signal.objects.filter(pk=signal.pk).update(refreshed_at=now)
    return Changed(names, _who(scope, names, SignalFiring.objects.filter(signal=signal, fired_at=now)))


def _look_at_stages(stages: list[Stage], now: datetime) -> Changed:
    looked = [stage.refreshed_at for stage in stages]
    since = None if None in looked else min(at for at in looked if at)
    scope = _scope([rule for stage in stages for rule in (stage.condition, stage.leave) if rule], since, now)
    if scope is None:
        return Changed(set(), set())
    names = move_stages(now=now, scope=scope) if scope.contacts != () else set()
    Stage.objects.update(refreshed_at=now)
    return Changed(names, _who(scope, names, StageChange.objects.filter(at=now)))


def _scope(conditions: list[dict], since: datetime | None, now: datetime) -> Scope | None:
    """Whom to look at; None: nobody yet, since everybody was looked at a moment ago."""
    if since is None:
        return EVERYBODY
    people: set[int] = set()
    for condition in conditions:
        ids = people_at_edges(condition, since=since, now=now)
        if ids is None:
            return EVERYBODY if since <= now - EVERYBODY_EVERY else None
        people.update(ids)
    return Scope(contacts=tuple(sorted(people)))


def _rested(signal: Signal, since: datetime, now: datetime) -> Iterator[int]:
    """People whose cooldown ran out: what still holds may fire again."""
    fired = SignalFiring.objects.filter(signal=signal, fired_at__gt=since - signal.cooldown)
    yield from fired.filter(fired_at__lte=now - F("signal__cooldown")).values_list("contact_id", flat=True)


def _who(scope: Scope, names: set[str], rows) -> set[int] | None:
    if not names:
        return set()
    if scope.contacts is not None:
        return set(scope.contacts)
    ids = set(rows.values_list("contact_id", flat=True)[: MOST + 1])
    return None if len(ids) > MOST else ids
