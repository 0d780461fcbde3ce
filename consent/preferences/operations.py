"""Takes back a consent for somebody who followed a signed link. It can only lower what was agreed."""

from datetime import datetime

from django.db import transaction

from consent.preferences.rules import Subject
from consent.purposes.models import Purpose
from consent.records import queries as records
from consent.records.operations import record_consent
from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events

SOURCE = "preferences"


@transaction.atomic
def unsubscribe(*, subject: Subject, how: str, now: datetime) -> bool:
    """Withdraw e-mail marketing, and tell it as an event `unsubscribed`.

    how: "page" or "one_click", kept as proof beside the touch.
    Returns False when there was nothing left to withdraw: nothing was written.
    """
    if records.has_granted(subject.contact_id, Purpose.EMAIL_MARKETING) is False:
        return False
    proof = {"touch": subject.touch_id, "how": how}
    record = record_consent(
        contact_id=subject.contact_id,
        purpose=Purpose.EMAIL_MARKETING,
        decision="withdrawn",
        source=SOURCE,
        now=now,
        proof=proof,
    )
    EventType.objects.get_or_create(
        slug="unsubscribed", defaults={"kind": "feedback", "name_en": "Unsubscribed", "name_de": "Abgemeldet"}
    )
    # The record is part of the id: who agrees again and unsubscribes again by the same mail did so twice.
    message_id = f"unsubscribed-{subject.touch_id}-{record}"
    event = NewEvent(subject.contact_id, "unsubscribed", now, proof, message_id)
    record_events(events=[event], source=SOURCE, now=now)
    return True
