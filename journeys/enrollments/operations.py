"""Moves people through journeys, set-based: leave, enter, advance."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Expression

from consent.records.models import State
from contacts.conditions.expressions import IsTrue
from contacts.conditions.language import RUN, compile_condition, depends_on
from contacts.conditions.rules import Dependencies, parse_duration
from journeys.definitions.models import Journey, Step, Version
from journeys.definitions.rules import PURPOSE
from journeys.enrollments.arrivals import first_arrival, ways
from journeys.enrollments.models import Enrollment
from journeys.enrollments.triggers import matched_by_entry, triggered_by, waiting_journeys
from journeys.steps.registry import Moved, kind_of
from orchestrator.kernel import sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

LATE = "24:00:00"  # a trigger whose event is older than this is refused: it arrived too late to act on it
LOCKED = " FOR UPDATE OF journeys_enrollment SKIP LOCKED"


@sql.joined
def leave_journeys(*, now: datetime, scope: Scope) -> dict[str, int]:
    """Close every open run for which a goal, an exit condition, a withdrawal or its age speaks; returns counts by reason.

    Looked at the moment the fact arrives, also in the middle of a wait, before anything else is sent.
    """
    left: dict[str, int] = {}
    for version in _versions_in_use(scope):
        definition = version.definition
        depends = _leaving_depends(definition)
        if not scope.concerns(depends.news(), timed=depends.timed):
            continue
        part = prepared(("leave", version.pk), now=now, scope=scope, build=partial(_leaving, version))
        text, params = sql.fill(sql.statement("journeys/enrollments/sql/leave.sql"), leaving=part, now=sql.value(now))
        for why, n in sql.rows(text, params):
            left[why] = left.get(why, 0) + n
    return left


def _versions_in_use(scope: Scope) -> list[Version]:
    """Versions with open runs; of paused journeys too, since leaving is never held back."""
    return list(Version.objects.filter(pk__in=_runs(scope).order_by().values("version_id").distinct()))


def _leaving_depends(definition: dict[str, Any]) -> Dependencies:
    depends = Dependencies(others={"consent"}, timed="max_age" in definition)
    for condition in [definition.get("goal", {}).get("when"), *[part["when"] for part in definition.get("exit", [])]]:
        depends.merge(depends_on(condition))
    return depends


def _leaving(version: Version, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    runs = among(Enrollment.objects.filter(version=version, left_at=None), "contact_id", ids)
    runs = runs.annotate(why=_leaving_reason(version.definition, now)).filter(why__isnull=False).order_by()
    return runs.values_list("pk", "step_id", "seq", "contact_id", "journey_id", "why")


def _leaving_reason(definition: dict[str, Any], now: datetime) -> Expression:
    whens = []
    if goal := definition.get("goal"):
        whens.append(When(compile_condition(goal["when"], now=now, subject=RUN), then=Value("goal")))
    for part in definition.get("exit", []):
        whens.append(When(compile_condition(part["when"], now=now, subject=RUN), then=Value("exit_condition")))
    withdrawn = State.objects.filter(
        contact_id=OuterRef("contact_id"),
        purpose__slug=definition.get("purpose", PURPOSE),
        record__decision="withdrawn",
        since__gte=OuterRef("entered_at"),
    )
    whens.append(When(Exists(withdrawn), then=Value("consent_withdrawn")))
    if "max_age" in definition:
        whens.append(When(entered_at__lte=now - parse_duration(definition["max_age"]), then=Value("max_age")))
    return Case(*whens, default=None, output_field=CharField())


@sql.joined
def enter_journeys(*, now: datetime, scope: Scope) -> dict[str, int]:
    """Take in everybody for whom the trigger of a live journey fired, or write a refusal with its reason.

    Returns counts by reason, "" for those taken in. Triggers are marked as taken in the same transaction: an entry is never forgotten.
    """
    results: dict[str, int] = {}
    for journey in waiting_journeys(scope):
        version = journey.live_version
        if version is None:
            continue
        entry = version.definition["entry"]
        reentry = entry.get("reentry", {"after": "leaving"})
        again = reentry if isinstance(reentry, dict) else {}
        step = version.steps.order_by("position")[0]
        arrival = first_arrival(step, now)
        text, params = sql.fill(
            sql.statement("journeys/enrollments/sql/enter.sql"),
            triggered=triggered_by(entry, scope, now),
            matched=matched_by_entry(entry, scope, now),
            journey=sql.value(journey.pk),
            version=sql.value(version.pk),
            step=sql.value(step.pk),
            due=sql.value(arrival.span),
            zones=sql.value(arrival.zones),
            releases=sql.value(arrival.releases),
            paused=sql.value(journey.state == Journey.State.PAUSED),
            never=sql.value(reentry == "never"),
            after=sql.value(again.get("after", "leaving")),
            delay=sql.value(parse_duration(again["delay"]) if "delay" in again else "00:00"),
            late=sql.value(LATE),
            now=sql.value(now),
        )
        for reason, n in sql.rows(text, params):
            results[reason] = results.get(reason, 0) + n
    _mark_taken(now, scope)
    return {reason: n for reason, n in results.items() if n}


def _mark_taken(now: datetime, scope: Scope) -> None:
    params = {"now": now, "scope": scope.ids()}
    sql.count(sql.statement("journeys/enrollments/sql/take_firings.sql"), params)
    sql.count(sql.statement("journeys/enrollments/sql/take_changes.sql"), params)


@sql.joined
def advance_enrollments(*, now: datetime, scope: Scope, batch: int, early: bool = True) -> int:
    """Move everybody who is due one step further, at most `batch` people a step; returns how many moved.

    Call it until it returns 0: people whose next step has no wait are due again at once.
    early: let people go from "wait until" whose condition holds now (the first round of a tick).
    """
    moved = 0
    if early:
        for step in _steps(_waiting(scope)):
            depends = kind_of(step.kind).listens(step.settings)
            if scope.concerns(depends.news(), timed=depends.timed):
                moved += _move(step, now, scope, batch, waiting=True)
    for step in _steps(_runs(scope).filter(due_at__lte=now)):
        moved += _move(step, now, scope, batch)
    return moved


def _runs(scope: Scope) -> QuerySet:
    runs = among(Enrollment.objects.filter(left_at=None), "contact_id", scope.ids())
    return runs if scope.journeys is None else runs.filter(journey_id__in=scope.journeys)


def _waiting(scope: Scope) -> QuerySet:
    """Runs at "wait until": people who may go before their time."""
    if scope.ids() is not None:
        return _runs(scope)  # the few runs of a few people; their steps are looked at below
    untils = Step.objects.filter(kind="wait", settings__has_key="until")
    return _runs(scope).filter(step_id__in=list(untils.values_list("pk", flat=True)))


def _steps(runs: QuerySet) -> list[Step]:
    """The steps at which these runs stand, in their order; those of paused journeys stand still."""
    return list(
        Step.objects.filter(pk__in=runs.order_by().values("step_id").distinct())
        .exclude(version__journey__state=Journey.State.PAUSED)
        .select_related("version__journey")
        .order_by("version_id", "position")
    )


def _move(step: Step, now: datetime, scope: Scope, batch: int, *, waiting: bool = False) -> int:
    """Move people at one step: those who are due, or (waiting) those whose condition holds before their time."""
    kind = kind_of(step.kind)
    if waiting and "until" not in step.settings:
        return 0
    key = ("move", step.pk, batch, waiting)
    due = prepared(key, now=now, scope=scope, build=partial(_due, step, batch, waiting))
    due = sql.Part(due.text + LOCKED, due.params)
    if kind.ends:
        return _end(step, due, now)
    text, params = sql.fill(
        sql.statement("journeys/enrollments/sql/advance.sql"),
        due=due,
        step=sql.value(step.pk),
        journey=sql.value(step.version.journey_id),
        now=sql.value(now),
        effect=kind.effect(step, now) or sql.Part("", ()),
        **ways(step, now),
    )
    moved = [Moved(*row) for row in sql.rows(text, params)]
    if moved:
        kind.afterwards(step, moved, now)
    return len(moved)


def _due(step: Step, batch: int, waiting: bool, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    """Who moves from a step: id, contact, seq, and (not at an end) when due, which way out, which arm."""
    runs = among(Enrollment.objects.filter(step=step, left_at=None), "contact_id", ids)
    kind = kind_of(step.kind)
    if kind.ends:
        return runs.filter(due_at__lte=now).order_by("due_at")[:batch].values_list("pk", "contact_id", "seq")
    route = kind.route(step, now)
    exit: Expression = Value(route.early_exit, output_field=CharField())
    if not waiting:
        # who is due in a "wait until" goes the early way if it happened in the last moment
        held = [When(IsTrue(route.early), then=Value(route.early_exit))] if route.early is not None else []
        exit = Case(*held, default=route.exit, output_field=CharField()) if held else route.exit
    arm = route.arm if route.arm is not None else Value(None, output_field=CharField())
    runs = runs.filter(route.early if waiting else Q(due_at__lte=now))
    rows = runs.annotate(way=exit, new_arm=arm).order_by("due_at")[:batch]
    return rows.values_list("pk", "contact_id", "seq", "due_at", "way", "new_arm")


def _end(step: Step, due: sql.Part, now: datetime) -> int:
    text, params = sql.fill(
        sql.statement("journeys/enrollments/sql/end.sql"),
        due=due,
        step=sql.value(step.pk),
        journey=sql.value(step.version.journey_id),
        outcome=sql.value(step.settings.get("outcome", "")),
        now=sql.value(now),
    )
    return len(sql.rows(text, params))
