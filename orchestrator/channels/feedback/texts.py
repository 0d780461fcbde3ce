"""Heeds what comes back of text messages: arrived, not arrived, and that somebody wants no more of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from consent.preferences.standing import standings
from consent.purposes.models import Purpose
from consent.records.operations import Choice, record_consents, suppress_address
from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events
from contacts.identity.operations import hold_people
from contacts.profiles.models import Contact
from journeys.enrollments.models import Touch
from orchestrator.channels.feedback.sms_rules import DELIVERED, EVENT_TYPES, FAILED, wants_no_more
from orchestrator.channels.texting import DEAD, STOPPED

CHANNEL = SOURCE = "sms"


@transaction.atomic
def take_status(*, touch: Touch, status: str, code: str, now: datetime) -> bool:
    """Record that a message arrived, or that it did not; a number that is none is never written to again.

    touch: with journey. Returns False for a state that says neither, and for a repetition: nothing was written.
    """
    name = "sms_delivered" if status in DELIVERED else "sms_failed" if status in FAILED else ""
    if not name or not _record(touch, name, code, now):
        return False
    if name == "sms_delivered":  # an answer was lost, and this one says what it would have said
        lost = Touch.objects.filter(pk=touch.pk, state=Touch.State.UNKNOWN)
        lost.update(state=Touch.State.SENT, reason="", sent_at=now)
    elif code in DEAD:
        suppress_address(channel=CHANNEL, address=touch.address, reason="bounced", now=now)
    elif code in STOPPED:
        _stop(touch.address, {"touch": touch.pk, "how": "provider", "code": code}, now)
    return True


@transaction.atomic
def heed_refusal(*, touch: Touch, bounced: bool, stopped: bool, words: str, now: datetime) -> None:
    """Heed that a service refused a message because of who it is for. touch: with journey."""
    if not _record(touch, "sms_failed", words[:40], now):
        return
    if bounced:
        suppress_address(channel=CHANNEL, address=touch.address, reason="bounced", now=now)
    elif stopped:
        _stop(touch.address, {"touch": touch.pk, "how": "provider", "code": words[:40]}, now)


@transaction.atomic
def take_reply(*, number: str, text: str, key: str, now: datetime) -> str:
    """Record that somebody answered; who asks to stop gets no marketing by SMS from this moment on.

    key: the service's id of the reply. Returns "stopped", "noted", "duplicate" or "unknown" (nobody has the number;
    it is silenced all the same where it asks for that).
    """
    stops = wants_no_more(text)
    people = _people(number)
    if not people:
        if stops:
            suppress_address(channel=CHANNEL, address=number, reason="objected", now=now)
        return "unknown"
    name = "unsubscribed" if stops else "sms_replied"
    properties: dict[str, Any] = {"how": "sms_reply"} if stops else {}
    events = [NewEvent(pk, name, now, properties, f"{name}-{key}-{pk}") for pk in people]
    if not any(_told(events, now)):
        return "duplicate"
    if stops:
        _stop(number, {"how": "sms_reply", "reply": key}, now)
    return "stopped" if stops else "noted"


def _stop(number: str, proof: dict[str, Any], now: datetime) -> None:
    """Withdraw what is for SMS alone for everybody with the number, and silence it for all other marketing by SMS."""
    suppress_address(channel=CHANNEL, address=number, reason="objected", now=now)
    people = _people(number)
    choices = []
    for one in standings(people) if people else ():
        if one.purpose.kind == Purpose.Kind.COMMUNICATION and one.purpose.channel == CHANNEL:
            silent = one.silent if one.purpose.parent_id is None else frozenset()
            choices += [
                Choice(pk, one.purpose.slug, "withdrawn", SOURCE, proof=proof) for pk in sorted(one.holders | silent)
            ]
    record_consents(choices=choices, now=now)


def _people(number: str) -> list[int]:
    """Everybody with a number; a merge that runs meanwhile is waited for."""
    found = Contact.objects.filter(phone=number).exclude(phone="").values_list("pk", flat=True)
    return sorted({pk for pk in hold_people(contact_ids=list(found)).values() if pk})


def _record(touch: Touch, name: str, code: str, now: datetime) -> bool:
    person = hold_people(contact_ids=[touch.contact_id]).get(touch.contact_id)
    if not person:
        return False
    properties: dict[str, Any] = {"touch": touch.pk, "journey": touch.journey.slug} | ({"code": code} if code else {})
    return _told([NewEvent(person, name, now, properties, f"{name}-{touch.pk}")], now)[0]


def _told(events: Iterable[NewEvent], now: datetime) -> list[bool]:
    named = {**EVENT_TYPES, "unsubscribed": ("Unsubscribed", "Abgemeldet")}
    types = [
        EventType(slug=slug, kind=EventType.Kind.FEEDBACK, name_en=en, name_de=de) for slug, (en, de) in named.items()
    ]
    EventType.objects.bulk_create(types, ignore_conflicts=True)
    return record_events(events=list(events), source=SOURCE, now=now)
