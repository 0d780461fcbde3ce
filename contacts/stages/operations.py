"""Moves people between lifecycle stages by the stages' rules, and by hand."""

import json
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import Expression

from contacts.conditions.expressions import All, Compare, IsTrue, Not
from contacts.conditions.language import compile_condition, depends_on
from contacts.conditions.rules import Dependencies
from contacts.events.models import News
from contacts.profiles.models import Contact
from contacts.profiles.queries import usable
from contacts.segments.editing import delete_definition
from contacts.stages.models import Stage
from orchestrator.kernel import doorbell, known, planned, sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

NEWS = "stage"
TABLES = known.watch("contacts_stage")
BY_RULE = "rule"
BETWEEN = 32_767  # the position of a stage that changes places
AGAIN = "stage again"  # news of somebody whom a second rule claimed in the same moment


@sql.joined
def move_stages(*, now: datetime, scope: Scope) -> set[str]:
    """Put everybody into the first stage, by position, whose rule holds; nobody whom no rule fits is moved.

    Who stands in a stage with a rule for leaving is moved only when that holds too, and who stands in a stage without
    a rule (sales put them there) stays. Nobody is moved who was moved at this very time already: they are judged again
    a moment later. A stage whose rule is new is judged for everybody. Returns {"stage"} when somebody moved.
    """
    every = _stages()
    ruled = [stage for stage in every if stage.condition]
    new = [stage for stage in every if stage.refreshed_at is None]
    depends = Dependencies()
    for stage in ruled:
        depends.merge(depends_on(stage.condition))
        depends.merge(depends_on(stage.leave))
    if not new and not scope.concerns(depends.news() | {AGAIN}, timed=depends.timed):
        return set()
    wide = replace(scope, contacts=None) if new else scope
    moved = _move_by_rule(ruled, now, wide) if ruled else 0
    if new:
        Stage.objects.filter(pk__in=[stage.pk for stage in new]).update(refreshed_at=now)
    return {NEWS} if moved else set()


def _move_by_rule(ruled: list[Stage], now: datetime, scope: Scope) -> int:
    if scope.contacts is None:
        sql.make_room()
    key = ("stages", json.dumps([[stage.pk, stage.condition, stage.leave] for stage in ruled]))
    text, params = sql.fill(
        sql.statement("contacts/stages/sql/move.sql"),
        judged=prepared(key, now=now, scope=scope, build=partial(_judged, ruled)),
        now=sql.value(now),
        by=sql.value(BY_RULE),
        why=sql.value(""),
        once=sql.value(True),
        again=sql.value(AGAIN),
    )
    return planned.count(text, params, scope=scope)


def _stages() -> list[Stage]:
    stages = known.kept("stages", TABLES, lambda: list(Stage.objects.order_by("position")))
    if all(stage.refreshed_at for stage in stages):
        return stages
    return list(Stage.objects.order_by("position"))  # a new one may have been looked at in this very tick


def _judged(stages: list[Stage], now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    """Everybody with the stage that claims them; who may not leave keeps theirs and no other rule is looked at."""
    stay = [
        When(
            All(Compare(F("stage_id"), "=", Value(stage.pk)), Not(IsTrue(_compiled(stage.leave, now, ids)))),
            then=F("stage"),
        )
        for stage in stages
        if stage.leave
    ]
    claims = [When(IsTrue(_compiled(stage.condition, now, ids)), then=Value(stage.pk)) for stage in stages]
    new = Case(*stay, *claims, default=None, output_field=BigIntegerField())
    people = usable().filter(Q(stage=None) | Q(stage__condition__isnull=False)).annotate(new=new)
    return among(people, "pk", ids).order_by().values("pk", "stage_id", "new")


def _compiled(condition: dict[str, Any] | None, now: datetime, ids: list[int] | None) -> Expression:
    return compile_condition(condition or {}, now=now, wide=ids is None)


@sql.joined
def set_stage(*, contact_ids: list[int], slug: str, by: str, now: datetime, why: str = "") -> int:
    """Put people into a stage by an operation of a journey or a person; returns how many moved.

    why: kept with the change. Raises Stage.DoesNotExist.
    """
    stage = Stage.objects.get(slug=slug)
    judged = among(
        Contact.objects.annotate(old=F("stage_id"), new=Value(stage.pk, output_field=BigIntegerField())),
        "pk",
        contact_ids,
    )
    part = sql.compiled(judged.order_by().values("pk", "old", "new"))
    text, params = sql.fill(
        sql.statement("contacts/stages/sql/move.sql"),
        judged=part,
        now=sql.value(now),
        by=sql.value(by),
        why=sql.value(why),
        once=sql.value(False),
        again=sql.value(AGAIN),
    )
    moved = sql.count(text, params)
    if moved:  # journeys may wait for the stage
        News.objects.bulk_create(News(contact_id=pk, name=NEWS, since=now) for pk in contact_ids)
        doorbell.ring()
    return moved


class PeopleInStage(Exception):
    """A stage cannot be deleted while people are in it."""

    def __init__(self, people: int) -> None:
        super().__init__(f"{people} people are in it")
        self.people = people


@transaction.atomic
def delete_stage(*, stage_id: int) -> None:
    """Delete a stage with its history. Raises PeopleInStage, InUse: nothing was deleted."""
    if people := Contact.objects.filter(stage=stage_id).count():
        raise PeopleInStage(people)
    delete_definition(model=Stage, pk=stage_id, kind="stage")


@transaction.atomic
def reorder_stage(*, stage_id: int, up: bool) -> bool:
    """Change places with the stage before or behind; False when there is none. The next tick judges everybody anew."""
    stages = list(Stage.objects.select_for_update().order_by("position"))
    place = next((n for n, stage in enumerate(stages) if stage.pk == stage_id), None)
    other = None if place is None else place - 1 if up else place + 1
    if place is None or other is None or not 0 <= other < len(stages):
        return False
    first, second = stages[place], stages[other]
    positions = first.position, second.position
    Stage.objects.filter(pk=first.pk).update(position=BETWEEN)  # positions are unique, also for a moment
    Stage.objects.filter(pk=second.pk).update(position=positions[0], refreshed_at=None)
    Stage.objects.filter(pk=first.pk).update(position=positions[1], refreshed_at=None)
    return True
