"""Why did I get this? One mail told to the person who got it, out of what was stored then; nothing about anybody else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from consent.purposes.models import Purpose, Wording
from consent.records.models import Record
from contacts.conditions.evidence import say_evidence
from contacts.conditions.names import Names, load_names, named
from contacts.profiles.models import Contact
from journeys.definitions.entry import leave_texts, trigger_text
from journeys.enrollments.models import Touch
from orchestrator.arbiter.models import Verdict
from reporting.explain.rules import say_properties
from reporting.templatetags.figures import at_zone, day_of

GRANTS = (Record.Decision.GRANTED, Record.Decision.EXISTING)


def touch_for(contact_id: int, touch_id: int) -> Touch | None:
    """Find a message of this person; None when it is somebody else's, or there is none."""
    found = Touch.objects.select_related("journey", "enrollment", "step__version")
    return found.filter(pk=touch_id, contact_id=contact_id).first()


def why_mail(contact: Contact, touch: Touch, language: str) -> dict[str, Any]:
    """Tell what made a mail go out, in the active language: values are those that were stored when it happened."""
    names, zone, run = load_names(), contact.time_zone, touch.enrollment
    version = touch.step.version
    verdict = Verdict.objects.filter(touch=touch, outcome=Verdict.Outcome.APPROVED).order_by("-at", "-id").first()
    return {
        "subject_line": touch.subject,
        "sent": at_zone(touch.sent_at, zone),
        "journey": touch.journey.named(language),
        "started": _started(run.evidence or {}, names, language),
        "started_at": at_zone(parse_datetime(str((run.evidence or {}).get("at") or "")) or run.entered_at, zone),
        "seen": say_evidence(run.evidence or {}, None, language, names),
        "values": say_properties((run.evidence or {}).get("properties") or {}),
        "rule": trigger_text(version.definition.get("entry") or {}, names, language),
        "version": version.number,
        "version_on": day_of(version.published_at, zone),
        "decided": at_zone(verdict.at, zone) if verdict else "",
        "consent": _consent(touch, (verdict.gates or {}) if verdict else {}, zone, language),
        "ends": leave_texts(version.definition, names, language),
    }


def _started(evidence: Mapping[str, Any], names: Names, language: str) -> str:
    """What made the journey start for this person, in one sentence; that a colleague did it is said, not who."""
    said = {
        kind: named(names, kind, str(evidence[kind]), language)
        for kind in ("signal", "segment", "stage", "journey")
        if evidence.get(kind)
    }
    if "signal" in said:
        return _("We noticed: %(name)s.") % {"name": said["signal"]}
    if event := evidence.get("event"):
        return _("This happened: %(name)s.") % {"name": named(names, "event", str(event), language)}
    if evidence.get("change") == "left":
        return _("You do not belong to the group “%(name)s” any more.") % {"name": said.get("segment", "")}
    if "segment" in said:
        return _("You belong to the group “%(name)s”.") % {"name": said["segment"]}
    if "stage" in said:
        return _("You are where we say “%(name)s”.") % {"name": said["stage"]}
    if "journey" in said:
        return _("It follows on “%(name)s”.") % {"name": said["journey"]}
    if "by" in evidence:
        return _("A colleague of ours chose it for you.")
    return _("Another system of ours asked for it.")


def _consent(touch: Touch, gates: Mapping[str, Any], zone: str, language: str) -> dict[str, Any] | None:
    """Which yes the mail relied on, with its day and words; None where it needs none."""
    gate = gates.get("consent") or {}
    purpose = Purpose.objects.filter(slug=gate.get("purpose") or touch.purpose).first()
    if gate.get("needed") is False or purpose is None or purpose.enforcement == Purpose.Enforcement.NONE:
        return None
    said = Record.objects.filter(contact_id=touch.contact_id, purpose=purpose, decision__in=GRANTS)
    since: datetime | None = parse_datetime(gate.get("since") or "")
    said = said.filter(at=since) if since else said.filter(at__lte=touch.decided_at or touch.proposed_at)
    record = said.order_by("-at", "-id").first()
    return {
        "purpose": purpose.named(language),
        "on": day_of(record.at, zone) if record else "",
        "existing": bool(record and record.decision == Record.Decision.EXISTING),
        "wording": record.wording if record else "",
        "text": _text(record.wording) if record else "",
        "objectable": purpose.enforcement == Purpose.Enforcement.OPT_OUT,
    }


def _text(wording: str) -> str:
    """The words that were agreed to: `purpose/language/version`; empty where the record names none of ours."""
    parts = wording.split("/")
    if len(parts) != 3 or not parts[2].isdecimal() or len(parts[2]) > 4:
        return ""
    found = Wording.objects.filter(purpose__slug=parts[0], language=parts[1], version=int(parts[2]))
    return found.values_list("text", flat=True).first() or ""
