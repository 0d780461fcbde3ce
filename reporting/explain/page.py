"""Puts the page of one contact together: plain values for its template."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.conditions.language import say
from contacts.events.models import EventType
from contacts.profiles.models import Contact
from contacts.signals.models import SignalFiring
from journeys.definitions.models import Step
from journeys.enrollments.models import Enrollment
from journeys.steps.registry import say_step
from orchestrator.kernel.fields import translated
from reporting.dashboards.queries import limit_names
from reporting.explain import queries, rules
from reporting.explain.lines import say_line

Place = tuple[datetime, str, int] | None


def contact_page(contact_id: int, *, now: datetime, shown: str, after: Place) -> dict[str, Any] | None:
    """Collect the whole page of a person, None when there is no such person."""
    contact = queries.one_contact(contact_id)
    if contact is None:
        return None
    enrollments = queries.open_enrollments(contact_id)
    coming = queries.next_steps(enrollments)
    return {
        "contact": contact,
        "initials": rules.initials(contact.first_name, contact.last_name, contact.name),
        "journeys": [_journey(row, coming, now) for row in enrollments],
        "consents": queries.consents(contact_id),
        "budgets": queries.budgets(contact_id, now=now),
        "quiet_until": queries.quiet_until(contact, now=now),
        "signals": [_signal(firing) for firing in queries.holding_signals(contact_id, now=now)],
        "attributes": rules.flat(contact.attributes or {}),
        **_timeline(contact, now, shown, after),
    }


def timeline_page(contact_id: int, *, now: datetime, shown: str, after: Place) -> dict[str, Any] | None:
    """Collect the timeline of a person alone, None when there is no such person."""
    contact = queries.one_contact(contact_id)
    return None if contact is None else {"contact": contact, **_timeline(contact, now, shown, after)}


def _timeline(contact: Contact, now: datetime, shown: str, after: Place) -> dict[str, Any]:
    lines, more = queries.timeline(contact.pk, now=now, kinds=rules.FILTERS[shown], after=after)
    types = EventType.objects.filter(
        slug__in={line.facts["name"] for line in lines if line.kind in ("event", "feedback")}
    )
    names = {slug: translated({"en": en, "de": de}) for slug, en, de in types.values_list("slug", "name_en", "name_de")}
    limits = limit_names()
    last = lines[-1] if lines else None
    return {
        "rows": [say_line(line, event_names=names, limits=limits) for line in lines],
        "older": f"{last.at.isoformat()},{last.kind},{last.id}" if last and more else "",
        "shown": shown,
        "filters": [
            ("all", _("All")),
            ("signals", _("Signals")),
            ("touches", _("Touches")),
            ("decisions", _("Decisions")),
        ],
        "zone": contact.time_zone,
    }


def _language() -> str:
    return (get_language() or "en")[:2]


def _journey(row: Enrollment, coming: dict[int, Step], now: datetime) -> dict[str, Any]:
    step = row.step
    names = [coming[to].name for to in dict.fromkeys(step.exits.values()) if to in coming] if step else []
    return {
        "slug": row.journey.slug,
        "name": row.journey.name,
        "phase": row.journey.phase,
        "paused": row.journey.state == "paused",
        "step": step.name if step else "",
        "sentence": say_step(step, _language()) if step else "",
        "since": row.entered_at,
        "due_at": row.due_at,
        "due_now": row.due_at is not None and row.due_at <= now,
        "holdout": row.arm == "holdout",
        "next": (" " + _("or") + " ").join(names),
    }


def _signal(firing: SignalFiring) -> dict[str, Any]:
    tones = {"weak": "grey", "medium": "blue", "strong": "green"}
    return {
        "name": firing.signal.name,
        "strength": firing.signal.get_strength_display(),
        "tone": tones[firing.signal.strength],
        "sentence": say(firing.signal.condition, _language()),
        "evidence": rules.say_evidence(firing.evidence or {}),
        "fired_at": firing.fired_at,
        "until": firing.fired_at + min(firing.signal.holds_for, timedelta(days=36500)),
    }
