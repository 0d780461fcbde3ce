"""Reads daily values."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Q

from reporting.kpis.models import DailyValue

Days = dict[date, float]


def phase_values(*, first: date, last: date) -> dict[tuple[str, str], Days]:
    """Read the values of all phases: (phase, metric) -> day -> value."""
    found: dict[tuple[str, str], Days] = defaultdict(dict)
    rows = DailyValue.objects.filter(journey=None, on__gte=first, on__lte=last)
    for phase, metric, on, value in rows.values_list("phase", "metric", "on", "value"):
        found[phase, metric][on] = _plain(value)
    return found


def journey_values(
    *, first: date, last: date, metrics: Sequence[str], journey_id: int | None = None
) -> dict[tuple[int, str], Days]:
    """Read the values of the journeys (or of one): (journey id, metric) -> day -> value."""
    found: dict[tuple[int, str], Days] = defaultdict(dict)
    one = Q(journey_id=journey_id) if journey_id else Q(journey__isnull=False)
    rows = DailyValue.objects.filter(one, on__gte=first, on__lte=last, metric__in=metrics)
    for journey, metric, on, value in rows.values_list("journey_id", "metric", "on", "value"):
        found[journey, metric][on] = _plain(value)
    return found


def _plain(value: Decimal) -> float:
    return float(value)
