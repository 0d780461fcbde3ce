"""Says what would have to be otherwise for a decision to be another one: a sentence for every reason."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.conditions.names import named
from journeys.enrollments.rules import CAP_PREFIX
from reporting.explain.gates import Reader
from reporting.explain.replay import Incomplete, deciding_limit, known, moment, stopping
from reporting.templatetags.figures import short_at

Facts = Mapping[str, Any]
DAY, HOUR = 86_400, 3_600
CALENDAR: dict[str, Callable[[], str]] = {
    "day": lambda: _("in that calendar day"),
    "week": lambda: _("in that calendar week"),
    "month": lambda: _("in that calendar month"),
}


def say_changes(reason: str, gates: Facts, at: datetime, reader: Reader) -> list[str]:
    """Say what would change a verdict, the deciding point first, then what would stop the message next.

    Raises UnknownReason for a reason without a sentence.
    """
    try:
        reasons = stopping(gates, at)
    except Incomplete:
        reasons = []
    if not reason or reason not in reasons:
        reasons = [reason]
    return [say_change(one, gates, reader) for one in reasons]


def say_change(reason: str, gates: Facts, reader: Reader) -> str:
    """Say what would change one reason. Raises UnknownReason."""
    if reason.startswith(CAP_PREFIX):
        return _cap(gates, reader)
    return CHANGES[reason](gates, reader) if reason in CHANGES else known(reason)


def _approved(gates: Facts, reader: Reader) -> str:
    if gates.get("consent", {}).get("needed") is False:
        return _("it would be held back only if the address stopped working or the journey ended for the person")
    return _("it would be held back if the person withdrew “%(purpose)s”, or if one of the limits were used up") % {
        "purpose": _purpose(gates, reader)
    }


def _purpose(gates: Facts, reader: Reader) -> str:
    return named(reader.names, "purpose", gates.get("consent", {}).get("purpose") or "", reader.language)


def _no_consent(gates: Facts, reader: Reader) -> str:
    return _("if the person agreed to “%(purpose)s”") % {"purpose": _purpose(gates, reader)}


def _unsubscribed(gates: Facts, reader: Reader) -> str:
    return _("if the person agreed to “%(purpose)s” again") % {"purpose": _purpose(gates, reader)}


def _expired(gates: Facts, reader: Reader) -> str:
    until = _time(gates, "journey", "expires_at", reader)
    return _("if it had been decided before %(time)s, when the message stopped making sense") % {"time": until}


def _from(sentence: Callable[[], str], key: str, field: str) -> Callable[[Facts, Reader], str]:
    """A sentence that names when it is over."""
    return lambda gates, reader: sentence() % {"time": _time(gates, key, field, reader)}


def _plain(sentence: Callable[[], str]) -> Callable[[Facts, Reader], str]:
    return lambda gates, reader: sentence()


def _conflict(gates: Facts, reader: Reader) -> str:
    offer = gates.get("offer") or {}
    name = {"name": named(reader.names, "offer", offer.get("slug") or "", reader.language)}
    if offer.get("other"):
        name["other"] = named(reader.names, "offer", offer["other"], reader.language)
        return _("if the offer “%(other)s” were not open for the person or the company") % name
    return _("if the offer “%(name)s” were still open to the person") % name


def _outranked(gates: Facts, reader: Reader) -> str:
    return _("if no journey with a higher score had taken the place; the next one is free from %(time)s on") % {
        "time": _free(gates, "free_at", reader)
    }


def _reserved(gates: Facts, reader: Reader) -> str:
    return _("if no journey with a higher score needed the place soon; it is asked again %(time)s") % {
        "time": _free(gates, "reserved_until", reader)
    }


def _cap(gates: Facts, reader: Reader) -> str:
    limit = _limit(gates)
    if not limit.get("most"):
        return _("if the limit “%(name)s” allowed messages at all") % {"name": _named(limit, reader)}
    told = {"name": _named(limit, reader), "span": _span(limit), "time": _free(gates, "free_at", reader)}
    fewer = ngettext(
        "if no message had been sent %(span)s (“%(name)s”); a place is free from %(time)s on",
        "if fewer than %(most)s messages had been sent %(span)s (“%(name)s”); a place is free from %(time)s on",
        limit["most"],
    )
    return fewer % (told | {"most": limit["most"]})


def _limit(gates: Facts) -> Facts:
    caps: list[Facts] = gates.get("caps") or []
    if all("overflow" in cap for cap in caps):
        return deciding_limit(caps) or {}
    return caps[0]


def _named(limit: Facts, reader: Reader) -> str:
    slug = str(limit.get("limit", ""))
    return reader.limits.get(slug, slug)


def _span(limit: Facts) -> str:
    """The window of a limit, as it stood then: “in 7 days”, or in the calendar week."""
    if limit.get("calendar") in CALENDAR:
        return CALENDAR[limit["calendar"]]()
    seconds = int(limit.get("seconds") or 0)
    if not seconds:
        return _("in its window")
    if seconds % DAY == 0:
        return ngettext("in %(n)s day", "in %(n)s days", seconds // DAY) % {"n": seconds // DAY}
    hours = max(1, round(seconds / HOUR))
    return ngettext("in %(n)s hour", "in %(n)s hours", hours) % {"n": hours}


def _free(gates: Facts, field: str, reader: Reader) -> str:
    return short_at(moment(_limit(gates).get(field)), reader.zone) or "–"


def _time(gates: Facts, key: str, field: str, reader: Reader) -> str:
    return short_at(moment((gates.get(key) or {}).get(field)), reader.zone) or "–"


CHANGES: dict[str, Callable[[Facts, Reader], str]] = {
    "": _approved,
    "left_journey": _plain(lambda: _("if the person were still in the journey; a new run is decided anew")),
    "expired": _expired,
    "journey_paused": _plain(lambda: _("as soon as the journey runs again")),
    "sent_before_merge": _plain(lambda: _("if the same message had not gone to the person under another name")),
    "no_address": _plain(lambda: _("if the person had an address for this channel")),
    "address_bounced": _plain(lambda: _("if the person had another address, or this one worked again")),
    "complained": _plain(lambda: _("if nobody had complained under this address; only the person can take that back")),
    "suppressed": _plain(lambda: _("if the address were taken off the list of blocked addresses")),
    "restricted": _plain(lambda: _("if the restriction that the person asked for were lifted")),
    "no_consent": _no_consent,
    "unsubscribed": _unsubscribed,
    "holdout": _plain(
        lambda: _("if the person were not in the holdout; who is in stays in, so that it can be measured")
    ),
    "sales_conversation": _plain(lambda: _("as soon as sales has closed the conversation")),
    "rest_after_goal": _from(lambda: _("from %(time)s on, when the rest after the goal is over"), "rest", "until"),
    "rest_after_decline": _from(
        lambda: _("if it made no offer; offers may come again from %(time)s on"), "offer", "rest_until"
    ),
    "paused_by_person": _from(
        lambda: _("from %(time)s on, when the pause that the person chose is over"), "rest", "paused_until"
    ),
    "quiet_hours": _from(lambda: _("from %(time)s on, when quiet hours are over"), "quiet_hours", "until"),
    "offer_conflict": _conflict,
    "outranked": _outranked,
    "slot_reserved": _reserved,
    "missing_content": _plain(lambda: _("if the content had an approved text in the person's language")),
    "template_error": _plain(lambda: _("if the text could be filled in with what is known about the person")),
    "provider_rejected": _plain(lambda: _("if the mail server of the person accepted our mail")),
    "provider_unavailable": _plain(lambda: _("as soon as the mail server can be reached again")),
    "warm_up": _plain(lambda: _("as soon as the plan for the new sender has room again, tomorrow at the latest")),
    "no_sender": _plain(lambda: _("if a sender were set for its purpose, or one for all")),
    "no_imprint": _plain(lambda: _("if the legal address of the sender stood in the message")),
    "no_unsubscribe": _plain(lambda: _("if the message said how to unsubscribe")),
    "no_text": _plain(lambda: _("if the message had a part of plain text")),
    "rate_limited": _plain(lambda: _("as soon as its turn has come; nobody has to do anything")),
    "unknown_outcome": _plain(lambda: _("if the mail server had confirmed the message; it may have arrived")),
}
