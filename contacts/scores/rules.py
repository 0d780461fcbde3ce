"""What a score comes to: points, quotas a day, decay by whole days, 0 to 100, and the grade; pure, the reference of the SQL."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from contacts.conditions.parts import say_times

MOST_POINTS = 1000
MOST_DECAY_DAYS = 730
MOST_RULES = 50
HALF_LIVES = 10  # after so many nothing worth counting is left
KEPT_DAYS = 365  # how long an event counts that never decays
LEAST, MOST = 0, 100
CENT, MILLIONTH, WHOLE = Decimal("0.01"), Decimal("0.000001"), Decimal(1)
DEFAULT_BANDS = {
    "fit": (("A", 75), ("B", 50), ("C", 25), ("D", 0)),
    "engagement": (("1", 75), ("2", 50), ("3", 25), ("4", 0)),
}


class Decay(StrEnum):
    """How points of events lose their worth."""

    NONE = "none"
    LINEAR = "linear"
    HALF_LIFE = "half_life"


class Points(NamedTuple):
    """One rule: points for each event (`counted`), or once while a condition holds."""

    rule: int
    points: Decimal
    counted: bool = False
    most_a_day: int | None = None


class Factor(NamedTuple):
    """What one rule gave: points to two decimals, n events that counted (1 for a condition)."""

    rule: int
    points: Decimal
    n: int


class Result(NamedTuple):
    """A value from 0 to 100 with its factors, the weightiest first."""

    value: int
    factors: list[Factor]


def score_person(
    rules: Sequence[Points],
    *,
    holds: Collection[int],
    events: Mapping[int, Sequence[datetime]],
    decay: str,
    decay_days: int,
    now: datetime,
) -> Result:
    """Score one person. holds: rules whose condition is true. events: instants of the events that count, by rule.

    now: timezone-aware. An event of the future does not count yet. A factor that rounds to nothing is left out.
    """
    given = []
    for rule in rules:
        if rule.counted:
            days = Counter(at.astimezone(UTC).date() for at in events.get(rule.rule, ()) if at <= now)
            points, n = _counted(rule, days, decay, decay_days, now.astimezone(UTC).date())
            given.append(Factor(rule.rule, points, n))
        elif rule.rule in holds:
            given.append(Factor(rule.rule, rule.points, 1))
    return result_of(given)


def result_of(given: Iterable[Factor]) -> Result:
    """Sum what rules gave, not yet rounded."""
    total, factors = Decimal(0), []
    for factor in given:
        total += factor.points
        if shown := _round(factor.points, CENT):
            factors.append(factor._replace(points=shown))
    factors.sort(key=lambda factor: (-abs(factor.points), factor.rule))
    return Result(max(LEAST, min(MOST, int(_round(total, WHOLE)))), factors)


def _counted(rule: Points, days: Mapping[date, int], decay: str, decay_days: int, today: date) -> tuple[Decimal, int]:
    horizon = horizon_days(decay, decay_days)
    total, n = Decimal(0), 0
    for day, times in days.items():
        age = (today - day).days
        if age < horizon:
            counted = times if rule.most_a_day is None else min(times, rule.most_a_day)
            total += counted * decay_factor(decay, decay_days, age)
            n += counted
    return rule.points * total, n


def decay_factor(decay: str, decay_days: int, age: int) -> Decimal:
    """What is left after `age` whole UTC days, from 1 down to 0, to six decimals."""
    if decay == Decay.LINEAR:
        return _round(max(Decimal(0), 1 - Decimal(age) / decay_days), MILLIONTH)
    if decay == Decay.HALF_LIFE:
        return _round(Decimal(repr(0.5 ** (age / decay_days))), MILLIONTH)
    return Decimal(1)


def horizon_days(decay: str, decay_days: int) -> int:
    """How many UTC days, today included, an event counts."""
    return {Decay.LINEAR: decay_days, Decay.HALF_LIFE: HALF_LIVES * decay_days}.get(Decay(decay), KEPT_DAYS)


def is_due(computed_at: datetime | None, *, now: datetime, hourly: bool) -> bool:
    """Whether time alone may have changed a score: on a new UTC day, and with `hourly` in a new hour."""
    if computed_at is None:
        return True
    length = timedelta(hours=1) if hourly else timedelta(days=1)
    return int(computed_at.timestamp() // length.total_seconds()) != int(now.timestamp() // length.total_seconds())


def grade_of(fit: int, engagement: int, bands: Mapping[str, Sequence[tuple[str, int]]]) -> str:
    """The cell of the grid, like "A1"; empty where no band reaches. bands: (label, least) by axis, in any order."""
    labels = [_band(value, bands.get(axis, ())) for axis, value in (("fit", fit), ("engagement", engagement))]
    return "".join(labels) if all(labels) else ""


def _band(value: int, bands: Sequence[tuple[str, int]]) -> str:
    reached = [(least, label) for label, least in bands if least <= value]
    return max(reached)[1] if reached else ""


def say_factor(name: str, n: int, *, counted: bool, language: str) -> str:
    """Say a factor without its points: `Prices viewed 4 times`; a condition by its name alone."""
    return f"{name} {say_times(n, language)}" if counted else name


def say_points(points: Decimal | float, language: str) -> str:
    """Say points with their sign: `+12.5`, `−4`; German with a comma."""
    text = f"{abs(Decimal(str(points))).quantize(CENT).normalize():f}"
    sign = "−" if Decimal(str(points)) < 0 else "+"
    return sign + (text.replace(".", ",") if language == "de" else text)


def _round(value: Decimal, to: Decimal) -> Decimal:
    """Round half away from zero, as the database does."""
    return value.quantize(to, rounding=ROUND_HALF_UP)


def bins(values: Mapping[int, int]) -> list[int]:
    """Count people by tens of the value: 0 to 9, 10 to 19 ... 90 to 100. values: people by value."""
    counts = [0] * 10
    for value, people in values.items():
        counts[min(value // 10, 9)] += people
    return counts


def grade_span(label: str, bands: Sequence[tuple[str, int]]) -> tuple[int, int]:
    """The values of a band, both ends included. Raises KeyError for a label that is not there."""
    least = dict(bands)[label]
    above = [other for _, other in bands if other > least]
    return least, min(above, default=MOST + 1) - 1


def circle(slug: str, names: Mapping[tuple[str, str], Iterable[tuple[str, str]]]) -> list[tuple[str, str]]:
    """The way on which a score names itself, from it to it; empty when there is none.

    names: what each definition names, (kind, short name) -> (kind, short name).
    """
    start = ("score", slug)
    came_from: dict[tuple[str, str], tuple[str, str]] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop(0)
        for there in names.get(here, ()):
            if there == start:
                way = [start, here]
                while here != start:
                    here = came_from[here]
                    way.append(here)
                return way[::-1]
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    return []
