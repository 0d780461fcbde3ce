"""Puts the lists of segments and signals together: their sentence, their size, and who uses them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max
from django.utils.translation import get_language

from contacts.conditions.language import say
from contacts.conditions.names import load_names
from contacts.segments.models import Segment, SegmentChange, SegmentMember
from contacts.signals.models import Signal, SignalFiring
from contacts.stages.models import Stage
from journeys.definitions.models import Journey
from reporting.dashboards.rules import named_in

DAYS = 7


def segments(*, now: datetime) -> list[dict[str, Any]]:
    """List the segments with size, change in 7 days, and who uses them."""
    sizes = dict(SegmentMember.objects.values_list("segment").annotate(Count("id")))
    changed: dict[tuple[int, bool], int] = {}
    recent = SegmentChange.objects.filter(at__gte=now - timedelta(days=DAYS))
    for segment, entered, n in recent.values_list("segment", "entered").annotate(n=Count("id")):
        changed[segment, entered] = n
    users, names = _users("segment"), load_names()
    return [
        {
            "slug": segment.slug,
            "name": segment.name,
            "active": segment.active,
            "sentence": say(segment.condition, _language(), names),
            "size": sizes.get(segment.pk, 0),
            "came": changed.get((segment.pk, True), 0),
            "went": changed.get((segment.pk, False), 0),
            "users": users[segment.slug],
        }
        for segment in Segment.objects.all()
    ]


def signals(*, now: datetime) -> list[dict[str, Any]]:
    """List the signals with how often they fired in 7 days, and who listens."""
    recent = SignalFiring.objects.filter(fired_at__gte=now - timedelta(days=DAYS))
    fired = {
        pk: (n, people)
        for pk, n, people in recent.values_list("signal").annotate(Count("id"), Count("contact", distinct=True))
    }
    last = dict(SignalFiring.objects.values_list("signal").annotate(Max("fired_at")))
    users, names = _users("signal"), load_names()
    tones = {"weak": "grey", "medium": "blue", "strong": "green"}
    return [
        {
            "slug": signal.slug,
            "name": signal.name,
            "active": signal.active,
            "kind": signal.get_kind_display(),
            "strength": signal.get_strength_display(),
            "tone": tones[signal.strength],
            "sentence": say(signal.condition, _language(), names),
            "fired": fired.get(signal.pk, (0, 0))[0],
            "people": fired.get(signal.pk, (0, 0))[1],
            "last": last.get(signal.pk),
            "users": users[signal.slug],
        }
        for signal in Signal.objects.all()
    ]


def _language() -> str:
    return (get_language() or "en")[:2]


def _users(leaf: str) -> dict[str, list[tuple[str, str]]]:
    """Find who names each segment or signal: (name, slug of the journey or nothing)."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    journeys = (
        Journey.objects.exclude(state=Journey.State.ARCHIVED)
        .filter(live_version__isnull=False)
        .select_related("live_version")
    )
    authors: list[tuple[str, str, Any]] = [
        (j.name, j.slug, j.live_version.definition) for j in journeys if j.live_version
    ]
    others: Iterable[Segment | Signal | Stage] = [*Segment.objects.all(), *Signal.objects.all(), *Stage.objects.all()]
    authors += [(other.name, "", other.condition) for other in others]
    for name, slug, definition in authors:
        for used in sorted(named_in(definition, leaf)):
            found[used].append((name, slug))
    return found
