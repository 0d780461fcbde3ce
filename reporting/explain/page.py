"""Puts the page of one contact together: plain values for its template."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.limits import queries as limits
from contacts.attributes.queries import definitions
from contacts.conditions.evidence import say_evidence
from contacts.conditions.language import say
from contacts.conditions.names import load_names
from contacts.identity.page import identifiers
from contacts.profiles.models import Contact
from contacts.scores.page import card
from contacts.signals.models import SignalFiring
from contacts.signals.rules import TONES, strength_now
from contacts.stages.page import person_card
from reporting.dashboards.queries import limit_names
from reporting.explain import queries, rules, runs
from reporting.explain.conditions import askable_rules
from reporting.explain.facts import facts
from reporting.explain.gates import Reader
from reporting.explain.lines import say_line

Place = tuple[datetime, str, int] | None


def contact_page(contact_id: int, *, now: datetime, shown: str, after: Place, sensitive: bool) -> dict[str, Any] | None:
    """Collect the whole page of a person, None when there is no such person. sensitive: whether such values are shown."""
    contact = queries.one_contact(contact_id)
    if contact is None:
        return None
    reader = _reader(contact)
    enrollments = queries.open_enrollments(contact_id)
    coming = queries.next_steps(enrollments)
    verdicts = queries.last_verdicts(contact_id, enrollments)
    return {
        "contact": contact,
        "initials": rules.initials(contact.first_name, contact.last_name, contact.name),
        "journeys": [runs.one_run(row, coming, verdicts.get(row.pk), reader, now) for row in enrollments],
        "consents": queries.consents(contact_id),
        "budgets": limits.budgets(contact_id, now=now),
        "held_out": limits.holdouts_of(contact_id),
        "wishes": limits.wishes_of(contact_id, now=now),
        "quiet_until": queries.quiet_until(contact, now=now),
        "scores": card(contact_id),
        "signals": [_signal(firing, reader, now) for firing in queries.holding_signals(contact_id, now=now)],
        "stages": person_card(contact),
        "attributes": facts(contact, definitions(), reader.language, sensitive=sensitive),
        "askable": askable_rules(sensitive=sensitive),
        "called": identifiers(contact_id, now),
        **_timeline(contact, now, shown, after, reader),
    }


def timeline_page(contact_id: int, *, now: datetime, shown: str, after: Place) -> dict[str, Any] | None:
    """Collect the timeline of a person alone, None when there is no such person."""
    contact = queries.one_contact(contact_id)
    if contact is None:
        return None
    return {"contact": contact, **_timeline(contact, now, shown, after, _reader(contact))}


def _reader(contact: Contact) -> Reader:
    return Reader(contact.time_zone, (get_language() or "en")[:2], load_names(), limit_names())


def _timeline(contact: Contact, now: datetime, shown: str, after: Place, reader: Reader) -> dict[str, Any]:
    lines, more = queries.timeline(contact.pk, now=now, kinds=rules.FILTERS[shown], after=after)
    last = lines[-1] if lines else None
    return {
        "rows": [say_line(line, reader) for line in lines],
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


def _signal(firing: SignalFiring, reader: Reader, now: datetime) -> dict[str, Any]:
    signal, condition, evidence = firing.signal, firing.signal.condition, firing.evidence or {}
    left = strength_now(signal.strength, signal.decay, fired_at=firing.fired_at, holds_for=signal.holds_for, now=now)
    seen = say_evidence(evidence, condition, reader.language, reader.names)
    return {
        "name": firing.signal.name,
        "strength": firing.signal.get_strength_display(),
        "tone": TONES[firing.signal.strength],
        "left": left if signal.decay != signal.Decay.NONE else None,
        "sentence": seen or say(condition, reader.language, reader.names),
        "last": rules.say_properties(evidence.get("properties") or {}),
        "fired_at": firing.fired_at,
        "until": firing.fired_at + min(firing.signal.holds_for, timedelta(days=36500)),
    }
