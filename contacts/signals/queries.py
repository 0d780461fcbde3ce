"""Reads about signals: firings by signal and day, the history with evidence, what arrived lately, what context may not do."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import TruncDate

from contacts.events.models import EventType
from contacts.segments.models import Segment
from contacts.signals.models import Signal, SignalFiring
from contacts.signals.rules import acts_on_context_alone, holds_on_context
from orchestrator.kernel import sql


class Fired(NamedTuple):
    """How often a signal fired, for how many people."""

    times: int
    people: int


class Contexts(NamedTuple):
    """What is needed to tell context from the rest: short names of context signals, conditions of segments."""

    signals: frozenset[str]
    segments: dict[str, dict[str, Any] | None]

    def act_alone(self, condition: dict[str, Any] | None) -> bool:
        """Whether a condition can hold by a context signal alone."""
        return acts_on_context_alone(condition, self.signals, self.segments)

    def add_nothing(self, condition: dict[str, Any] | None) -> bool:
        """Whether a condition beside a context signal says nothing about what somebody did or where they stand."""
        return holds_on_context(condition, self.signals, self.segments)


def load_contexts() -> Contexts:
    """Read the context signals and the conditions of segments."""
    contexts = Signal.objects.filter(kind=Signal.Kind.CONTEXT).values_list("slug", flat=True)
    return Contexts(frozenset(contexts), dict(Segment.objects.values_list("slug", "condition")))


def fired_since(since: datetime) -> dict[int, Fired]:
    """Count the firings of every signal since an instant, by its id."""
    recent = SignalFiring.objects.filter(fired_at__gte=since).order_by()
    counted = recent.values_list("signal").annotate(Count("id"), Count("contact", distinct=True))
    return {pk: Fired(times, people) for pk, times, people in counted}


def fired_by_day(signal_id: int, since: datetime) -> dict[date, int]:
    """Count the firings of a signal per day of the team's zone."""
    day = TruncDate("fired_at", tzinfo=ZoneInfo(settings.TEAM_TIME_ZONE))
    found = SignalFiring.objects.filter(signal=signal_id, fired_at__gte=since).annotate(day=day).order_by()
    return dict(found.values_list("day").annotate(Count("id")))


def firings(signal_id: int, *, before: int | None, most: int) -> tuple[list[SignalFiring], int | None]:
    """Read one page of a signal's firings, the newest first; and where the next page begins, None at the end."""
    found = SignalFiring.objects.filter(signal=signal_id).select_related("contact").order_by("-id")
    rows = list((found.filter(pk__lt=before) if before else found)[: most + 1])
    return rows[:most], rows[most - 1].pk if len(rows) > most else None


def one_signal(slug: str) -> Signal | None:
    """Read a signal by its short name."""
    return Signal.objects.filter(slug=slug).first()


def event_types() -> dict[str, EventType]:
    """Read the described kinds of events, by name."""
    return {row.slug: row for row in EventType.objects.order_by("slug")}


def last_seen(names: Collection[str], since: datetime) -> dict[str, datetime]:
    """Say when events of some names came last, those that came since an instant, in one statement."""
    params: dict[str, Sequence[str] | datetime] = {"names": sorted(names), "since": since}
    return dict(sql.rows(sql.statement("contacts/signals/sql/last_seen.sql"), params))
