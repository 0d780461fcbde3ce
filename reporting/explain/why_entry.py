"""Every gate of the entry of a journey for one person, in the order in which the engine asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from consent.limits.queries import holdouts_of
from consent.purposes.models import Purpose
from consent.records.models import State
from consent.records.queries import allowed_among
from contacts.conditions.language import depends_on, explain, say
from contacts.conditions.names import named
from contacts.conditions.rules import parse_duration, say_duration
from contacts.events.models import Event
from contacts.profiles.models import Contact
from contacts.segments.models import SegmentChange, SegmentMember
from contacts.signals.models import SignalFiring
from contacts.stages.models import StageChange
from journeys.definitions.entry import entry_texts
from journeys.definitions.models import Journey
from journeys.definitions.rules import PURPOSE
from journeys.enrollments.models import Enrollment, Trigger
from journeys.enrollments.turns import next_turn
from reporting.explain.gates import Reader
from reporting.templatetags.figures import short_at


class Why(NamedTuple):
    """One gate. passed: None where it does not decide. at: since when, or when last. tree: a condition leaf by leaf."""

    name: str
    text: str
    passed: bool | None
    at: datetime | None = None
    tree: dict[str, Any] | None = None


def entry_gates(
    contact: Contact,
    journey: Journey,
    definition: dict[str, Any],
    past: Sequence[Enrollment],
    reader: Reader,
    now: datetime,
) -> list[Why]:
    """Ask every gate of entry. past: the person's runs in this journey, open ones last."""
    entry = definition.get("entry") or {}
    gates = [
        _state_gate(journey, reader),
        _trigger_gate(contact, journey, entry, reader),
        *_turn_gates(entry, reader, now),
        *_again_gates(entry, past, reader, now),
    ]
    if "exclude" in entry:
        gates.append(_exclude_gate(contact, entry["exclude"], reader))
    gates += _holdout_gates(contact, journey, definition, reader)
    if entry.get("when"):
        tree = explain(entry["when"], contact_id=contact.pk, now=now, language=reader.language, names=reader.names)
        text = say(entry["when"], reader.language, reader.names)
        gates.append(Why(_("Condition of entry"), text, tree["truth"] is True, tree.get("since"), tree))
        if tree["truth"] is None and depends_on(entry["when"]).events:
            gates.append(_profiling_gate(contact))
    return gates + _limit_gates(contact, journey, entry.get("limits") or {}, past, now)


def _state_gate(journey: Journey, reader: Reader) -> Why:
    live = journey.state == Journey.State.LIVE
    text = str(journey.get_state_display())
    if journey.pause_until:
        text = _("%(state)s until %(time)s") % {"state": text, "time": short_at(journey.pause_until, reader.zone)}
    return Why(_("Journey"), text, live, journey.opened_at)


def _trigger_gate(contact: Contact, journey: Journey, entry: dict[str, Any], reader: Reader) -> Why:
    """Whether and when what opens the journey last happened to the person."""
    name = _("Trigger")
    last = _last_trigger(contact, journey, entry)
    text = entry_texts(entry, reader.names)[0] if entry else ""
    if last is None:
        return Why(name, _("%(what)s: never so far") % {"what": text}, False)
    return Why(name, _("%(what)s: last on %(time)s") % {"what": text, "time": short_at(last, reader.zone)}, None, last)


def _turn_gates(entry: dict[str, Any], reader: Reader, now: datetime) -> list[Why]:
    """When the schedule of a journey comes next, where the person lives or at the team's."""
    schedule = entry.get("schedule")
    if schedule is None:
        return []
    place = reader.zone if schedule.get("local", True) else settings.TEAM_TIME_ZONE
    turn = next_turn(schedule, place or settings.TEAM_TIME_ZONE, now)
    name = _("Next turn")
    return [Why(name, _("there is none any more"), False) if turn is None else Why(name, "", None, turn.at)]


def _last_trigger(contact: Contact, journey: Journey, entry: dict[str, Any]) -> datetime | None:
    queued = (
        Trigger.objects.filter(contact=contact, journey=journey).order_by("-at").values_list("at", flat=True).first()
    )
    found: list[datetime | None] = [queued]
    if "signal" in entry:
        rows: Any = SignalFiring.objects.filter(contact=contact, signal__slug=entry["signal"])
        found.append(rows.order_by("-fired_at").values_list("fired_at", flat=True).first())
    elif "event" in entry:
        rows = Event.objects.filter(contact=contact, name=entry["event"])
        found.append(rows.order_by("-occurred_at").values_list("occurred_at", flat=True).first())
    elif "segment" in entry:
        entered = entry.get("change", "entered") == "entered"
        rows = SegmentChange.objects.filter(contact=contact, segment__slug=entry["segment"], entered=entered)
        found.append(rows.order_by("-at").values_list("at", flat=True).first())
    elif "stage" in entry:
        rows = StageChange.objects.filter(contact=contact, to_stage__slug=entry["stage"])
        found.append(rows.order_by("-at").values_list("at", flat=True).first())
    elif "journey" in entry:
        rows = Enrollment.objects.filter(contact=contact, journey__slug=entry["journey"], left_at__isnull=False)
        found.append(rows.order_by("-left_at").values_list("left_at", flat=True).first())
    return max((at for at in found if at), default=None)


def _again_gates(entry: dict[str, Any], past: Sequence[Enrollment], reader: Reader, now: datetime) -> list[Why]:
    """Whether the person is in already, and whether the rule for coming again lets them in."""
    name = _("Coming again")
    inside = [run for run in past if run.left_at is None]
    if inside:
        keyed = bool(entry.get("key"))
        text = _("is in it, with the key “%(key)s”") % {"key": inside[0].key} if keyed else _("is in it already")
        return [Why(name, text, None if keyed else False, inside[0].entered_at)]
    if not past:
        return [Why(name, _("was never in it"), True)]
    last = max(past, key=lambda run: run.entered_at)
    rule = entry.get("reentry", {"after": "leaving"})
    if rule == "never":
        return [Why(name, _("was in it before, and nobody comes twice"), False, last.entered_at)]
    if rule == "parallel" or "delay" not in rule:
        return [Why(name, _("was in it before and may come again"), True, last.left_at)]
    begins = last.left_at if rule["after"] == "leaving" else last.entered_at
    free = (begins or now) + parse_duration(rule["delay"])
    told = {"delay": say_duration(rule["delay"], reader.language), "time": short_at(free, reader.zone)}
    return [Why(name, _("may come again %(delay)s later: from %(time)s") % told, free <= now, free)]


def _exclude_gate(contact: Contact, slug: str, reader: Reader) -> Why:
    member = SegmentMember.objects.filter(contact=contact, segment__slug=slug).first()
    text = {"name": named(reader.names, "segment", slug, reader.language)}
    if member:
        return Why(_("Excluded"), _("is in the segment “%(name)s”") % text, False, member.since)
    return Why(_("Excluded"), _("is not in the segment “%(name)s”") % text, True)


def _holdout_gates(contact: Contact, journey: Journey, definition: dict[str, Any], reader: Reader) -> list[Why]:
    """Groups for comparison that the person is in: kept out, or let in and never written to; service journeys know none."""
    free = Purpose.objects.filter(slug=definition.get("purpose", PURPOSE), enforcement="none").exists()
    found = [] if free else [one for one in holdouts_of(contact.pk) if one.holdout.journey in ("", journey.slug)]
    if not found:
        return [Why(_("Held out"), _("belongs to no group that is held out"), True)]
    words = {
        True: _("belongs to “%(name)s”: goes through, is measured, gets nothing"),
        False: _("belongs to “%(name)s”: is kept out for comparison"),
    }
    return [
        Why(
            _("Held out"),
            words[one.holdout.walks] % {"name": one.holdout.named(reader.language)},
            None if one.holdout.walks else False,
            one.since,
        )
        for one in found
    ]


def _profiling_gate(contact: Contact) -> Why:
    state = State.objects.filter(contact=contact, purpose__slug="profiling").first()
    granted = bool(allowed_among([contact.pk], Purpose.PROFILING))  # the guard on behaviour asks the same
    text = _("agreed: behaviour may be used") if granted else _("not agreed: behaviour is unknown")
    return Why(_("Profiling"), text, granted, state.since if state else None)


def _limit_gates(
    contact: Contact, journey: Journey, limits: dict[str, int], past: Sequence[Enrollment], now: datetime
) -> list[Why]:
    """The limits of the journey and of the person, each with what is used of it."""
    gates = []
    if "person" in limits:
        gates.append(_used(_("Times per person"), len(past), limits["person"]))
    spans = {"hour": timedelta(hours=1), "day": timedelta(days=1), "all": timedelta(days=365_00)}
    names = {"hour": _("People an hour"), "day": _("People a day"), "all": _("People in all")}
    asked = [key for key in spans if key in limits]
    if asked:
        counts = {key: Count("id", filter=Q(entered_at__gt=now - spans[key])) for key in asked}
        used = Enrollment.objects.filter(journey=journey).aggregate(**counts)
        gates += [_used(names[key], used[key], limits[key]) for key in asked]
    most = getattr(settings, "MOST_OPEN_JOURNEYS", 0)
    if most:
        gates.append(
            _used(_("Journeys at once"), Enrollment.objects.filter(contact=contact, left_at=None).count(), most)
        )
    return gates


def _used(name: str, used: int, most: int) -> Why:
    return Why(name, _("%(used)s of %(most)s used") % {"used": used, "most": most}, used < most)
