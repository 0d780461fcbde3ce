"""Reads of versions: who is on which of them, what they did, who waits for approval."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from journeys.definitions.models import Journey, Step, Version
from journeys.definitions.ways import step_targets
from journeys.enrollments.models import Enrollment, Transition
from journeys.versions.rules import StepChange, align


@dataclass
class Standing:
    """How many people stand on the steps of a journey now. by_key: on the live version; older: on versions before."""

    by_key: dict[str, int]
    older: int

    @property
    def people(self) -> int:
        """Everybody in the journey."""
        return sum(self.by_key.values()) + self.older


@dataclass
class VersionNumbers:
    """What a version did: who is on it, who entered by it, and what came of the runs that are or ended on it."""

    here: int = 0
    entered: int = 0
    runs: int = 0
    goals: int = 0

    @property
    def goal_share(self) -> float | None:
        """The share of its runs (the holdout apart) that reached the goal."""
        return self.goals / self.runs if self.runs else None


def draft_of(journey: Journey) -> Version | None:
    """The version of a journey that is not published yet."""
    return journey.versions.filter(published_at=None).select_related("requested_by").first()


def standing(*, journey: Journey) -> Standing:
    """Count the people in a journey by the step they stand on, in one statement."""
    found = Standing({}, 0)
    rows = Enrollment.objects.filter(journey=journey, left_at=None).order_by()
    for version_id, key, n in rows.values_list("version_id", "step__key").annotate(n=Count("id")):
        if version_id == journey.live_version_id:
            found.by_key[key] = found.by_key.get(key, 0) + n
        else:
            found.older += n
    return found


def people_elsewhere(*, version: Version) -> int:
    """Count who is in the journey of a version, but on another one."""
    return Enrollment.objects.filter(journey=version.journey_id, left_at=None).exclude(version=version).count()


def steps_in_use(*, journey: Journey) -> list[Step]:
    """The steps on which somebody in a journey stands, of every version."""
    used = Enrollment.objects.filter(journey=journey, left_at=None).order_by().values("step_id").distinct()
    return list(Step.objects.filter(pk__in=used))


def changes_between(before: Version | None, after: Version) -> list[StepChange]:
    """Put the steps of two versions side by side; every step is new where there is no version before."""
    old: list[dict[str, Any]] = before.definition.get("steps", []) if before else []
    new: list[dict[str, Any]] = after.definition.get("steps", [])
    return align(old, new, step_targets(old), step_targets(new))


def published_versions(*, journey: Journey) -> QuerySet[Version]:
    """The versions of a journey that were ever live, the newest first."""
    found = journey.versions.filter(published_at__isnull=False).order_by("-number")
    return found.select_related("published_by", "requested_by")


def numbers_by_version(*, journey_id: int) -> dict[int, VersionNumbers]:
    """Count what the versions of a journey did, in two statements."""
    found: dict[int, VersionNumbers] = {}
    treated = ~Q(arm="holdout")
    rows = Enrollment.objects.filter(journey_id=journey_id).order_by().values_list("version_id")
    for version_id, here, runs, goals in rows.annotate(
        here=Count("id", filter=Q(left_at=None)),
        runs=Count("id", filter=treated),
        goals=Count("id", filter=treated & Q(reason="goal")),
    ):
        found[version_id] = VersionNumbers(here=here, runs=runs, goals=goals)
    entries = Transition.objects.filter(journey_id=journey_id, from_step=None, to_step__isnull=False).order_by()
    for version_id, n in entries.values_list("to_step__version_id").annotate(n=Count("id")):
        found.setdefault(version_id, VersionNumbers()).entered = n
    return found


def waiting_requests() -> QuerySet[Version]:
    """Drafts whose publishing waits for a second person."""
    waiting = Version.objects.filter(published_at=None, requested_at__isnull=False)
    return waiting.select_related("journey", "requested_by").order_by("requested_at")
