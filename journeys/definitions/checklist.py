"""What the page of a journey says about it: what is missing, and how long it takes to explain."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.conditions.rules import Problem
from journeys.content.models import Block
from journeys.definitions.check import check
from journeys.definitions.models import Step

STEP_SECONDS, DECISION_SECONDS = 5, 10  # what it takes to tell a colleague


class Hint(NamedTuple):
    """One thing to look at; step: where it is, None for the whole journey."""

    step: Step | None
    text: str


def hints(definition: Mapping[str, Any], steps: Sequence[Step]) -> list[Hint]:
    """Find everything that somebody should look at before this journey runs."""
    found = [Hint(*_said(problem, steps)) for problem in check(definition) if not problem.path.endswith(".block")]
    return found + content_hints(steps)


def _said(problem: Problem, steps: Sequence[Step]) -> tuple[Step | None, str]:
    place = re.match(r"steps\[(\d+)\]", problem.path)
    step = steps[int(place[1])] if place and int(place[1]) < len(steps) else None
    if problem.path == "goal" and problem.level == "warning":
        return None, _("There is no goal: nobody will know whether this journey works.")
    if lost := re.fullmatch(r"nobody can come to '(.+)'", problem.message):
        return next((one for one in steps if one.key == lost[1]), None), _("Nobody can come here.")
    if gone := re.fullmatch(r"there is no (.+) '(.+)'", problem.message):
        return step, _("Missing: %(what)s “%(name)s”.") % {"what": gone[1], "name": gone[2]}
    return step, problem.message if step else str(problem)


def content_hints(steps: Sequence[Step]) -> list[Hint]:
    """Find what is missing in the content that steps send: unknown or unapproved blocks, languages without a text."""
    wanted = [(step, step.settings.get("block", "")) for step in steps if step.kind == "send"]
    blocks = {
        block.slug: block
        for block in Block.objects.filter(slug__in=[slug for _step, slug in wanted]).prefetch_related("variants")
    }
    names = {"en": _("English"), "de": _("German")}
    found = []
    for step, slug in wanted:
        block = blocks.get(slug)
        if block is None:
            found.append(Hint(step, _("There is no content “%(slug)s”.") % {"slug": slug}))
            continue
        if block.state != Block.State.APPROVED:
            found.append(Hint(step, _("“%(name)s” is not approved.") % {"name": block.name}))
        there = {variant.language for variant in block.variants.all()}
        found += [
            Hint(step, _("“%(name)s” has no text in %(language)s.") % {"name": block.name, "language": names[code]})
            for code in names
            if code not in there
        ]
    return found


def telling(steps: Sequence[Step]) -> str:
    """Say how long it takes to explain a journey: `9 steps, 2 decisions: explained in about a minute.`"""
    decisions = sum(len(set(step.exits.values())) > 1 for step in steps)
    minutes = max(1, round((STEP_SECONDS * len(steps) + DECISION_SECONDS * decisions) / 60))
    parts = [ngettext("%(n)s step", "%(n)s steps", len(steps)) % {"n": len(steps)}]
    if decisions:
        parts.append(ngettext("%(n)s decision", "%(n)s decisions", decisions) % {"n": decisions})
    ends = ngettext("explained in about a minute", "explained in about %(n)s minutes", minutes) % {"n": minutes}
    return f"{', '.join(parts)}: {ends}."
