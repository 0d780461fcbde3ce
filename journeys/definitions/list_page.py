"""Puts the list of journeys together: plain values for its template."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.conditions.names import Names, load_names
from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.definitions.entry import trigger_text
from journeys.definitions.entry_rules import TRIGGERS
from journeys.definitions.listing import filtered_journeys, saved_views, trigger_of
from journeys.definitions.models import Journey, Version
from journeys.enrollments import numbers
from journeys.enrollments.collisions import collision_counts
from orchestrator.kernel.fields import translated

MEASURED = ("sent", "click_share", "handovers_accepted_share")  # key figures that ask for more than the runs
TONES = {"live": "green", "paused": "amber", "ending": "amber"}
TRIGGER_WORDS = {
    "signal": _("a signal fires"),
    "event": _("an event happens"),
    "segment": _("a segment changes"),
    "stage": _("a stage is entered"),
    "schedule": _("by a schedule"),
    "api": _("a machine says so"),
    "journey": _("another journey ends"),
}


def list_page(filters: Mapping[str, str], *, user: User, days: int, now: datetime) -> dict[str, Any]:
    """Put the journeys that the filters find, the filters themselves and the kept views; a fixed number of statements."""
    since, names = now - timedelta(days=days), load_names()
    counted, collisions = numbers.runs(since=since), collision_counts()
    drafts = dict(Version.objects.filter(published_at=None).values_list("journey_id", "requested_at"))
    found = filtered_journeys(filters)
    asked = [journey.pk for journey, version in found if _core(version).get("measure") in MEASURED]
    measured = numbers.measures(journeys=asked, since=since)
    rows = [
        _row(journey, version, counted.get(journey.pk, numbers.Run()), names)
        | {
            "draft": journey.pk in drafts,
            "waits": drafts.get(journey.pk) is not None,
            "collisions": collisions.get(journey.pk, 0),
            "kpi": _kpi(version, counted.get(journey.pk, numbers.Run()), measured.get(journey.pk, numbers.Measures())),
        }
        for journey, version in found
    ]
    return {
        "rows": rows,
        "days": days,
        "filters": filters,
        "choices": _choices(filters),
        "views": saved_views(user),
        "filtered": bool(filters),
    }


def _row(journey: Journey, version: Version | None, run: numbers.Run, names: Names) -> dict[str, Any]:
    definition = version.definition if version else {}
    goal = definition.get("goal") or {}
    target = _target(version)
    return {
        "journey": journey,
        "tone": TONES.get(journey.state, "grey"),
        "entry": trigger_text(definition["entry"], names) if trigger_of(version) else "",
        "run": run,
        "has_goal": bool(goal),
        "goal": translated(goal.get("name")),
        "target": target,
        "reached": target is not None and run.rate is not None and run.rate >= target,
    }


def _core(version: Version | None) -> dict[str, Any]:
    """The core key figure of a version as its author wrote it; empty without one."""
    kpis = (version.definition.get("kpis") or []) if version else []
    return kpis[0] if kpis and isinstance(kpis[0], dict) else {}


def _kpi(version: Version | None, run: numbers.Run, measured: numbers.Measures) -> dict[str, Any] | None:
    """The core key figure with its value and target; None where it is the goal (shown as such) or there is none."""
    core = _core(version)
    known: dict[str, float | None] = {
        "entered": run.entered,
        "sent": measured.sent,
        "click_share": measured.clicked / measured.sent if measured.sent else None,
        "handovers_accepted_share": measured.accepted / measured.handovers if measured.handovers else None,
    }
    measure, target = core.get("measure"), core.get("target")
    if measure not in known:
        return None
    value = known[measure]
    return {
        "name": translated(core.get("name") or {}),
        "value": value,
        "share": str(measure).endswith("_share"),
        "target": target,
        "reached": value is not None and target is not None and value >= target,
    }


def _target(version: Version | None) -> float | None:
    """The target of the core key figure where it is the share that reaches the goal."""
    core = _core(version)
    target = core.get("target")
    return float(target) if core.get("measure") == "goal_share" and isinstance(target, (int, float)) else None


def _choices(filters: Mapping[str, str]) -> list[dict[str, Any]]:
    states = {"": gettext("all but archived")} | {state.value: str(state.label) for state in Journey.State}
    phases = {"": gettext("all phases")} | {phase.value: translated(PHASE_NAMES[phase]) for phase in Phase}
    entries = {"": gettext("every entry")} | {trigger: str(TRIGGER_WORDS[trigger]) for trigger in TRIGGERS}
    parts = (
        ("state", gettext("State"), states),
        ("phase", gettext("Phase"), phases),
        ("entry", gettext("Entry"), entries),
    )
    return [
        {
            "name": name,
            "label": label,
            "options": [(value, text, value == filters.get(name, "")) for value, text in options.items()],
        }
        for name, label, options in parts
    ]
