"""Lets people wait at a step until a moment of their own: set-based, in a fixed number of statements."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Expression, F, Min, Q, QuerySet

from contacts.profiles.queries import zones_in_use
from journeys.steps.local_time import Release
from orchestrator.kernel import sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

if TYPE_CHECKING:
    from journeys.definitions.models import Step

LOOK_BACK = timedelta(days=40)  # who arrived longer ago (the journey was paused) counts as arrived then


def hold_local(
    step: "Step",
    releases: Callable[[datetime, datetime, str], list[Release]],
    spread: timedelta,
    now: datetime,
    scope: Scope,
) -> None:
    """Tell those who have just arrived when they go on in their time zone.

    releases: for the first and the last arrival and a zone. Whoever arrives while a window is open goes on at once.
    """
    fresh = _fresh(step, now, scope.ids())
    first = fresh.aggregate(first=Min("arrived_at"))["first"]
    if first is None:
        return
    rows = _rows(releases, max(first, now - LOOK_BACK), now)
    text, params = sql.fill(
        sql.statement("journeys/steps/sql/hold_local.sql"),
        fresh=sql.compiled(fresh.values_list("pk", "contact_id", "arrived_at", "contact__time_zone")),
        zones=sql.value([row[0] for row in rows]),
        sinces=sql.value([row[1] for row in rows]),
        untils=sql.value([row[2] for row in rows]),
        releases=sql.value([row[3] for row in rows]),
        spread=sql.value(spread),
        salt=sql.value(step.key),
        now=sql.value(now),
    )
    sql.count(text, params)


def _fresh(step: "Step", now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    """Who has just arrived: whoever was told a later time once is due after the arrival."""
    from journeys.enrollments.models import Enrollment

    runs = Enrollment.objects.filter(step=step, left_at=None, due_at__lte=now)
    runs = runs.filter(due_at__lte=F("arrived_at"))
    return among(runs, "contact_id", ids).order_by()


def _rows(
    releases: Callable[[datetime, datetime, str], list[Release]], first: datetime, last: datetime
) -> list[tuple[str, datetime, datetime, datetime]]:
    """The releases of every zone: zone, from which arrival on, to which, when."""
    rows = []
    for zone in zones_in_use():
        since = datetime.min.replace(year=1900, tzinfo=first.tzinfo)
        for until, at in releases(first, last, zone):
            rows.append((zone, since, until, at))
            since = until
    return rows


def hold_until(
    step: "Step",
    moment: Callable[[datetime], Expression],
    key: str,
    now: datetime,
    scope: Scope,
    *,
    due: bool,
    over: bool = False,
) -> None:
    """Let people go on at a moment of their own; unknown: at once.

    moment: over enrollments, for a time that stands for now. due: of those who are due whoever has a later moment; else
    everybody in the scope whose moment is not the one that was written. over: also a moment that is over by now is
    written, since moves count from it. key: what the moment depends on.
    """
    build = partial(_wanted, step, moment, due, over)
    text, params = sql.fill(
        sql.statement("journeys/steps/sql/hold.sql"),
        wanted=prepared(("hold", step.pk, key, due), now=now, scope=scope, build=build),
        now=sql.value(now),
        over=sql.value(over),
    )
    sql.count(text, params)


def _wanted(
    step: "Step", moment: Callable[[datetime], Expression], due: bool, over: bool, now: datetime, ids: list[int] | None
) -> QuerySet[Any]:
    from journeys.enrollments.models import Enrollment

    runs = among(Enrollment.objects.filter(step=step, left_at=None), "contact_id", ids).annotate(wanted=moment(now))
    later = Q(wanted__gt=F("due_at")) if over else Q(wanted__gt=now)
    chosen = Q(due_at__lte=now) & later if due else Q(due_at__gt=now)
    return runs.filter(chosen).order_by().values_list("pk", "wanted")
