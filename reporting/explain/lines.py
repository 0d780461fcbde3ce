"""Says each thing that happened to a person: a badge, a title, a sentence, and the values behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from consent.records.models import Record
from contacts.conditions.evidence import say_evidence
from contacts.conditions.language import say
from contacts.conditions.names import named, spaced
from contacts.handover.models import Handover
from journeys.enrollments.models import Touch
from journeys.enrollments.rules import say_reason
from orchestrator.arbiter.models import Verdict
from orchestrator.kernel.fields import translated
from reporting.explain import rules
from reporting.explain.gates import Gate, Reader, say_gates
from reporting.explain.queries import Line

BY_STEP = "journey step "  # how a step of a journey signs a change of stage


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
    gates: list[Gate] = field(default_factory=list)
    block: str = ""  # the content of a message, and the version it was sent with
    version: int | None = None


Facts = Mapping[str, Any]


def say_line(line: Line, reader: Reader) -> Row:
    """Say one thing that happened."""
    row = Row(line.at, line.kind, line.id, badge="", tone=rules.TONES.get(line.kind, "grey"), title="")
    _SAID[line.kind](row, line.facts, reader)
    return row


def _name(facts: Facts, stem: str = "name") -> str:
    return translated({"en": facts.get(f"{stem}_en") or "", "de": facts.get(f"{stem}_de") or ""})


def _reason(facts: Facts, reader: Reader) -> str:
    code = facts.get("reason") or ""
    return say_reason(code, limit=reader.limits.get(code.removeprefix("cap_"), ""))


def _condition(condition: Any, reader: Reader) -> str:
    return say(condition, reader.language, reader.names) if condition else ""


def _event(row: Row, facts: Facts, reader: Reader) -> None:
    row.badge, row.title = _("event"), named(reader.names, "event", facts["name"], reader.language)
    row.text = rules.say_properties(facts["properties"] or {})
    if facts["name"].startswith("email_") or facts["name"] == "unsubscribed":
        row.tone = "teal"
        row.badge = _("feedback")


def _signal(row: Row, facts: Facts, reader: Reader) -> None:
    row.badge, row.title = _("signal"), _name(facts)
    evidence = facts["evidence"] or {}
    seen = say_evidence(evidence, facts["condition"], reader.language, reader.names)
    said = [seen or _condition(facts["condition"], reader), rules.say_properties(evidence.get("properties") or {})]
    row.text = " · ".join(filter(None, said))


def _stage(row: Row, facts: Facts, reader: Reader) -> None:
    row.badge, row.title = _("stage"), _name(facts)
    row.lead = f"{_name(facts, 'from')} → " if facts.get("from_en") else ""
    if facts["by"] == "rule":
        row.text = _condition(facts["condition"], reader)
    elif facts["by"].startswith(BY_STEP):
        row.text = _("by the step “%(name)s” of a journey") % {"name": spaced(facts["by"].removeprefix(BY_STEP))}
    else:
        row.text = _("by %(who)s") % {"who": facts["by"]}


def _entered(row: Row, facts: Facts, _reader: Reader) -> None:
    row.badge, row.title = _("entered"), _name(facts)
    row.text = _("in the holdout: measured, never contacted") if facts["arm"] == "holdout" else ""


def _left(row: Row, facts: Facts, reader: Reader) -> None:
    row.badge, row.title = _("left"), _name(facts)
    row.text = _reason(facts, reader)
    if facts["reason"] == "goal":
        row.tone = "green"


def _refusal(row: Row, facts: Facts, reader: Reader) -> None:
    row.badge, row.title, row.text = _("not taken in"), _name(facts), _reason(facts, reader)


def _touch(row: Row, facts: Facts, reader: Reader) -> None:
    row.badge, row.tone = str(Touch.State(facts["state"]).label), rules.TONES[facts["state"]]
    row.lead, row.title = (
        _CHANNELS.get(facts["channel"], lambda: facts["channel"])() + " ",
        facts["subject"] or _name(facts),
    )
    where = [_name(facts, "journey"), _name(facts, "step")]
    if facts["state"] != Touch.State.SENT:
        where.append(_reason(facts, reader))
    row.text = " · ".join(text for text in where if text)
    row.block, row.version = facts["block"], facts["content_version"]
    if facts["state"] == Touch.State.HELD:
        row.until = _instant(facts["hold_until"])


def _verdict(row: Row, facts: Facts, reader: Reader) -> None:
    row.badge, row.tone = str(Verdict.Outcome(facts["outcome"]).label), rules.TONES[facts["outcome"]]
    row.lead, row.title = _CHANNELS.get(facts["channel"], lambda: facts["channel"])() + " ", _name(facts)
    row.text = " · ".join(text for text in (_name(facts, "journey"), _reason(facts, reader)) if text)
    row.until = _instant(facts["hold_until"])
    row.gates = say_gates(facts["gates"] or {}, reader)


def _handover(row: Row, facts: Facts, reader: Reader) -> None:
    row.badge, row.title = _("handover"), str(Handover.State(facts["state"]).label)
    opened = ("journey", facts["by"]) in reader.names  # by a journey, else by a person
    by = named(reader.names, "journey", facts["by"], reader.language) if opened else facts["by"]
    row.text = " · ".join(text for text in (spaced(facts["team"]), by, facts["note"]) if text)


def _consent(row: Row, facts: Facts, _reader: Reader) -> None:
    row.badge, row.title = _("consent"), _name(facts)
    row.text = f"{Record.Decision(facts['decision']).label} · {facts['source']}"


def _instant(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


_CHANNELS: dict[str, Callable[[], str]] = {
    "email": lambda: _("E-mail"),
    "sms": lambda: _("SMS"),
    "push": lambda: _("Push message"),
    "letter": lambda: _("Letter"),
    "onsite": lambda: _("Message on the site"),
}
_SAID: dict[str, Callable[[Row, Facts, Reader], None]] = {
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
