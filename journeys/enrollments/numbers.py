"""Live numbers of the steps of a journey, counted in four statements whatever its size.

For every step: arrived = moved on + left + here.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q

from journeys.enrollments.comparison import Uplift, uplift
from journeys.enrollments.models import Enrollment, Refusal, Touch, Transition
from orchestrator.kernel import sql


@dataclass
class StepNumbers:
    """What happened at one step so far."""

    arrived: int = 0
    here: int = 0
    moved: Counter[str] = field(default_factory=Counter)  # way out -> people
    left: Counter[str] = field(default_factory=Counter)  # reason -> people
    touches: Counter[str] = field(default_factory=Counter)  # state -> touches
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)  # (state, reason) of what was not sent
    clicked: int = 0

    @property
    def moved_on(self) -> int:
        """How many went on to another step."""
        return sum(self.moved.values())

    @property
    def left_here(self) -> int:
        """How many left the journey at this step."""
        return sum(self.left.values())


class Entries(NamedTuple):
    """How many entered a journey: ever, and since some moment."""

    all: int
    recent: int


class Run(NamedTuple):
    """How a journey does: who is in it, who entered since, the share that reached the goal, and against the holdout."""

    here: int = 0
    entered: int = 0
    goals: int = 0
    held_out: int = 0
    held_out_goals: int = 0

    @property
    def rate(self) -> float | None:
        """The share of those entered (the holdout apart) that reached the goal."""
        return self.goals / self.entered if self.entered else None

    @property
    def uplift(self) -> Uplift | None:
        """The difference to the holdout, None without one."""
        return uplift(self.goals, self.entered, self.held_out_goals, self.held_out)


class Measures(NamedTuple):
    """What came of a journey beside its goal: messages, how many of them were clicked, handovers answered and accepted."""

    sent: int = 0
    clicked: int = 0
    handovers: int = 0
    accepted: int = 0


def numbers_by_step(*, journey_id: int) -> dict[int, StepNumbers]:
    """Count arrivals, moves, exits, people and touches of every step of a journey, of all versions."""
    found: dict[int, StepNumbers] = {}
    moves = Transition.objects.filter(journey_id=journey_id).order_by()
    for from_id, to_id, way, reason, n in moves.values_list("from_step_id", "to_step_id", "exit", "reason").annotate(
        n=Count("id")
    ):
        if to_id:
            found.setdefault(to_id, StepNumbers()).arrived += n
        if from_id and to_id:
            found.setdefault(from_id, StepNumbers()).moved[way] += n
        elif from_id:
            found.setdefault(from_id, StepNumbers()).left[reason] += n
    here = Enrollment.objects.filter(journey_id=journey_id, left_at=None).order_by()
    for step_id, n in here.values_list("step_id").annotate(n=Count("id")):
        found.setdefault(step_id, StepNumbers()).here += n
    touches = Touch.objects.filter(journey_id=journey_id).order_by()
    for step_id, state, reason, n in touches.values_list("step_id", "state", "reason").annotate(n=Count("id")):
        numbers = found.setdefault(step_id, StepNumbers())
        numbers.touches[state] += n
        if reason and state != Touch.State.SENT:
            numbers.reasons[state, reason] += n
    for step_id, n in sql.rows(sql.statement("journeys/enrollments/sql/clicks_by_step.sql"), {"journey": journey_id}):
        found.setdefault(step_id, StepNumbers()).clicked = n
    return found


def entries(*, journey_id: int, since: datetime) -> Entries:
    """Count who entered a journey, of all versions: ever, and since."""
    entered = Transition.objects.filter(journey_id=journey_id, from_step=None)
    return Entries(**entered.aggregate(all=Count("id"), recent=Count("id", filter=Q(at__gte=since))))


def median_stays(*, journey_id: int, step_ids: Sequence[int], since: datetime) -> dict[int, timedelta]:
    """Measure how long people stayed at steps before they moved on, the median of those who moved on since."""
    text = sql.statement("journeys/enrollments/sql/stay_by_step.sql")
    found = sql.rows(text, {"journey": journey_id, "steps": list(step_ids), "since": since})
    return {step_id: timedelta(seconds=seconds) for step_id, seconds in found}


def runs(*, since: datetime, journey_id: int | None = None) -> dict[int, Run]:
    """Count the enrollments of each journey: open ones, and those entered since, by holdout and goal."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    recent, held_out, goal = Q(entered_at__gte=since), Q(arm="holdout"), Q(reason="goal")
    enrollments = Enrollment.objects.filter(Q(left_at=None) | recent)
    if journey_id:
        enrollments = enrollments.filter(journey_id=journey_id)
    for row in enrollments.values("journey_id").annotate(
        here=Count("id", filter=Q(left_at=None)),
        entered=Count("id", filter=recent & ~held_out),
        goals=Count("id", filter=recent & ~held_out & goal),
        held_out=Count("id", filter=recent & held_out),
        held_out_goals=Count("id", filter=recent & held_out & goal),
    ):
        found[row["journey_id"]] = {name: row[name] for name in Run._fields}  # type: ignore[literal-required]
    return {journey: Run(**counts) for journey, counts in found.items()}


def measures(*, journeys: Sequence[int], since: datetime) -> dict[int, Measures]:
    """Count what journeys sent since, and what came of it; one statement, none without journeys."""
    if not journeys:
        return {}
    text = sql.statement("journeys/enrollments/sql/measures.sql")
    found = sql.rows(text, {"journeys": list(journeys), "since": since})
    return {journey: Measures(*counts) for journey, *counts in found}


def refusals(*, journey_id: int, since: datetime) -> list[tuple[str, int]]:
    """Count who was not taken in since, by reason, the most frequent first."""
    rows = Refusal.objects.filter(journey_id=journey_id, at__gte=since).values_list("reason").annotate(n=Count("id"))
    return list(rows.order_by("-n", "reason"))


def left_by_reason(*, journey_id: int, since: datetime) -> list[tuple[str, int]]:
    """Count who left since, by reason, the most frequent first."""
    rows = (
        Enrollment.objects.filter(journey_id=journey_id, left_at__gte=since)
        .values_list("reason")
        .annotate(n=Count("id"))
    )
    return list(rows.order_by("-n", "reason"))
