"""Puts the pages of versions together: plain values for their templates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from contacts.conditions.names import load_names
from journeys.definitions.checklist import hints
from journeys.definitions.models import Journey, Step, Version
from journeys.enrollments.doors import count_matching
from journeys.enrollments.numbers import StepNumbers, numbers_by_step
from journeys.versions import queries
from journeys.versions.rules import Do, Status, StepChange, default_plan
from journeys.versions.words import Sayer, frame_changes, status_words
from orchestrator.kernel.fields import translated

TO = "to:"  # before the key of a step, in the choice of a plan


def publish_page(
    journey: Journey, draft: Version, plan: Mapping[str, Any] | None = None, *, now: datetime
) -> dict[str, Any]:
    """Put the dialog of publishing: what is wrong, what changes, and who stands where."""
    live = journey.live_version
    found = hints(draft.definition)
    changes, standing = queries.changes_between(live, draft), queries.standing(journey=journey)
    names = load_names()
    sayer = Sayer(names, live.definition if live else {}, draft.definition)
    chosen = plan or default_plan(changes)
    rows = [_step_row(one, sayer, standing, chosen, changes) for one in changes]
    asked = [row for row in rows if row["options"]]
    unchanged = sum(row["people"] for row in rows if row["status"] == Status.UNCHANGED)
    return {
        "draft": draft,
        "live": live,
        "errors": [hint for hint in found if hint.level == "error"],
        "hints": [hint for hint in found if hint.level != "error"],
        "frame": frame_changes(live.definition, draft.definition, names) if live else [],
        "rows": [row for row in rows if row["status"] != Status.UNCHANGED],
        "same": sum(row["status"] == Status.UNCHANGED for row in rows),
        "asked": bool(asked),
        "unchanged": unchanged,
        "older": standing.older,
        "people": standing.people,
        "plan": chosen,
        "limit": settings.PUBLISH_ALONE_UP_TO,
        "matching": _matching(draft, now) if not any(hint.level == "error" for hint in found) else None,
    }


def _matching(draft: Version, now: datetime) -> int | None:
    """How many people meet the entry already; None where it is a moment that nobody can meet already."""
    return count_matching(definition=draft.definition, now=now) or None


def _step_row(
    one: StepChange,
    sayer: Sayer,
    standing: queries.Standing,
    plan: Mapping[str, Any],
    changes: list[StepChange],
) -> dict[str, Any]:
    word, tone = status_words(one.status)
    step = one.after or one.before or {}
    return {
        "key": one.key,
        "status": one.status,
        "word": word,
        "tone": tone,
        "kind": step.get("kind", ""),
        "name": translated(step.get("name")) or one.key,
        "texts": sayer.changed(one) if one.status != Status.UNCHANGED else [],
        "people": standing.by_key.get(one.key, 0),
        "options": _options(one, plan, changes) if one.asks else [],
    }


def _options(one: StepChange, plan: Mapping[str, Any], changes: list[StepChange]) -> list[dict[str, Any]]:
    """What can happen to the people on a changed or removed step, the chosen first to be seen."""
    options = []
    if one.after is not None:
        options += [
            (Do.MOVE.value, _("go on here, their time runs on")),
            (Do.AGAIN.value, _("go on here, compute the time again")),
        ]
    options += [(Do.FINISH.value, _("finish the old version")), (Do.LEAVE.value, _("leave the journey"))]
    options += [
        (f"{TO}{other.key}", _("move to “%(name)s”") % {"name": translated(other.after.get("name")) or other.key})
        for other in changes
        if other.after is not None and other.key != one.key
    ]
    way = plan["steps"].get(one.key) or {"do": one.default.value}
    here = way["do"] == Do.MOVE and way.get("to") in (None, one.key)
    now = way["do"] if way["do"] != Do.MOVE or here else f"{TO}{way['to']}"
    return [{"value": value, "text": text, "chosen": value == now} for value, text in options]


def read_choices(given: Mapping[str, str]) -> dict[str, Any]:
    """Make a plan of what was sent: `do-KEY` for each step, `unchanged`, `older`, `take_in`."""
    steps: dict[str, dict[str, str]] = {}
    for name, value in given.items():
        if name.startswith("do-"):
            to = value.removeprefix(TO)
            steps[name[3:]] = {"do": Do.MOVE.value, "to": to} if value.startswith(TO) else {"do": value}
    plan: dict[str, Any] = {"steps": steps, "take_in": given.get("take_in") == "yes"}
    return plan | {name: given[name] for name in ("unchanged", "older") if name in given}


def version_rows(journey: Journey) -> list[dict[str, Any]]:
    """Put the versions of a journey as rows, the newest first, with what each did to people when it came."""
    numbers = queries.numbers_by_version(journey_id=journey.pk)
    return [
        {
            "version": one,
            "numbers": numbers.get(one.pk, queries.VersionNumbers()),
            "live": one.pk == journey.live_version_id,
            "by": _called(one.published_by),
            "asked_by": _called(one.requested_by),
            "did": plan_words(one.plan),
        }
        for one in queries.published_versions(journey=journey)
    ]


def plan_words(plan: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Say what publishing did with the people in flight, with how many."""
    people = plan.get("people") or {}
    words = {
        Do.MOVE: _("went on in it"),
        Do.AGAIN: _("went on in it with a new time"),
        Do.FINISH: _("finish an older version"),
        Do.LEAVE: _("left"),
    }
    said = [(text, people[do]) for do, text in words.items() if people.get(do)]
    return said + ([(_("were taken in"), plan["taken_in"])] if plan.get("taken_in") else [])


def comparison(journey: Journey, before: Version, after: Version) -> dict[str, Any]:
    """Put two versions side by side: what changed, and the numbers of each step in each."""
    names = load_names()
    sayer = Sayer(names, before.definition, after.definition)
    counted = numbers_by_step(journey_id=journey.pk)
    ids = {
        (version_id, key): pk
        for version_id, key, pk in Step.objects.filter(version__in=(before, after)).values_list(
            "version_id", "key", "pk"
        )
    }
    rows = []
    for one in queries.changes_between(before, after):
        word, tone = status_words(one.status)
        step = one.after or one.before or {}
        sides = [
            _side(ids, counted, version, one.key) if there is not None else None
            for version, there in ((before, one.before), (after, one.after))
        ]
        rows.append(
            {
                "key": one.key,
                "kind": step.get("kind", ""),
                "name": translated(step.get("name")) or one.key,
                "word": word,
                "tone": tone,
                "texts": sayer.changed(one),
                "sides": sides,
            }
        )
    by_version = queries.numbers_by_version(journey_id=journey.pk)
    return {
        "before": before,
        "after": after,
        "rows": rows,
        "frame": frame_changes(before.definition, after.definition, names),
        "totals": [by_version.get(one.pk, queries.VersionNumbers()) for one in (before, after)],
    }


def _side(
    ids: Mapping[tuple[int, str], int], counted: Mapping[int, StepNumbers], version: Version, key: str
) -> dict[str, Any]:
    numbers = counted.get(ids.get((version.pk, key), 0)) or StepNumbers()
    goals = numbers.left["goal"]
    return {
        "arrived": numbers.arrived,
        "moved_on": numbers.moved_on,
        "left": numbers.left_here,
        "here": numbers.here,
        "goal_share": goals / numbers.arrived if numbers.arrived else None,
    }


def _called(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""
