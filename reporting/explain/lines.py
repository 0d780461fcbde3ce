"""Says each thing that happened to a person: a badge, a title, a sentence, and the values behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.records.models import Record
from contacts.conditions.language import say
from contacts.handover.models import Handover
from journeys.enrollments.models import Touch
from journeys.enrollments.rules import say_reason
from orchestrator.arbiter.models import Verdict
from orchestrator.kernel.fields import translated
from reporting.explain import rules
from reporting.explain.queries import Line


@dataclass
class Row:
    """One row of the timeline."""

    at: datetime
    kind: str
    id: int
    badge: str
    tone: str
    title: str
    lead: str = ""
    text: str = ""
    until: datetime | None = None
    values: list[tuple[str, str]] = field(default_factory=list)


Facts = Mapping[str, Any]


def say_line(line: Line, *, event_names: Mapping[str, str], limits: Mapping[str, str]) -> Row:
    """Say one thing that happened. limits: names of the limits by short name."""
    row = Row(line.at, line.kind, line.id, badge="", tone=rules.TONES.get(line.kind, "grey"), title="")
    _SAID[line.kind](row, line.facts, event_names if line.kind in ("event", "feedback") else limits)
    return row


def _name(facts: Facts, stem: str = "name") -> str:
    return translated({"en": facts.get(f"{stem}_en") or "", "de": facts.get(f"{stem}_de") or ""})


def _reason(facts: Facts, limits: Mapping[str, str]) -> str:
    code = facts.get("reason") or ""
    return say_reason(code, limit=limits.get(code.removeprefix("cap_"), ""))


def _condition(condition: Any) -> str:
    return say(condition, (get_language() or "en")[:2]) if condition else ""


def _event(row: Row, facts: Facts, names: Mapping[str, str]) -> None:
    row.badge, row.title = _("event"), names.get(facts["name"], facts["name"])
    row.text = rules.say_properties(facts["properties"] or {})
    if facts["name"].startswith("email_") or facts["name"] == "unsubscribed":
        row.tone = "teal"
        row.badge = _("feedback")


def _signal(row: Row, facts: Facts, _names: Mapping[str, str]) -> None:
    row.badge, row.title = _("signal"), _name(facts)
    row.text = _condition(facts["condition"])
    row.values = rules.flat(facts["evidence"] or {})


def _stage(row: Row, facts: Facts, _names: Mapping[str, str]) -> None:
    row.badge, row.title = _("stage"), _name(facts)
    row.lead = f"{_name(facts, 'from')} → " if facts.get("from_en") else ""
    row.text = _condition(facts["condition"]) if facts["by"] == "rule" else _("by %(who)s") % {"who": facts["by"]}


def _entered(row: Row, facts: Facts, _names: Mapping[str, str]) -> None:
    row.badge, row.title = _("entered"), _name(facts)
    row.text = _("in the holdout: measured, never contacted") if facts["arm"] == "holdout" else ""


def _left(row: Row, facts: Facts, limits: Mapping[str, str]) -> None:
    row.badge, row.title = _("left"), _name(facts)
    row.text = _reason(facts, limits)
    if facts["reason"] == "goal":
        row.tone = "green"


def _refusal(row: Row, facts: Facts, limits: Mapping[str, str]) -> None:
    row.badge, row.title, row.text = _("not taken in"), _name(facts), _reason(facts, limits)


def _touch(row: Row, facts: Facts, limits: Mapping[str, str]) -> None:
    row.badge, row.tone = str(Touch.State(facts["state"]).label), rules.TONES[facts["state"]]
    row.lead, row.title = (
        _CHANNELS.get(facts["channel"], lambda: facts["channel"])() + " ",
        facts["subject"] or _name(facts),
    )
    where = [_name(facts, "journey"), _name(facts, "step")]
    if facts["state"] != Touch.State.SENT:
        where.append(_reason(facts, limits))
    row.text = " · ".join(text for text in where if text)
    if facts["state"] == Touch.State.HELD:
        row.until = _instant(facts["hold_until"])


def _verdict(row: Row, facts: Facts, limits: Mapping[str, str]) -> None:
    row.badge, row.tone = str(Verdict.Outcome(facts["outcome"]).label), rules.TONES[facts["outcome"]]
    row.lead, row.title = _CHANNELS.get(facts["channel"], lambda: facts["channel"])() + " ", _name(facts)
    row.text = " · ".join(text for text in (_name(facts, "journey"), _reason(facts, limits)) if text)
    row.until = _instant(facts["hold_until"])
    row.values = rules.flat(facts["gates"] or {})


def _handover(row: Row, facts: Facts, _names: Mapping[str, str]) -> None:
    row.badge, row.title = _("handover"), str(Handover.State(facts["state"]).label)
    row.text = " · ".join(text for text in (facts["team"], facts["by"], facts["note"]) if text)


def _consent(row: Row, facts: Facts, _names: Mapping[str, str]) -> None:
    row.badge, row.title = _("consent"), _name(facts)
    row.text = f"{Record.Decision(facts['decision']).label} · {facts['source']}"


def _instant(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


_CHANNELS: dict[str, Callable[[], str]] = {"email": lambda: _("E-mail")}
_SAID: dict[str, Callable[[Row, Facts, Mapping[str, str]], None]] = {
    "event": _event,
    "feedback": _event,
    "signal": _signal,
    "stage": _stage,
    "entered": _entered,
    "left": _left,
    "refusal": _refusal,
    "touch": _touch,
    "verdict": _verdict,
    "handover": _handover,
    "consent": _consent,
}
