"""Puts the pages of signals together: plain values for their templates."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.conditions.evidence import say_evidence
from contacts.conditions.language import say
from contacts.conditions.names import Names, load_names, named
from contacts.conditions.uses import Use
from contacts.segments.page import used_by
from contacts.signals import queries
from contacts.signals.models import Signal, SignalFiring
from contacts.signals.rules import TONES
from contacts.stages.models import Stage

DAYS = 7
PLOT_DAYS = 30
PAGE_SIZE = 25


def signal_rows(*, now: datetime) -> list[dict[str, Any]]:
    """List the signals with how often they fired in 7 days, and who listens."""
    fired = queries.fired_since(now - timedelta(days=DAYS))
    uses, names = used_by("signal"), load_names()
    none = queries.Fired(0, 0)
    return [
        _head(signal, names)
        | {
            "fired": fired.get(signal.pk, none).times,
            "people": fired.get(signal.pk, none).people,
            "users": uses.get(signal.slug, []),
        }
        for signal in Signal.objects.all()
    ]


def _head(signal: Signal, names: Names) -> dict[str, Any]:
    return {
        "slug": signal.slug,
        "name": signal.name,
        "active": signal.active,
        "kind": signal.get_kind_display(),
        "strength": signal.get_strength_display(),
        "tone": TONES[signal.strength],
        "sentence": say(signal.condition, _language(), names),
    }


def signal_page(signal: Signal, *, now: datetime, before: int | None, uses: Iterable[Use]) -> dict[str, Any]:
    """Collect everything about a signal: its words, who listens, firings per day, and the history with evidence."""
    names = load_names()
    rows, following = queries.firings(signal.pk, before=before, most=PAGE_SIZE)
    fired = queries.fired_since(now - timedelta(days=DAYS)).get(signal.pk, queries.Fired(0, 0))
    return {
        "signal": _head(signal, names)
        | {
            "cooldown": signal.cooldown,
            "holds_for": signal.holds_for,
            "decay": signal.get_decay_display(),
            # the short name of a journey is said as its name
            "goal": named(names, "journey", signal.goal, _language())
            if ("journey", signal.goal) in names
            else signal.goal,
            "key_event": signal.key_event,
            "key_property": signal.key_property,
        },
        "fired": fired,
        "figure": _figure(signal, now),
        "users": used_by("signal", uses).get(signal.slug, []),
        "rows": [_firing(row, signal, names) for row in rows],
        "following": following,
        "first": before is None,
        "zone": settings.TEAM_TIME_ZONE,
    }


def _firing(firing: SignalFiring, signal: Signal, names: Names) -> dict[str, Any]:
    evidence = firing.evidence or {}
    properties = evidence.get("properties") or {}
    return {
        "contact_id": firing.contact_id,
        "contact": firing.contact.name,
        "key": firing.key,
        "at": firing.fired_at,
        "evidence": say_evidence(evidence, signal.condition, _language(), names),
        "properties": ", ".join(f"{key} {value}" for key, value in properties.items() if _plain(value)),
    }


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != ""


def _figure(signal: Signal, now: datetime) -> dict[str, Any]:
    today = now.astimezone(ZoneInfo(settings.TEAM_TIME_ZONE)).date()
    days = [today - timedelta(days=n) for n in range(PLOT_DAYS - 1, -1, -1)]
    found = queries.fired_by_day(signal.pk, now - timedelta(days=PLOT_DAYS))
    bars = {"type": "bar", "x": [day.isoformat() for day in days], "y": [found.get(day, 0) for day in days]}
    bars |= {"name": _("fired"), "marker": {"color": "#4f8fd6"}}
    return {"data": [bars], "layout": {"hovermode": "x unified", "showlegend": False}}


def form_lists() -> dict[str, list[str]]:
    """What the form of a signal suggests: events, and the goals of stages in the active language."""
    goals = [line for stage in Stage.objects.all() for line in stage.goals]
    return {"events": list(queries.event_types()), "goals": list(dict.fromkeys(goals))}


def _language() -> str:
    return (get_language() or "en")[:2]
