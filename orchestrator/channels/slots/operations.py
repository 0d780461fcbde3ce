"""Writes of slots: one is saved or deleted; what somebody did with what was shown, each once."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F

from consent.purposes.models import Purpose
from consent.records.queries import allowed_among
from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events
from journeys.content.queries import Rendered
from journeys.enrollments.models import Touch
from orchestrator.channels.queries import known_event_types
from orchestrator.channels.settling import Settled, settle
from orchestrator.channels.slots import counts
from orchestrator.channels.slots.models import Showing, Slot, SlotDay
from orchestrator.channels.slots.preparing import prepare_fallbacks
from orchestrator.channels.slots.queries import Named
from orchestrator.channels.slots.rules import EVENT_TYPES, Reaction
from orchestrator.kernel import sql

SOURCE = "onsite"
LEASE = timedelta(seconds=60)
MOMENTS = {Reaction.SHOWN: "shown_at", Reaction.CLICKED: "clicked_at", Reaction.DISMISSED: "dismissed_at"}
log = structlog.get_logger(__name__)


@transaction.atomic
def save_slot(*, slot_id: int | None, given: Mapping[str, Any], now: datetime) -> Slot:
    """Make a slot, or change one; its fallback is filled in at once."""
    slot = Slot(created_at=now) if slot_id is None else Slot.objects.select_for_update().get(pk=slot_id)
    for name, value in given.items():
        setattr(slot, name, value)
    slot.fallback_texts, slot.fallback_version = {}, None
    slot.save()
    prepare_fallbacks(now=now, slot_ids=[slot.pk])
    slot.refresh_from_db()
    return slot


@transaction.atomic
def delete_slot(*, slot_id: int) -> bool:
    """Take a slot away with its counts; pages that still ask for it get 404. False when it is gone already."""
    return bool(Slot.objects.filter(pk=slot_id).delete()[0])


def record_reaction(*, named: Named, reaction: Reaction, machine: bool, now: datetime, product: str = "") -> bool:
    """Record what somebody did with what was shown; True the first time, False for a repetition or when it may not be.

    The first time that a message is seen is when it was sent: it is claimed and called under the guards of every delivery,
    so that a consent that was withdrawn meanwhile wins and nothing is written.
    """
    if named.touch is None:
        return _products(named, reaction, machine, now, product)
    try:
        with transaction.atomic():
            journey = _touch(named.touch, named.slot, reaction, machine, now)
    except IntegrityError as refusal:  # the database's own guard, journeys_touch_claimed or journeys_touch_called
        log.warning("touch refused by the database", touch=named.touch, words=str(refusal).splitlines()[0])
        return False
    if journey is None:
        return False
    counts.note(reaction, slot=named.slot, answer=SlotDay.Answer.TOUCH, journey=journey, now=now)
    return True


def _touch(touch_id: int, slot_id: int, reaction: Reaction, machine: bool, now: datetime) -> int | None:
    """Gives the journey when this happened for the first time."""
    if not sql.rows(sql.statement("orchestrator/channels/slots/sql/hold.sql"), {"id": touch_id}):
        return None
    touch = Touch.objects.select_related("journey", "block", "showing").filter(pk=touch_id, showing__isnull=False)
    one = touch.first()
    if one is None:
        return None
    sent = one.state == Touch.State.SENT or _send(one, now)
    column = MOMENTS[reaction]
    mine = Showing.objects.filter(touch_id=one.pk)
    if not sent and reaction != Reaction.DISMISSED:  # to close something asks nobody's leave
        return None
    if not mine.filter(**{f"{column}__isnull": True}).update(**{column: now}):
        return None
    if sent and reaction == Reaction.CLICKED:  # whoever clicks has seen it
        mine.filter(shown_at=None).update(shown_at=F("clicked_at"))
    if sent and allowed_among([one.contact_id], Purpose.PROFILING):
        properties = {"touch": one.pk, "journey": one.journey.slug, "block": one.block.slug, "slot": _slug(slot_id)}
        _record(f"onsite_{reaction}", one.contact_id, properties | {"likely_machine": machine}, str(one.pk), now)
    return one.journey_id


def _send(touch: Touch, now: datetime) -> bool:
    """Take an approved message for sent: claim, call, settle, in this transaction. False when something stands against it."""
    given: dict[str, Any] = {"id": touch.pk, "claim": uuid.uuid4(), "now": now, "lease_until": now + LEASE}
    if not sql.count(sql.statement("orchestrator/channels/slots/sql/claim.sql"), given):
        return False
    if not sql.count(sql.statement("orchestrator/channels/slots/sql/call.sql"), given):
        return False
    showing = touch.showing
    rendered = Rendered(showing.content.get("title", "")[:500], "", "", showing.language, showing.version)
    done = settle([Settled(touch.pk, "sent", rendered=rendered)], claim=given["claim"], now=now)
    return done[touch.pk] == Touch.State.SENT


@transaction.atomic
def _products(named: Named, reaction: Reaction, machine: bool, now: datetime, product: str) -> bool:
    """Products that a person got: once a day and slot, and product where one was clicked."""
    if reaction == Reaction.DISMISSED or not named.contact or not allowed_among([named.contact], Purpose.PROFILING):
        return False
    slug = _slug(named.slot)
    key = f"products-{named.contact}-{named.slot}-{named.day}"
    properties = {"slot": slug, "likely_machine": machine}
    if reaction == Reaction.CLICKED and product:
        properties |= {"product_id": product}
        key += f"-{product}"
    if not slug or not _record(f"onsite_{reaction}", named.contact, properties, key, now):
        return False
    counts.note(reaction, slot=named.slot, answer=SlotDay.Answer.RECOMMENDATION, journey=None, now=now)
    return True


def _record(name: str, contact_id: int, properties: Mapping[str, Any], key: str, now: datetime) -> bool:
    if known_event_types(EVENT_TYPES) < EVENT_TYPES.keys():
        types = [
            EventType(slug=slug, kind=EventType.Kind.FEEDBACK, name_en=en, name_de=de)
            for slug, (en, de) in EVENT_TYPES.items()
        ]
        EventType.objects.bulk_create(types, ignore_conflicts=True)
    event = NewEvent(contact_id, name, now, properties, f"{name}-{key}"[:200])
    return record_events(events=[event], source=SOURCE, now=now)[0]


def _slug(slot_id: int) -> str:
    return Slot.objects.filter(pk=slot_id).values_list("slug", flat=True).first() or ""
