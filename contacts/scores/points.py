"""The rules of a score as one part of a statement: contact, rule, points and how often, a row for each that gives something."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Count, DateField, DateTimeField, F, Func, QuerySet, Value

from contacts.conditions.event_rows import events_meant
from contacts.conditions.language import CONTACT, compile_condition, depends_on
from contacts.conditions.registry import Context, Subject, behaviour_guard
from contacts.conditions.rules import Dependencies
from contacts.events.models import EventType
from contacts.profiles.queries import usable
from contacts.scores.models import Score, ScoreRule
from contacts.scores.rules import horizon_days
from orchestrator.kernel import sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

AWARDED = 0  # stands for a rule where points came from journeys
EVENT = Subject(reference="contact_id", prefix="contact__")


def part_of(
    score: Score, rules: Sequence[ScoreRule], *, known: Collection[str], now: datetime, scope: Scope
) -> sql.Part:
    """Compile what all rules give for the people of a scope, and what journeys gave them beside.

    known: events that are no behaviour, so that they count without profiling consent.
    """
    parts = [
        _counted(score, rule, rule.event["event"] in known, now, scope) if rule.event else _held(rule, now, scope)
        for rule in rules
    ]
    parts += [_awarded(score, now, scope)] if score.pk else []
    if not parts:
        return nothing()
    text = "\nUNION ALL\n".join(part.text for part in parts)
    return sql.Part(text, tuple(value for part in parts for value in part.params))


def nothing() -> sql.Part:
    """No points: a draft without rules."""
    return sql.Part("SELECT NULL::bigint, NULL::bigint, NULL::numeric, NULL::bigint WHERE false", ())


def events_without_guard() -> set[str]:
    """Events of kinds that need no profiling consent."""
    return set(EventType.objects.exclude(kind=EventType.Kind.BEHAVIOUR).values_list("slug", flat=True))


def reads(rule: ScoreRule) -> Dependencies:
    """What a rule depends on."""
    return depends_on(rule.event or rule.condition)


def depends_of(score: Score) -> Dependencies:
    """What all rules of a score read, and the points that journeys give."""
    found = Dependencies(others={f"award:{score.slug}"})
    for rule in score.rules.all():
        found.merge(reads(rule))
    return found


def _held(rule: ScoreRule, now: datetime, scope: Scope) -> sql.Part:
    """Points once for everybody for whom the condition is true; unknown gives nothing."""

    def build(at: datetime, ids: list[int] | None) -> QuerySet[Any]:
        people = usable().filter(compile_condition(rule.condition or {}, now=at, wide=ids is None))
        found: QuerySet[Any] = among(people, "pk", ids).order_by().values("pk")
        return found

    held = prepared(("score", json.dumps(rule.condition)), now=now, scope=scope, build=build)
    text = f"SELECT held.id, %s::bigint, %s::numeric, 1::bigint FROM ({held.text}) held (id)"
    return sql.Part(text, (rule.pk, rule.points, *held.params))


def _counted(score: Score, rule: ScoreRule, free: bool, now: datetime, scope: Scope) -> sql.Part:
    """Points for the events of each day."""
    span = horizon_days(score.decay, score.decay_days)
    key = ("score events", json.dumps(rule.event), span)
    text, params = sql.fill(
        sql.statement("contacts/scores/sql/count_events.sql"),
        rule=sql.value(rule.pk),
        points=sql.value(rule.points),
        most=sql.value(rule.most_a_day),
        decay=sql.value(score.decay),
        span=sql.value(score.decay_days),
        horizon=sql.value(span),
        now=sql.value(now),
        days=prepared(key, now=now, scope=scope, build=partial(_days, rule.event or {}, span)),
        allowed=prepared(("score people", free), now=now, scope=scope, build=partial(_allowed, free)),
    )
    return sql.Part(text, params)


def _awarded(score: Score, now: datetime, scope: Scope) -> sql.Part:
    """What journeys gave; the rule is AWARDED."""
    text, params = sql.fill(
        sql.statement("contacts/scores/sql/awarded.sql"),
        score=sql.value(score.pk),
        decay=sql.value(score.decay),
        span=sql.value(score.decay_days),
        horizon=sql.value(horizon_days(score.decay, score.decay_days)),
        scope=sql.value(scope.ids()),
        now=sql.value(now),
    )
    return sql.Part(text, params)


def _allowed(free: bool, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    """Whose events may be looked at: asked once a person, after counting, not once an event."""
    people = usable() if free else usable().filter(behaviour_guard(CONTACT))
    allowed: QuerySet[Any] = among(people, "pk", ids).order_by().values("pk")
    return allowed


def _days(node: dict[str, Any], span: int, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    """How often the event happened to each person on each UTC day, in the days that count."""
    found = among(events_meant(node, Context(now, EVENT)), "contact_id", ids).filter(
        occurred_at__gte=_first_day(now, span)
    )
    day = Func(F("occurred_at"), template="((%(expressions)s AT TIME ZONE 'UTC')::date)", output_field=DateField())
    days: QuerySet[Any] = found.order_by().annotate(day=day).values("contact_id", "day").annotate(n=Count("*"))
    return days


def _first_day(now: datetime, span: int) -> Func:
    """The midnight (UTC) from which events count, made of `now` by the database (see kernel.prepared)."""
    return Func(
        Value(now, output_field=DateTimeField()),
        Value(span - 1),
        template="((date_trunc('day', %(expressions)s)) AT TIME ZONE 'UTC')",
        arg_joiner=" AT TIME ZONE 'UTC') - make_interval(days => ",
        output_field=DateTimeField(),
    )
