"""Closes runs for which a goal, an exit, a withdrawal, a closed account, the age or a colleague speaks."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Cast

from consent.records.models import State
from contacts.accounts.operations import NEWS as ACCOUNT
from contacts.conditions.event_leaf import allowed
from contacts.conditions.event_rows import events_of_one, measure_of, people_only
from contacts.conditions.expressions import All, Boolean, Compare
from contacts.conditions.language import RUN, compile_condition, depends_on
from contacts.conditions.parts import compile_count
from contacts.conditions.registry import Context
from contacts.conditions.rules import Dependencies, parse_duration
from contacts.conditions.values import Json, JsonText
from contacts.events.models import Event
from contacts.segments.models import SegmentChange, SegmentMember
from journeys.definitions.models import Version
from journeys.definitions.rules import PURPOSE
from journeys.enrollments.models import Enrollment, Touch
from journeys.enrollments.queries import JOURNEYS, listened_journeys
from orchestrator.kernel import doorbell, known, planned, sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import EVERYBODY, Scope, among

STOPPED = "stopped"
REACTIONS = {"open": "opened", "click": "clicked"}
CHANNELS = ("email", "sms", "push")
BEGINS = "window_begins"  # annotation of a run: when the window of its goal begins
FEW = 1_000  # people of a pulse who are looked at for what time has ended, whatever their news
LOCKED = " FOR UPDATE OF journeys_enrollment"


@sql.joined
def leave_journeys(*, now: datetime, scope: Scope) -> dict[str, int]:
    """Close every open run for which a goal, an exit condition, a withdrawal or its age speaks; returns counts by reason.

    Looked at the moment the fact arrives, also in the middle of a wait, before anything else is sent.
    """
    left: Counter[str] = Counter()
    concerned = [version for version in _versions_in_use(scope, now) if _concerns(version.definition, scope)]
    listened = listened_journeys() if concerned else frozenset()
    for version in concerned:
        left.update(leave_version(version=version, now=now, scope=scope, listened=listened))
    return dict(left)


def leave_version(*, version: Version, now: datetime, scope: Scope, listened: frozenset[str]) -> dict[str, int]:
    """Close the runs of one version that are over, of everybody in the scope; returns counts by reason.

    listened: of listened_journeys().
    """
    part = prepared(("leave", version.pk), now=now, scope=scope, build=partial(_leaving, version))
    return dict(close(part, told=told_by(version.definition["slug"], listened), now=now, scope=scope))


def timed_versions(journeys: tuple[int, ...] | None, now: datetime) -> list[Version]:
    """Versions with open runs in which time alone may end a run or let somebody go."""
    found = _versions_in_use(Scope(journeys=journeys), now)
    return [version for version in found if _is_timed(version.definition) or _waits_for_time(version)]


def _is_timed(definition: dict[str, Any]) -> bool:
    """Whether time alone may end a run."""
    return "max_age" in definition or _leaving_depends(definition).timed


def _waits_for_time(version: Version) -> bool:
    return any(depends_on(step.get("until")).timed for step in version.definition["steps"])


@sql.joined
def leave_before_moving(*, now: datetime, scope: Scope) -> dict[str, int]:
    """Close the runs that are due and over: what time alone ended is looked at before somebody moves on or is sent to."""
    due = _open_runs(scope).filter(due_at__lte=now)
    left: Counter[str] = Counter()
    versions = list(Version.objects.filter(Exists(due.filter(version_id=OuterRef("pk")))))
    timed = [version for version in versions if _is_timed(version.definition)]
    listened = listened_journeys() if timed else frozenset()
    for version in timed:
        part = prepared(("leave due", version.pk), now=now, scope=scope, build=partial(_leaving_due, version))
        left.update(dict(close(part, told=told_by(version.definition["slug"], listened), now=now)))
    return dict(left)


def told_by(slug: str, listened: frozenset[str]) -> str:
    """The name of the news of those who enter or leave a journey, empty where nobody listens."""
    return f"journey:{slug}" if slug in listened else ""


def close(part: sql.Part, *, told: str, now: datetime, scope: Scope = EVERYBODY) -> list[tuple[Any, ...]]:
    """End the runs of a compiled queryset: id, step, seq, contact, journey, reason. Returns counts by reason."""
    text, params = sql.fill(
        sql.statement("journeys/enrollments/sql/leave.sql"), leaving=part, told=sql.value(told), now=sql.value(now)
    )
    closed = planned.rows(text, params, scope=scope)
    if closed and told:
        doorbell.ring()
    return closed


class IsMeant(Boolean):
    """Whether a run is one of some people's, and where a key is named beside a person, the one with that key."""

    template = "(EXISTS (SELECT 1 FROM %(expressions)s AND coalesce(meant.key = journeys_enrollment.key, true)))"
    arg_joiner = ", "

    def __init__(self, runs: Sequence[tuple[int, str | None]]) -> None:
        ids = Value([contact for contact, _ in runs], output_field=ArrayField(BigIntegerField()))
        keys = Value([key for _, key in runs], output_field=ArrayField(TextField()))
        given = Func(
            ids, keys, template="unnest(%(expressions)s::text[]) AS meant (id, key)", arg_joiner="::bigint[], "
        )
        super().__init__(given, F("contact_id"), arg_joiner=" WHERE meant.id = ")


@sql.joined
def stop_runs(*, journey_id: int, slug: str, runs: Sequence[tuple[int, str | None]], now: datetime) -> int:
    """End open runs through a journey: of each person that with a key, or all of them (None); returns how many ended."""
    found = Enrollment.objects.filter(IsMeant(runs), journey_id=journey_id, left_at=None)
    rows = found.order_by().annotate(why=Value(STOPPED, output_field=CharField()))
    part = sql.compiled(rows.values_list("pk", "step_id", "seq", "contact_id", "journey_id", "why"))
    told = told_by(slug, listened_journeys())
    # a tick may move them in this moment: the locked row says where they are
    return sum(n for _, n in close(sql.Part(part.text + LOCKED, part.params), told=told, now=now))


def _versions_in_use(scope: Scope, now: datetime) -> list[Version]:
    """Versions with open runs; of paused journeys too, since leaving is never held back."""
    runs = _open_runs(scope)
    if scope.contacts is None:  # one look into an index a version, instead of at every run
        return list(Version.objects.filter(Exists(runs.filter(version_id=OuterRef("pk")))))
    part = prepared(("versions", scope.journeys), now=now, scope=scope, build=partial(_versions_of, scope.journeys))
    found = frozenset(version_id for (version_id,) in planned.rows(part.text, part.params, scope=scope))
    if not found:
        return []
    return known.kept(("versions", found), JOURNEYS, lambda: list(Version.objects.filter(pk__in=found)))


def _versions_of(journeys: tuple[int, ...] | None, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    runs = _open_runs(Scope(contacts=tuple(ids or ()), journeys=journeys))
    return runs.order_by().values_list("version_id").distinct()


def _open_runs(scope: Scope) -> QuerySet[Any]:
    runs = among(Enrollment.objects.filter(left_at=None), "contact_id", scope.ids())
    return runs if scope.journeys is None else runs.filter(journey_id__in=scope.journeys)


def _concerns(definition: dict[str, Any], scope: Scope) -> bool:
    depends, timed = _leaving_depends(definition), _is_timed(definition)
    # of the few people of a pulse whoever is over time leaves now, before anything else is done with them
    few = scope.contacts is not None and len(scope.contacts) <= FEW and timed
    return few or scope.concerns(depends.news(), timed=timed)


def _leaving_depends(definition: dict[str, Any]) -> Dependencies:
    depends = Dependencies(others={"consent", ACCOUNT})
    depends.merge(depends_on((definition.get("goal") or {}).get("when")))
    for part in definition.get("exit") or []:
        if "segment_left" in part:
            depends.others.add(f"segment:{part['segment_left']}")
        else:
            depends.merge(depends_on(exit_condition(part)))
    return depends


def exit_condition(part: dict[str, Any]) -> dict[str, Any]:
    """An exit as a condition: an event counts from the entry on."""
    if "event" in part:
        return {"event": part["event"], "where": part.get("where") or [], "since": "entry"}
    return {"stage": part["stage"]} if "stage" in part else dict(part["when"])


def _leaving(version: Version, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    runs = among(Enrollment.objects.filter(version=version, left_at=None), "contact_id", ids)
    return _runs_leaving(runs, version.definition, now)


def _leaving_due(version: Version, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    """Runs that are due and that time has ended: what news would have ended was looked at with the news."""
    definition = {**version.definition, "exit": [], "goal": None}
    goal = version.definition.get("goal")
    if goal and depends_on(goal["when"]).timed:
        definition["goal"] = goal
    timed = [part for part in version.definition.get("exit") or [] if _is_timed_exit(part)]
    runs = Enrollment.objects.filter(version=version, left_at=None, due_at__lte=now)
    return _runs_leaving(among(runs, "contact_id", ids), definition | {"exit": timed}, now)


def _is_timed_exit(part: dict[str, Any]) -> bool:
    return "segment_left" not in part and depends_on(exit_condition(part)).timed


def _runs_leaving(runs: QuerySet[Any], definition: dict[str, Any], now: datetime) -> QuerySet[Any]:
    goal = definition.get("goal") or {}
    if "from" in goal:
        runs = runs.annotate(**{BEGINS: _window_begins(goal["from"])})
    runs = runs.annotate(why=_reason(definition, now)).filter(why__isnull=False).order_by()
    return runs.values_list("pk", "step_id", "seq", "contact_id", "journey_id", "why")


def _reason(definition: dict[str, Any], now: datetime) -> Expression:
    """Why a run is over, the first reason that holds: the goal, the exits in their order, then what the law and time say."""
    whens = []
    if goal := definition.get("goal"):
        whens.append(When(_goal(goal, now), then=Value("goal")))
    for part in definition.get("exit") or []:
        whens.append(_exit(part, now))
    withdrawn = State.objects.filter(
        contact_id=OuterRef("contact_id"),
        purpose__slug=definition.get("purpose", PURPOSE),
        record__decision="withdrawn",
        since__gte=OuterRef("entered_at"),
    )
    whens.append(When(Exists(withdrawn), then=Value("consent_withdrawn")))
    whens.append(When(contact__account__closed_at__gte=F("entered_at"), then=Value("account_closed")))
    if "max_age" in definition:
        whens.append(When(entered_at__lte=now - parse_duration(definition["max_age"]), then=Value("max_age")))
    return Case(*whens, default=None, output_field=CharField())


def _exit(part: dict[str, Any], now: datetime) -> When:
    if "segment_left" in part:
        about = {"segment__slug": part["segment_left"], "contact_id": OuterRef("contact_id")}
        gone = SegmentChange.objects.filter(entered=False, at__gte=OuterRef("entered_at"), **about)
        return When(Exists(gone) & ~Exists(SegmentMember.objects.filter(**about)), then=Value("segment_left"))
    reason = "exit_event" if "event" in part else "stage" if "stage" in part else "exit_condition"
    return When(compile_condition(exit_condition(part), now=now, subject=RUN), then=Value(reason))


def _goal(goal: dict[str, Any], now: datetime) -> Expression | Exists:
    """Whether the goal is reached; with a window only what happens in it counts."""
    if "within" not in goal:
        return compile_condition(goal["when"], now=now, subject=RUN)
    when, within, begins = goal["when"], parse_duration(goal["within"]), BEGINS if "from" in goal else "entered_at"
    if "event" in when and measure_of(when)[0] == "count":
        # in the time of the events: one that comes in late counts where it belongs
        context = Context(now, RUN)
        counted = events_of_one(when, context).annotate(began=OuterRef(begins))
        counted = counted.filter(occurred_at__gt=F("began"), occurred_at__lte=F("began") + within)
        return All(allowed(when["event"], context), compile_count(counted, measure_of(when)[1]))
    return All(compile_condition(when, now=now, subject=RUN), Compare(F(begins), ">=", Value(now - within)))


def _window_begins(anchor: str) -> Expression:
    """When the window of a goal begins for a run: with its entry, or with the newest message sent, opened or clicked."""
    if anchor == "entry":
        return F("entered_at")
    touches = Touch.objects.filter(enrollment=OuterRef("pk"), sent_at__isnull=False)
    if anchor == "send":
        return Subquery(touches.order_by("-sent_at").values("sent_at")[:1])
    reaction = REACTIONS[anchor]
    own = Touch.objects.filter(enrollment=OuterRef(OuterRef("pk"))).annotate(text=Cast("pk", TextField()))
    told = Event.objects.filter(
        contact_id=OuterRef("contact_id"),
        name__in=[f"{channel}_{reaction}" for channel in CHANNELS],
        occurred_at__gt=OuterRef("entered_at"),
    ).annotate(touch=JsonText(Json("properties", "touch")))
    told = people_only(told.filter(touch__in=own.values("text")), f"{CHANNELS[0]}_{reaction}")
    return Subquery(told.order_by("-occurred_at").values("occurred_at")[:1])
