"""Puts the table together who listens to what: signals and events, and by whom they are named."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from contacts.conditions.names import spaced
from contacts.conditions.uses import Use
from contacts.segments.page import used_by
from contacts.signals import queries
from contacts.signals.models import Signal
from contacts.signals.rules import TONES

COLUMNS = ("journey", "segment", "signal", "stage", "score", "handover")
SILENT_DAYS = 30


def table(*, now: datetime, uses: Iterable[Use]) -> dict[str, Any]:
    """List every signal and event with who names it in which way, and mark what nobody hears and what never comes."""
    uses = list(uses)
    types, users = queries.event_types(), used_by("event", uses, handovers=True)
    since = now - timedelta(days=SILENT_DAYS)
    last = queries.last_seen({*types, *users}, since)
    fired, hearing = queries.fired_since(since), used_by("signal", uses, handovers=True)
    signals = [
        _row(signal.slug, signal.name, hearing.get(signal.slug, []), came=signal.pk in fired)
        | {"strength": signal.get_strength_display(), "tone": TONES[signal.strength], "off": not signal.active}
        for signal in Signal.objects.all()
    ]
    events = [
        _row(name, types[name].name if name in types else spaced(name), users.get(name, []), came=name in last)
        | {"last": last.get(name), "kind": types[name].get_kind_display() if name in types else _("not described")}
        for name in sorted({*types, *users})
    ]
    return {"columns": _titles(), "signals": signals, "events": events, "days": SILENT_DAYS}


def _titles() -> list[str]:
    titles = {
        "journey": _("Journeys"),
        "segment": _("Segments"),
        "signal": _("Signals"),
        "stage": _("Stages"),
        "score": _("Scores"),
        "handover": _("Handover"),
    }
    return [titles[room] for room in COLUMNS]


def _row(slug: str, name: str, users: list[dict[str, Any]], *, came: bool) -> dict[str, Any]:
    titles = _titles()
    cells = [
        {"title": title, "users": [user for user in users if user["room"] == room]}
        for room, title in zip(COLUMNS, titles, strict=True)
    ]
    return {"slug": slug, "name": name, "cells": cells, "unheard": not users, "silent": bool(users) and not came}
