"""Findings that look at people and take a moment: asked for beside the page, never at every change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from contacts.conditions.checks import about_run
from contacts.conditions.counting import measure_people
from journeys.definitions.checklist import Hint

COMMON = 0.5  # a goal that so many people have reached already says little


def slow_hints(definition: Mapping[str, Any], *, now: datetime) -> list[Hint]:
    """Find a goal that holds already for half of all people, so that it says nothing about the journey."""
    goal = (definition.get("goal") or {}).get("when")
    if not goal or next(about_run(goal), None) is not None:
        return []
    found = measure_people(goal, now=now, channels=False)
    if found.people.n is None or not found.everybody:
        return []
    share = found.people.n / found.everybody
    if share < COMMON:
        return []
    text = _("The goal holds already for %(share)s %% of all people: whoever enters has reached it.")
    return [Hint(text % {"share": round(100 * share)}, place="goal")]
