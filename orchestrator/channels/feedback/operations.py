"""Records opens and clicks as events of the person they belong to."""

from datetime import datetime
from typing import Any

from django.db import transaction

from consent.purposes.models import Purpose
from consent.records.queries import has_granted
from contacts.events.operations import NewEvent, record_events
from journeys.enrollments.models import Touch

SOURCE = "email"


@transaction.atomic
def record_feedback(*, touch: Touch, name: str, machine: bool, now: datetime, position: int = 0, url: str = "") -> bool:
    """Record that a message was opened or a link in it clicked, once a minute, machines apart from people.

    touch: with journey and block. Returns False for a repetition, and when the person does not agree to profiling
    any more: nothing was written.
    """
    if not has_granted(touch.contact_id, Purpose.PROFILING):
        return False
    who = "machine" if machine else "person"
    message_id = f"{name}-{touch.pk}-{position}-{now:%Y%m%d%H%M}-{who}"
    properties: dict[str, Any] = {
        "touch": touch.pk,
        "journey": touch.journey.slug,
        "block": touch.block.slug,
        "likely_machine": machine,
    }
    if url:
        properties["url"] = url
    event = NewEvent(touch.contact_id, name, now, properties, message_id)
    return record_events(events=[event], source=SOURCE, now=now)[0]
