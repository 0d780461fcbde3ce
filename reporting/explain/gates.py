"""Says what the arbiter saw at every gate, for a person: the name of the gate, a sentence, and whether it was open."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import formats
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts.conditions.names import Names, named
from journeys.enrollments.rules import TOUCH_REASONS, say_reason
from orchestrator.kernel.fields import translated
from reporting.explain import rules
from reporting.templatetags.figures import short_at


class Gate(NamedTuple):
    """One gate of a verdict. passed: None where the gate does not concern the message."""

    name: str
    text: str
    passed: bool | None


class Reader(NamedTuple):
    """For whom a verdict is said: the zone of its times, the language, and the names of limits and of things."""

    zone: str
    language: str
    names: Names
    limits: Mapping[str, str]


Facts = Mapping[str, Any]


def say_gates(gates: Facts, reader: Reader) -> list[Gate]:
    """Say every gate of a verdict, in the order in which the arbiter asks."""
    served = gates.get("consent", {}).get("needed") is False
    said = []
    for key, (name, sentence) in _GATES.items():
        if key not in gates:
            continue
        if served and key in _MARKETING_ONLY:
            said.append(Gate(name(), _("does not concern service messages"), None))
        else:
            said.append(Gate(name(), *sentence(gates[key], reader)))
    others = {key: value for key, value in gates.items() if key not in _GATES}
    return said + [Gate(name, text, None) for name, text in rules.flat(others)]


Said = tuple[str, bool | None]


def _journey(facts: Facts, reader: Reader) -> Said:
    if facts.get("left") and facts["left"] not in ("completed", "moved_version"):
        return say_reason(facts["left"]), False
    if facts.get("state") == "paused":
        return say_reason("journey_paused"), False
    until = _when(facts.get("expires_at"), reader)
    return _("the message makes sense until %(time)s") % {"time": until} if until else _("goes on"), True


def _address(facts: Facts, _reader: Reader) -> Said:
    if not facts.get("known"):
        return say_reason("no_address"), False
    if blocked := facts.get("suppression"):
        code = {"bounced": "address_bounced", "complained": "complained"}.get(blocked, "suppressed")
        return translated(dict(zip(("en", "de"), TOUCH_REASONS[code], strict=True))), False
    return _("the address is known and not blocked"), True


def _consent(facts: Facts, reader: Reader) -> Said:
    purpose = {"name": named(reader.names, "purpose", facts.get("purpose") or "", reader.language)}
    if facts.get("needed") is False:
        return _("“%(name)s” needs none") % purpose, None
    since = _when(facts.get("since"), reader)
    if facts.get("granted"):
        return _("“%(name)s”: yes, since %(time)s") % (purpose | {"time": since}), True
    if since:
        return _("“%(name)s”: no, since %(time)s") % (purpose | {"time": since}), False
    return _("“%(name)s”: never said") % purpose, False


def _holdout(facts: Facts, _reader: Reader) -> Said:
    if facts.get("arm") == "holdout":
        return say_reason("holdout"), False
    return _("is not in the holdout"), True


def _sales(facts: Facts, _reader: Reader) -> Said:
    if facts.get("handover"):
        return say_reason("sales_conversation"), False
    return _("sales is not in conversation"), True


def _quiet_hours(facts: Facts, reader: Reader) -> Said:
    place = {"zone": (facts.get("zone") or reader.zone).replace("_", " ")}
    if until := _when(facts.get("until"), reader):
        return _("quiet in %(zone)s until %(time)s") % (place | {"time": until}), False
    return _("it is not quiet in %(zone)s") % place, True


def _caps(facts: Any, reader: Reader) -> Said:
    if not facts or not isinstance(facts, list):
        return _("there is room under every limit"), True
    full = []
    for cap in facts:
        name = reader.limits.get(cap["limit"], cap["limit"])
        told = {"name": name, "used": cap["used"], "most": cap["most"], "time": _when(cap.get("free_at"), reader)}
        full.append(_("“%(name)s”: %(used)s of %(most)s used, room again at %(time)s") % told)
    return "; ".join(full), False


def _priority(facts: Facts, _reader: Reader) -> Said:
    numbers = {key: _number(facts.get(key)) for key in ("priority", "value", "score")}
    return _("priority %(priority)s × value %(value)s = %(score)s") % numbers, None


def _when(text: str | None, reader: Reader) -> str:
    moment: datetime | None = parse_datetime(text) if text else None
    return short_at(moment, reader.zone)


def _number(value: float | None) -> str:
    """A number without places that say nothing, as the language writes it."""
    if value is None:
        return "–"
    return str(formats.localize(int(value) if float(value).is_integer() else value))


_MARKETING_ONLY = ("holdout", "sales", "quiet_hours", "caps")
_GATES: dict[str, tuple[Callable[[], str], Callable[[Any, Reader], Said]]] = {
    "journey": (lambda: _("Journey"), _journey),
    "address": (lambda: _("Address"), _address),
    "consent": (lambda: _("Consent"), _consent),
    "holdout": (lambda: _("Holdout"), _holdout),
    "sales": (lambda: _("Sales"), _sales),
    "quiet_hours": (lambda: _("Quiet hours"), _quiet_hours),
    "caps": (lambda: _("Limits"), _caps),
    "priority": (lambda: _("Order among journeys"), _priority),
}
