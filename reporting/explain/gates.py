"""Says what the arbiter saw at every gate, for a person: the name of the gate, a sentence, and whether it was open."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import formats
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts.conditions.names import Names, named
from journeys.enrollments.rules import TOUCH_REASONS, say_reason
from journeys.offers.rules import say_against
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
    if facts.get("against") == "restricted":
        return say_reason("restricted"), False
    if facts.get("needed") is False:
        return _("“%(name)s” needs none") % purpose, None
    since = _when(facts.get("since"), reader)
    if facts.get("granted") and facts.get("against"):
        return _("“%(name)s”: agreed, but not to what it is a topic of, or it is not in use here") % purpose, False
    if not facts.get("granted") and facts.get("against") == "":
        return _("“%(name)s”: nobody objected") % purpose, True
    if facts.get("granted"):
        return _("“%(name)s”: yes, since %(time)s") % (purpose | {"time": since}), True
    if since:
        return _("“%(name)s”: no, since %(time)s") % (purpose | {"time": since}), False
    return _("“%(name)s”: never said") % purpose, False


def _holdout(facts: Facts, _reader: Reader) -> Said:
    if facts.get("arm") == "holdout" or facts.get("group"):
        return say_reason("holdout"), False
    return _("is not in the holdout"), True


def _sales(facts: Facts, _reader: Reader) -> Said:
    if facts.get("handover"):
        return say_reason("sales_conversation"), False
    return _("sales is not in conversation"), True


def _rest(facts: Facts, reader: Reader) -> Said:
    if until := _when(facts.get("until"), reader):
        return _("has just reached a goal and rests until %(time)s") % {"time": until}, False
    if until := _when(facts.get("paused_until"), reader):
        return _("asked for a pause until %(time)s") % {"time": until}, None
    return _("neither rests nor pauses"), True


def _quiet_hours(facts: Facts, reader: Reader) -> Said:
    place = {"zone": (facts.get("zone") or reader.zone).replace("_", " ")}
    if until := _when(facts.get("until"), reader):
        return _("quiet in %(zone)s until %(time)s") % (place | {"time": until}), False
    return _("it is not quiet in %(zone)s") % place, True


def _offer(facts: Facts, reader: Reader) -> Said:
    name = {"name": named(reader.names, "offer", facts.get("slug") or "", reader.language)}
    if until := _when(facts.get("rest_until"), reader):
        return _("declined an offer and rests from offers until %(time)s") % {"time": until}, False
    if facts.get("other"):
        name |= {"other": named(reader.names, "offer", facts["other"], reader.language)}
        return _("“%(name)s”, but “%(other)s” is open for the person or the company") % name, False
    if against := facts.get("against"):
        return f"“{name['name']}”: {say_against(against)}", False
    return _("“%(name)s” is open until %(time)s") % (name | {"time": _when(facts.get("expires_at"), reader)}), True


def _caps(facts: Any, reader: Reader) -> Said:
    if not facts or not isinstance(facts, list):
        return _("there is room under every limit"), True
    full = []
    for cap in facts:
        name = reader.limits.get(cap["limit"], cap["limit"])
        free, kept = _when(cap.get("free_at"), reader), _when(cap.get("reserved_until"), reader)
        told = {"name": name, "used": cap["used"], "most": cap["most"], "time": free or kept}
        if kept and cap["used"] < cap["most"]:
            full.append(_("“%(name)s”: %(used)s of %(most)s used, the rest is kept until %(time)s") % told)
        elif free:
            full.append(_("“%(name)s”: %(used)s of %(most)s used, room again at %(time)s") % told)
        else:
            full.append(_("“%(name)s”: %(used)s of %(most)s used") % told)
    return "; ".join(full), False


def _priority(facts: Facts, _reader: Reader) -> Said:
    numbers = {key: _number(facts.get(key)) for key in ("priority", "value", "score", "context", "propensity")}
    if facts.get("context") is None and facts.get("propensity") is None:
        return _("priority %(priority)s × value %(value)s = %(score)s") % numbers, None
    numbers["context"] = _number(1 if facts.get("context") is None else facts["context"])
    numbers["propensity"] = _number(1 if facts.get("propensity") is None else facts["propensity"] / 100)
    text = _("priority %(priority)s × value %(value)s × context %(context)s × propensity %(propensity)s = %(score)s")
    return text % numbers, None


def _next_channel(name: Any, _reader: Reader) -> Said:
    return _("is tried in the channel “%(name)s”") % {"name": name}, None


def _when(text: str | None, reader: Reader) -> str:
    moment: datetime | None = parse_datetime(text) if text else None
    return short_at(moment, reader.zone)


def _number(value: float | None) -> str:
    """A number without places that say nothing, as the language writes it."""
    if value is None:
        return "–"
    return str(formats.localize(int(value) if float(value).is_integer() else value))


_MARKETING_ONLY = ("holdout", "sales", "rest", "quiet_hours", "offer", "caps")
_GATES: dict[str, tuple[Callable[[], str], Callable[[Any, Reader], Said]]] = {
    "journey": (lambda: _("Journey"), _journey),
    "address": (lambda: _("Address"), _address),
    "consent": (lambda: _("Consent"), _consent),
    "holdout": (lambda: _("Holdout"), _holdout),
    "sales": (lambda: _("Sales"), _sales),
    "rest": (lambda: _("Rest"), _rest),
    "quiet_hours": (lambda: _("Quiet hours"), _quiet_hours),
    "offer": (lambda: _("Offer"), _offer),
    "caps": (lambda: _("Limits"), _caps),
    "priority": (lambda: _("Order among journeys"), _priority),
    "next_channel": (lambda: _("Next channel"), _next_channel),
}
