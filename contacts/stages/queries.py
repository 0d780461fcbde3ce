"""Reads about stages: who is in them, who moved, and one person's history."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count

from contacts.profiles.models import Contact
from contacts.stages.models import Stage, StageChange


class Moves(NamedTuple):
    """How many people came into and went out of each stage, by its id."""

    came: Counter[int]
    went: Counter[int]


def people_in_stages() -> dict[int | None, int]:
    """Count the people of every stage; None: who is in no stage."""
    return dict(Contact.objects.order_by().values_list("stage").annotate(Count("id")))


def moves_since(since: datetime) -> Moves:
    """Count who came and went since an instant, by stage."""
    stages = list(Stage.objects.values_list("pk", flat=True))
    recent = StageChange.objects.filter(to_stage__in=stages, at__gte=since).order_by()
    moves = Moves(Counter(), Counter())
    for left, entered, n in recent.values_list("from_stage", "to_stage").annotate(Count("id")):
        moves.came[entered] += n
        if left is not None:
            moves.went[left] += n
    return moves


def history(contact_id: int, most: int) -> list[StageChange]:
    """Read the moves of a person, the newest first."""
    found = StageChange.objects.filter(contact=contact_id).select_related("from_stage", "to_stage")
    return list(found.order_by("-at", "-id")[:most])


def one_stage(slug: str) -> Stage | None:
    """Read a stage by its short name."""
    return Stage.objects.filter(slug=slug).first()


def in_order() -> list[Stage]:
    """Read the stages in the order of their rules."""
    return list(Stage.objects.order_by("position"))


def next_position() -> int:
    """The position behind the last stage."""
    last = Stage.objects.order_by("position").last()
    return last.position + 1 if last else 1
