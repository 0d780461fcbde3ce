"""Takes back a consent for somebody who followed a signed link. It can only lower what was agreed."""

from datetime import datetime

from django.db import transaction

from consent.preferences.queries import same_address
from consent.preferences.rules import Subject
from consent.purposes.models import Purpose
from consent.records import queries as records
from consent.records.operations import Choice, record_consents
from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events

SOURCE = "preferences"


@transaction.atomic
def unsubscribe(*, subject: Subject, how: str, now: datetime) -> bool:
    """Withdraw e-mail marketing for everybody with this person's address, and tell it as an event `unsubscribed`.

    how: "page" or "one_click", kept as proof beside the touch.
    Returns False when there was nothing left to withdraw: nothing was written.
    """
    proof = {"touch": subject.touch_id, "how": how}
    # Who has the same address is the same reader: no mail may reach it under another name.
    agreeing = records.granted_among(same_address(subject.contact_id), Purpose.EMAIL_MARKETING)
    if records.has_granted(subject.contact_id, Purpose.EMAIL_MARKETING) is not False:
        agreeing.add(subject.contact_id)
    if not agreeing:
        return False
    choices = [
        Choice(contact_id, Purpose.EMAIL_MARKETING, "withdrawn", SOURCE, proof={**proof, "by": subject.contact_id})
        for contact_id in sorted(agreeing)
    ]
    record = record_consents(choices=choices, now=now)[0]
    EventType.objects.get_or_create(
        slug="unsubscribed", defaults={"kind": "feedback", "name_en": "Unsubscribed", "name_de": "Abgemeldet"}
    )
    # The record is part of the id: who agrees again and unsubscribes again by the same mail did so twice.
    message_id = f"unsubscribed-{subject.touch_id}-{record}"
    event = NewEvent(subject.contact_id, "unsubscribed", now, proof, message_id)
    record_events(events=[event], source=SOURCE, now=now)
    return True
