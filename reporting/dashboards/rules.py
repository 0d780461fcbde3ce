"""How the page of the day is put: ranges, sparklines, colours of verdicts."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

RANGES = {"7d": 7, "30d": 30, "quarter": 91}
DEFAULT_RANGE = "30d"
OUTCOME_TONES = {"approved": "green", "held": "amber", "suppressed": "red", "expired": "grey"}
OUTCOME_ORDER = ("approved", "held", "suppressed", "expired")


def days_between(first: date, last: date) -> list[date]:
    """List the days from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def series(values: Mapping[date, float], days: Sequence[date]) -> list[float]:
    """Put values in the order of days, 0 where a day has none."""
    return [values.get(day, 0.0) for day in days]


def sparkline(values: Sequence[float], *, width: float = 80, height: float = 22) -> str:
    """Compute the points of an SVG polyline for values; a flat line in the middle when nothing changes."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = high - low
    step = width / (len(values) - 1)
    ys = [height / 2 if not span else height - 2 - (value - low) / span * (height - 4) for value in values]
    return " ".join(f"{n * step:.1f},{y:.1f}" for n, y in enumerate(ys))


def sum_since(values: Mapping[date, float], first: date) -> float:
    """Add the values from a day on."""
    return sum(value for day, value in values.items() if day >= first)
