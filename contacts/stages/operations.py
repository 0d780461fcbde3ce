"""Moves people between lifecycle stages by the stages' rules, and by hand."""

import json
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Value, When

from contacts.conditions.expressions import IsTrue
from contacts.conditions.language import compile_condition, depends_on
from contacts.conditions.rules import Dependencies
from contacts.events.models import News
from contacts.profiles.models import Contact
from contacts.stages.models import Stage
from orchestrator.kernel import doorbell, sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

NEWS = "stage"


@sql.joined
def move_stages(*, now: datetime, scope: Scope, stages: list[Stage] | None = None) -> set[str]:
    """Put everybody into the first stage, by position, whose rule holds; nobody whom no rule fits is moved.

    Who stands in a stage without a rule (sales put them there) stays. Returns {"stage"} when somebody moved.
    """
    ruled = [s for s in (Stage.objects.order_by("position") if stages is None else stages) if s.condition]
    depends = Dependencies()
    for stage in ruled:
        depends.merge(depends_on(stage.condition))
    if not ruled or not scope.concerns(depends.news(), timed=depends.timed):
        return set()
    key = ("stages", json.dumps([[stage.pk, stage.condition] for stage in ruled]))
    text, params = sql.fill(
        sql.statement("contacts/stages/sql/move.sql"),
        judged=prepared(key, now=now, scope=scope, build=partial(_judged, ruled)),
        now=sql.value(now),
        by=sql.value("rule"),
    )
    return {"stage"} if sql.count(text, params) else set()


def _judged(stages: list[Stage], now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    whens = [When(IsTrue(compile_condition(stage.condition or {}, now=now)), then=Value(stage.pk)) for stage in stages]
    first = Case(*whens, default=None, output_field=BigIntegerField())
    people = Contact.objects.filter(Q(stage=None) | Q(stage__condition__isnull=False)).annotate(new=first)
    return among(people, "pk", ids).order_by().values("pk", "stage_id", "new")


@sql.joined
def set_stage(*, contact_ids: list[int], slug: str, by: str, now: datetime) -> int:
    """Put people into a stage by an operation of a journey or a person; returns how many moved.

    Raises Stage.DoesNotExist.
    """
    stage = Stage.objects.get(slug=slug)
    judged = among(
        Contact.objects.annotate(old=F("stage_id"), new=Value(stage.pk, output_field=BigIntegerField())),
        "pk",
        contact_ids,
    )
    part = sql.compiled(judged.order_by().values("pk", "old", "new"))
    text, params = sql.fill(
        sql.statement("contacts/stages/sql/move.sql"), judged=part, now=sql.value(now), by=sql.value(by)
    )
    moved = sql.count(text, params)
    if moved:  # journeys may wait for the stage
        News.objects.bulk_create(News(contact_id=pk, name=NEWS, since=now) for pk in contact_ids)
        doorbell.ring()
    return moved
