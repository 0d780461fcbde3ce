"""Reads of the handover queue, and the snapshot *why now*."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from contacts.conditions.registry import CONTACT, behaviour_guard
from contacts.handover.models import Handover
from contacts.profiles.models import Contact
from orchestrator.kernel import sql

TABS = {"waiting": ("waiting",), "conversation": ("accepted",), "closed": ("won", "lost", "recycled", "rejected")}
LAST_EVENTS = 8


def snapshots(contact_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Read why people are worth a call now: signals that hold with their evidence, last events, stage, account.

    Returns a dict of plain JSON per contact with the keys signals, events, stage, account. A journey adds
    `journey` ({"en", "de"}) and `touches` ([{"at", "name", "subject", "state"}]), which this room knows nothing of.
    """
    ids = list(contact_ids)
    profiled = Contact.objects.filter(pk__in=ids).filter(behaviour_guard(CONTACT)).values_list("pk", flat=True)
    found = sql.rows(
        sql.statement("contacts/handover/sql/snapshots.sql"),
        {"contacts": ids, "now": now, "profiled": list(profiled), "events": LAST_EVENTS},
    )
    return {contact: json.loads(text) if isinstance(text, str) else text for contact, text in found}


def tab_counts() -> dict[str, int]:
    """Count the handovers of each tab in one statement."""
    per_state = dict(Handover.objects.values_list("state").annotate(n=Count("id")))
    return {tab: sum(per_state.get(state, 0) for state in states) for tab, states in TABS.items()}


def queue(tab: str) -> QuerySet[Handover]:
    """Read the handovers of a tab, the one whose clock runs out first on top; closed ones the newest first."""
    order = ["-closed_at", "-id"] if tab == "closed" else ["due_at", "id"]
    return Handover.objects.filter(state__in=TABS[tab]).select_related("contact", "account", "owner").order_by(*order)


def one_handover(handover_id: int) -> Handover | None:
    """Read a handover with its contact, account, owner and log."""
    related = Handover.objects.select_related("contact", "account", "owner", "contact__stage")
    return related.prefetch_related("log").filter(pk=handover_id).first()
