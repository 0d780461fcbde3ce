"""Puts the pages of stages together: plain values for their templates."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.conditions.language import say
from contacts.conditions.names import load_names
from contacts.profiles.models import Contact
from contacts.segments.page import used_by
from contacts.stages import queries
from contacts.stages.forms import MoveForm
from contacts.stages.models import Stage, StageChange
from contacts.stages.operations import BY_RULE

DAYS = 7
MOST_MOVES = 10
BY_STEP = "journey step "  # how a step of a journey signs a change of stage


def stage_rows(*, now: datetime) -> list[dict[str, Any]]:
    """List the stages in their order with their rules, goals, people and moves in 7 days."""
    stages, names = queries.in_order(), load_names()
    people, moves, users = queries.people_in_stages(), queries.moves_since(now - timedelta(days=DAYS)), used_by("stage")
    return [
        {
            "slug": stage.slug,
            "name": stage.name,
            "phase": stage.phase,
            "phase_name": stage.phase_name,
            "rule": say(stage.condition, _language(), names) if stage.condition else "",
            "leave": say(stage.leave, _language(), names) if stage.leave else "",
            "goals": stage.goals,
            "people": people.get(stage.pk, 0),
            "came": moves.came[stage.pk],
            "went": moves.went[stage.pk],
            "users": users.get(stage.slug, []),
            "computing": stage.refreshed_at is None,
            "first": place == 0,
            "last": place == len(stages) - 1,
        }
        for place, stage in enumerate(stages)
    ]


def person_card(contact: Contact) -> dict[str, Any]:
    """What the page of a person shows of stages: the moves with who and why, and the form for a move by hand."""
    return {
        "moves": [_move(change) for change in queries.history(contact.pk, MOST_MOVES)],
        "form": MoveForm(initial={"stage": contact.stage.slug if contact.stage else None}),
    }


def _move(change: StageChange) -> dict[str, Any]:
    by = change.by
    if by == BY_RULE:
        by = _("by its rule")
    elif by.startswith(BY_STEP):
        by = _("by a journey, step “%(step)s”") % {"step": by.removeprefix(BY_STEP)}
    return {
        "from": change.from_stage.name if change.from_stage else "",
        "to": change.to_stage.name,
        "at": change.at,
        "by": by,
        "why": change.why,
    }


def say_people_in(stage: Stage, n: int) -> str:
    """Say why a stage with people in it cannot be deleted."""
    return _("“%(name)s” cannot be deleted: %(n)s people are in it.") % {"name": stage.name, "n": n}


def _language() -> str:
    return (get_language() or "en")[:2]
