"""Carries out the plan for the people in flight: a fixed number of statements, however many they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from journeys.definitions.models import Journey, Step, Version
from journeys.enrollments.leaving import told_by
from journeys.enrollments.queries import listened_journeys
from journeys.steps.registry import kind_of
from journeys.versions import queries
from journeys.versions.rules import OUTCOME, Do, Way, way_from
from orchestrator.kernel import doorbell, sql


def carry_out(*, version: Version, plan: Mapping[str, Any], live_before: int | None, now: datetime) -> dict[str, int]:
    """Move, stop or leave alone everybody in flight; returns how many people by what was done with them.

    version: just published. plan: a whole one, see read_plan. The tick must stand still.
    """
    targets = {step.key: step for step in version.steps.all()}
    keys = set(targets)
    here = queries.steps_in_use(journey=version.journey)
    ways = {step: way_from(step.key, plan, keys, older=step.version_id != live_before) for step in here}
    leaving = [step for step, way in ways.items() if way.do == Do.LEAVE]
    stopped = stop_people(journeys=[version.journey], steps=leaving, now=now)
    moved = _move(version, {step: way for step, way in ways.items() if way.to}, targets, now)
    counts = {do.value: 0 for do in Do} | {Do.LEAVE.value: sum(stopped.values())}
    for step, way in ways.items():
        counts[way.do] += moved.get(step.pk, 0)
    counts[Do.FINISH] = queries.people_elsewhere(version=version)
    return counts


def stop_people(
    *, journeys: Sequence[Journey], now: datetime, steps: Sequence[Step] = (), everywhere: bool = False
) -> dict[int, int]:
    """Let people leave: those on some steps of journeys, or everybody in them. Returns how many by the step they stood on."""
    if not steps and not everywhere:
        return {}
    told = told_journeys(journeys)
    params = {
        "steps": [step.pk for step in steps],
        "journeys": [journey.pk for journey in journeys] if everywhere else [],
        "outcome": "" if everywhere else OUTCOME,
        "told_journeys": list(told),
        "told_names": list(told.values()),
        "now": now,
    }
    stopped = dict(sql.rows(sql.statement("journeys/versions/sql/stop_people.sql"), params))
    if stopped and told:
        doorbell.ring()
    return stopped


def told_journeys(journeys: Sequence[Journey]) -> dict[int, str]:
    """The journeys whose end opens another one, with the name of that news."""
    listened = listened_journeys()
    return {one.pk: name for one in journeys if (name := told_by(one.slug, listened))}


def _move(version: Version, ways: Mapping[Step, Way], targets: Mapping[str, Step], now: datetime) -> dict[int, int]:
    if not ways:
        return {}
    leads = {step: targets[way.to] for step, way in ways.items()}
    params: dict[str, Any] = {
        "version": version.pk,
        "now": now,
        "froms": [step.pk for step in ways],
        "targets": [target.pk for target in leads.values()],
        "timers": [_timer(step, ways[step].do, target) for step, target in leads.items()],
        "spans": [kind_of(target.kind).arrival(target.settings).after for target in leads.values()],
        "comes_along": [_comes_along(step, target) for step, target in leads.items()],
    }
    return dict(sql.rows(sql.statement("journeys/versions/sql/move_people.sql"), params))


def _timer(step: Step, do: Do, target: Step) -> str:
    """keep: the old one runs on. again: from the arrival. arrive: people come to the step now."""
    if step.key != target.key:
        return "arrive"
    # what is no wait has no timer of its own: what somebody waits for there is found again
    return "again" if do == Do.AGAIN and (target.kind == "wait" or not _same(step, target)) else "keep"


def _comes_along(step: Step, target: Step) -> bool:
    """Whether what was begun at the step goes on at the other: a call, or a decision about the same offer."""
    if step.kind == "offer":
        return _same(step, target) and step.settings["offer"] == target.settings["offer"]
    return _same(step, target) and step.kind == "webhook"


def _same(step: Step, target: Step) -> bool:
    return step.key == target.key and step.kind == target.kind
