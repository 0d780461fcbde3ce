"""What time alone ends or lets through: each version looked at by itself, and only for people at the edge of a window."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings

from contacts.conditions.edges import people_at_edges
from contacts.conditions.language import depends_on
from contacts.conditions.rules import parse_duration
from journeys.definitions.models import Step, Version
from journeys.enrollments.advancing import go_early
from journeys.enrollments.leaving import exit_condition, leave_version, timed_versions
from journeys.enrollments.models import Enrollment
from journeys.enrollments.queries import listened_journeys
from journeys.steps.registry import kind_of
from orchestrator.kernel.scope import EVERYBODY, Scope

EVERYBODY_EVERY = timedelta(minutes=5)  # where it cannot be told who is at an edge, everybody is looked at so often


def looks(*, now: datetime, journeys: tuple[int, ...] | None = None) -> Iterator[Callable[[], dict[str, int]]]:
    """One piece of work for each version with open runs that time can change; each returns counts by reason.

    Each is to be called in a transaction of its own, under the tick's lock, so that a pulse waits for one at most.
    """
    versions = timed_versions(journeys, now)
    listened = listened_journeys() if versions else frozenset()
    for version in versions:
        yield partial(_look, version, now, listened)


def _look(version: Version, now: datetime, listened: frozenset[str]) -> dict[str, int]:
    scope = _whom(version, now)
    if scope is None:
        return {}
    left: dict[str, int] = {}
    if scope.contacts != ():
        left = leave_version(version=version, now=now, scope=scope, listened=listened)
        for step in _timed_steps(version):
            go_early(step=step, now=now, scope=scope, batch=settings.TICK_BATCH)
    Version.objects.filter(pk=version.pk).update(looked_at=now)
    return left


def _whom(version: Version, now: datetime) -> Scope | None:
    """Whose runs time may have changed since the last look; None: nobody yet, everybody was looked at a moment ago."""
    if version.looked_at is None:
        return EVERYBODY
    people: set[int] = set()
    for condition in _timed_conditions(version):
        ids = people_at_edges(condition, since=version.looked_at, now=now)
        if ids is None:
            return EVERYBODY if version.looked_at <= now - EVERYBODY_EVERY else None
        people.update(ids)
    if "max_age" in version.definition:
        oldest = now - parse_duration(version.definition["max_age"])
        aged = Enrollment.objects.filter(version=version, left_at=None, entered_at__lte=oldest)
        people.update(aged.values_list("contact_id", flat=True))
    return Scope(contacts=tuple(sorted(people)))


def _timed_conditions(version: Version) -> Iterator[dict[str, Any]]:
    definition = version.definition
    conditions = [(definition.get("goal") or {}).get("when")]
    conditions += [exit_condition(part) for part in definition.get("exit") or [] if "segment_left" not in part]
    conditions += [step.get("until") for step in definition["steps"]]
    for condition in conditions:
        if condition and depends_on(condition).timed:
            yield condition


def _timed_steps(version: Version) -> list[Step]:
    """The steps of a version at which time alone may let people go."""
    steps = Step.objects.filter(version=version, settings__has_key="until").select_related("version__journey")
    return [step for step in steps if kind_of(step.kind).listens(step.settings).timed]
