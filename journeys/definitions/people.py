"""Puts who is in a journey, or was, as rows of a page, with its filters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from journeys.definitions.models import Journey, Step
from journeys.enrollments.models import Enrollment
from journeys.enrollments.rules import LEFT_REASONS, say_reason

IN, LEFT = "in", "left"
HOLDOUT = "holdout"
LONGEST = 100


def read_people_filters(given: Mapping[str, Any]) -> dict[str, str]:
    """Take the filters out of an address: step, arm, version, state ("in", "left" or a reason for leaving)."""
    found = {name: str(given.get(name, "")).replace("\0", "")[:LONGEST] for name in ("step", "arm", "version", "state")}
    return {name: text for name, text in found.items() if text}


def found_people(journey: Journey, filters: Mapping[str, str]) -> QuerySet[Enrollment]:
    """Find the runs of a journey by filters: the newest first, open ones unless somebody asks for those who left."""
    people = Enrollment.objects.filter(journey=journey).select_related("contact", "step", "version")
    state = filters.get("state", IN)
    if state == IN:
        people = people.filter(left_at=None).order_by("-arrived_at", "id")
        if "step" in filters:  # of whatever version: who finishes an old one stands there too
            at = Step.objects.filter(version__journey=journey, key=filters["step"]).values_list("pk", flat=True)
            people = people.filter(step_id__in=list(at))
    else:
        people = people.filter(left_at__isnull=False).order_by("-left_at", "id")
        if state != LEFT:
            people = people.filter(reason=state)
    if "arm" in filters:
        people = people.filter(arm=filters["arm"])
    if filters.get("version", "").isdecimal():
        people = people.filter(version__number=int(filters["version"][:9]))
    return people


def people_choices(journey: Journey, filters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Put the filters with what can be chosen, the chosen marked."""
    versions = list(journey.versions.filter(published_at__isnull=False).order_by("-number"))
    steps: dict[str, str] = {}
    arms: dict[str, str] = {}
    for step in Step.objects.filter(version__in=versions).order_by("-version_id", "position"):
        steps.setdefault(step.key, step.name)
        for arm in step.settings.get("arms", []):
            arms |= {HOLDOUT: _("holdout")} if arm.get("holdout") else {arm["name"]: arm["name"]}
    states = {"": _("in it"), LEFT: _("left, all")} | {code: say_reason(code) for code in LEFT_REASONS}
    parts: list[tuple[str, str, dict[str, str]]] = [
        ("state", _("State"), states),
        ("step", _("Step"), {"": _("all steps")} | steps),
        ("arm", _("Arm"), {"": _("all arms")} | arms),
        ("version", _("Version"), {"": _("all versions")} | {str(one.number): f"v{one.number}" for one in versions}),
    ]
    return [
        {
            "name": name,
            "label": label,
            "options": [(value, text, value == filters.get(name, "")) for value, text in options.items()],
        }
        for name, label, options in parts
        if len(options) > 2 or name in ("state", "step")
    ]


def whereabouts(enrollments: Sequence[Any], now: datetime) -> list[dict[str, Any]]:
    """Put enrollments as rows: who, at which step, since when, what is due when; of who left, when and why."""
    return [
        {
            "contact_id": row.contact_id,
            "contact": row.contact.name,
            "zone": row.contact.time_zone,
            "enrollment_id": row.pk,
            "key": row.key,
            "step": row.step.name if row.step else "",
            "since": row.arrived_at,
            "due_at": row.due_at,
            "due_now": row.due_at is not None and row.due_at <= now,
            "holdout": row.arm == HOLDOUT,
            "version": row.version.number,
            "left_at": row.left_at,
            "reason": say_reason(row.reason) if row.reason else "",
        }
        for row in enrollments
    ]
