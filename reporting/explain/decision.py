"""One decision, explained: what was seen, by which rules, who else wanted to write at that moment, what would change it."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.records.models import Record
from contacts.conditions.names import load_names, named
from contacts.profiles.models import Contact
from journeys.enrollments.rules import say_reason
from orchestrator.arbiter.models import Verdict
from reporting.dashboards.queries import limit_names
from reporting.explain import rules
from reporting.explain.changes import say_changes
from reporting.explain.gates import Reader, say_gates
from reporting.explain.replay import Incomplete, replayed

MOST_RIVALS = 20
TOUCH = ("touch__block", "touch__journey", "touch__step__version")


class Basis(NamedTuple):
    """A rule or a record that a decision stands on, as it was then, and since when it was so."""

    name: str
    text: str
    at: datetime | None = None


class Rival(NamedTuple):
    """Another message to the same person that was decided at the same moment."""

    message: str
    journey: str
    outcome: str
    tone: str
    reason: str
    score: str


def decision_page(contact: Contact, verdict_id: int, *, insider: bool) -> dict[str, Any] | None:
    """Collect everything about one decision on a message to a person, None when there is no such decision.

    insider: whether numbers of records and scores of journeys are shown, which concern marketing and not sales.
    """
    verdict = Verdict.objects.select_related(*TOUCH).filter(pk=verdict_id, contact=contact).first()
    if verdict is None:
        return None
    reader = Reader(contact.time_zone, (get_language() or "en")[:2], load_names(), limit_names())
    gates = verdict.gates or {}
    return {
        "contact": contact,
        "zone": contact.time_zone,
        "verdict": verdict,
        "message": verdict.touch.block.name,
        "journey": verdict.touch.journey,
        "outcome": str(Verdict.Outcome(verdict.outcome).label),
        "tone": rules.TONES[verdict.outcome],
        "reason": _reason(verdict, reader),
        "changes": say_changes(verdict.reason, gates, verdict.at, reader),
        "gates": say_gates({key: facts for key, facts in gates.items() if insider or key != "priority"}, reader),
        "bases": _bases(verdict, reader, insider=insider),
        "rivals": _rivals(verdict, reader, insider=insider),
        "again": _again(verdict),
    }


def _reason(verdict: Verdict, reader: Reader) -> str:
    return say_reason(verdict.reason, limit=reader.limits.get(verdict.reason.removeprefix("cap_"), ""))


def _again(verdict: Verdict) -> bool | None:
    """Whether the stored values lead to the same reason again; None where they are not all there."""
    try:
        return replayed(verdict.gates or {}, verdict.at) == verdict.reason
    except Incomplete:
        return None


def _bases(verdict: Verdict, reader: Reader, *, insider: bool) -> list[Basis]:
    version = verdict.touch.step.version
    journey = {"name": verdict.touch.journey.name, "n": version.number}
    found = [Basis(_("Journey"), _("“%(name)s”, version %(n)s") % journey, version.published_at)]
    consent = _consent(verdict, reader, insider=insider)
    if consent:
        found.append(consent)
    found += [_limit(cap, reader) for cap in (verdict.gates or {}).get("caps") or []]
    if verdict.touch.content_version:
        text = _("“%(name)s”, version %(n)s") % {
            "name": verdict.touch.block.name,
            "n": verdict.touch.content_version,
        }
        found.append(Basis(_("Text"), text))
    return found


def _consent(verdict: Verdict, reader: Reader, *, insider: bool) -> Basis | None:
    """The record that the consent stood on: its number is in the verdict, the wording in the record."""
    facts = (verdict.gates or {}).get("consent") or {}
    purpose = named(reader.names, "purpose", facts.get("purpose") or "", reader.language)
    record = Record.objects.filter(pk=facts.get("record") or 0, contact_id=verdict.contact_id).first()
    if record is None:
        return Basis(_("Purpose"), f"“{purpose}”") if facts else None
    said = [f"“{purpose}”", str(Record.Decision(record.decision).label), record.source]
    if insider:
        said.append(_("record %(n)s") % {"n": record.pk})
    if record.wording:
        said.append(_("wording %(name)s") % {"name": record.wording})
    return Basis(_("Purpose"), " · ".join(said), record.at)


def _limit(cap: Any, reader: Reader) -> Basis:
    told = {"name": reader.limits.get(cap["limit"], cap["limit"]), "used": cap["used"], "most": cap["most"]}
    return Basis(_("Limit"), _("“%(name)s”: %(used)s of %(most)s used") % told)


def _rivals(verdict: Verdict, reader: Reader, *, insider: bool) -> list[Rival]:
    """The other messages to this person that were decided at the same moment, the highest score first."""
    rows = Verdict.objects.filter(contact_id=verdict.contact_id, at=verdict.at).exclude(pk=verdict.pk)
    found = sorted(
        rows.exclude(touch_id=verdict.touch_id).select_related(*TOUCH)[:MOST_RIVALS], key=_score, reverse=True
    )
    return [
        Rival(
            one.touch.block.name,
            one.touch.journey.name,
            str(Verdict.Outcome(one.outcome).label),
            rules.TONES[one.outcome],
            _reason(one, reader),
            str(formats.localize(_score(one))) if insider and _score(one) else "",
        )
        for one in found
    ]


def _score(verdict: Verdict) -> float:
    return float(((verdict.gates or {}).get("priority") or {}).get("score") or 0)
