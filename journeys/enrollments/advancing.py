"""Moves people on, set-based: those who are due, and those whom news lets go before their time."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from contacts.conditions.expressions import IsTrue
from contacts.profiles.queries import restricted
from journeys.definitions.models import Journey, Step
from journeys.enrollments.arrivals import ways
from journeys.enrollments.leaving import told_by
from journeys.enrollments.models import Enrollment
from journeys.enrollments.queries import JOURNEYS, listened_journeys
from journeys.steps.registry import Moved, kind_names, kind_of
from orchestrator.kernel import doorbell, known, planned, sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

LOCKED = " FOR UPDATE OF journeys_enrollment SKIP LOCKED"


@sql.joined
def advance_enrollments(*, now: datetime, scope: Scope, batch: int, early: bool = True) -> int:
    """Move everybody who is due one step further, at most `batch` people a step; returns how many moved, or were told to wait.

    Call it until it returns 0: people whose next step has no wait are due again at once.
    early: let people go whom news lets go before their time, like from "wait until" (the first round of a tick).
    """
    moved = 0
    if early:
        for step in _steps(scope, now, waiting=True):
            kind = kind_of(step.kind)
            depends = kind.listens(step.settings)
            if set(kind.listening) & set(step.settings) and scope.concerns(depends.news(), timed=depends.timed):
                moved += go_early(step=step, now=now, scope=scope, batch=batch)
    for step in _steps(scope, now):
        moved += kind_of(step.kind).beforehand(step, now, scope, batch) or 0
        moved += _move(step, now, scope, batch)
    return moved


def go_early(*, step: Step, now: datetime, scope: Scope, batch: int) -> int:
    """Let people of one step go before their time; returns how many moved."""
    kind = kind_of(step.kind)
    kind.reconsider(step, now, scope)
    return _let_go(step, now, scope, batch) if kind.goes_early(step.settings) else 0


def _steps(scope: Scope, now: datetime, *, waiting: bool = False) -> list[Step]:
    """The steps at which somebody is due, or (waiting) may be let go by news; those of paused journeys stand still."""
    steps = Step.objects.exclude(version__journey__state=Journey.State.PAUSED)
    steps = steps.select_related("version__journey").order_by("version_id", "position")
    if scope.journeys is not None:
        steps = steps.filter(version__journey_id__in=scope.journeys)
    if scope.contacts is None:  # a look into an index a step, instead of at every run
        steps = steps.filter(Exists(_runs(waiting, now, None).filter(step_id=OuterRef("pk"))))
        return list(steps.filter(_listening()) if waiting else steps)
    part = prepared(("steps", waiting), now=now, scope=scope, build=partial(_steps_of, waiting))
    found = frozenset(step_id for (step_id,) in planned.rows(part.text, part.params, scope=scope))
    if not found:
        return []
    return known.kept(("steps", found, scope.journeys), JOURNEYS, lambda: list(steps.filter(pk__in=found)))


def _runs(waiting: bool, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    runs = among(Enrollment.objects.filter(left_at=None), "contact_id", ids).order_by()
    return runs if waiting else runs.filter(due_at__lte=now).exclude(contact_id__in=restricted())


def _steps_of(waiting: bool, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    return _runs(waiting, now, ids).values_list("step_id").distinct()


def _listening() -> Q:
    """Steps that look at news, like "wait until"."""
    found = Q(pk=None)
    for name in kind_names():
        found |= Q(kind=name, settings__has_any_keys=list(kind_of(name).listening))
    return found


def _let_go(step: Step, now: datetime, scope: Scope, batch: int) -> int:
    """Move those whom news lets go, all of them: nobody looks at this news again."""
    moved = n = _move(step, now, scope, batch, waiting=True)
    while n == batch:
        n = _move(step, now, scope, batch, waiting=True)
        moved += n
    return moved


def _move(step: Step, now: datetime, scope: Scope, batch: int, *, waiting: bool = False) -> int:
    """Move people at one step: those who are due, or (waiting) those whom news lets go before their time."""
    kind = kind_of(step.kind)
    key = ("move", step.pk, batch, waiting)
    due = prepared(key, now=now, scope=scope, build=partial(_due, step, batch, waiting))
    due = sql.Part(due.text + LOCKED, due.params)
    if kind.leaves(step.settings):
        return _end(step, due, now, scope)
    text, params = sql.fill(
        sql.statement("journeys/enrollments/sql/advance.sql"),
        due=due,
        step=sql.value(step.pk),
        journey=sql.value(step.version.journey_id),
        now=sql.value(now),
        effect=kind.effect(step, now) or sql.Part("", ()),
        **ways(step),
    )
    return _after(step, text, params, now, scope)


def _due(step: Step, batch: int, waiting: bool, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    """Who moves from a step: id, contact, seq, and (where nobody leaves) when due, which way out, which arm."""
    # whose data is restricted stands still until that is lifted
    runs = among(Enrollment.objects.filter(step=step, left_at=None), "contact_id", ids).exclude(
        contact_id__in=restricted()
    )
    kind = kind_of(step.kind)
    if kind.leaves(step.settings):
        return runs.filter(due_at__lte=now).order_by("due_at")[:batch].values_list("pk", "contact_id", "seq")
    route = kind.route(step, now)
    exit = route.exit
    if waiting and route.early_exit is not None:
        exit = Value(route.early_exit, output_field=CharField())
    elif route.early is not None and route.early_exit is not None:
        # who is due in a "wait until" goes the early way if it happened in the last moment
        held = When(IsTrue(route.early), then=Value(route.early_exit))
        exit = Case(held, default=route.exit, output_field=CharField())
    arm = route.arm if route.arm is not None else Value(None, output_field=CharField())
    runs = runs.filter(route.early if waiting else Q(due_at__lte=now))
    if route.ready is not None:
        runs = runs.filter(route.ready)
    rows = runs.annotate(way=exit, new_arm=arm).order_by("due_at")[:batch]
    return rows.values_list("pk", "contact_id", "seq", "due_at", "way", "new_arm")


def _end(step: Step, due: sql.Part, now: datetime, scope: Scope) -> int:
    """Let people leave, and tell the journeys that listen to this one."""
    told = told_by(step.version.journey.slug, listened_journeys())
    text, params = sql.fill(
        sql.statement("journeys/enrollments/sql/end.sql"),
        due=due,
        step=sql.value(step.pk),
        journey=sql.value(step.version.journey_id),
        outcome=sql.value(step.settings.get("outcome", "")),
        told=sql.value(told),
        now=sql.value(now),
    )
    ended = _after(step, text, params, now, scope)
    if ended and told:
        doorbell.ring()
    return ended


def _after(step: Step, text: str, params: tuple[Any, ...], now: datetime, scope: Scope) -> int:
    """Run the moving statement, and what the kind does with those who moved."""
    moved = [Moved(*row) for row in planned.rows(text, params, scope=scope)]
    if moved:
        kind_of(step.kind).afterwards(step, moved, now)
    return len(moved)
