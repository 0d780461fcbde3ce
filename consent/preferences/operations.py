"""Takes back what somebody agreed to who followed a signed link, and keeps how often they want to hear from us."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from consent.preferences.models import Preference
from consent.preferences.rules import Subject
from consent.preferences.standing import Standing, mailed, people_behind, standings, with_topics
from consent.purposes.models import Purpose
from consent.records.operations import Choice, record_consents
from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events
from orchestrator.kernel import doorbell

SOURCE = "preferences"


@transaction.atomic
def unsubscribe(*, subject: Subject, how: str, now: datetime, only_topic: bool = False) -> bool:
    """Withdraw e-mail marketing for everybody with this person's address, and tell it as an event `unsubscribed`.

    how: "page" or "one_click", kept as proof beside the touch. only_topic: withdraw no more than what the message was for.
    Returns False when there was nothing left to withdraw: nothing was written.
    """
    found = standings(people_behind(subject.contact_id))
    wanted = {subject.topic} if only_topic and subject.topic else mailed(found, subject.topic)
    return _withdraw(subject, found, wanted, how, now)


@transaction.atomic
def withdraw(*, subject: Subject, purposes: Collection[str] | None, how: str, now: datetime) -> bool:
    """Withdraw purposes with their topics, all of them when None, for everybody with this person's address.

    Returns False when there was nothing left to withdraw: nothing was written.
    """
    found = standings(people_behind(subject.contact_id))
    wanted = {one.purpose.slug for one in found} if purposes is None else purposes
    return _withdraw(subject, found, wanted, how, now)


def _withdraw(subject: Subject, found: Sequence[Standing], wanted: Collection[str], how: str, now: datetime) -> bool:
    proof = {"touch": subject.touch_id, "how": how}
    gone = []
    for one in with_topics(found, wanted):
        # Who has the same address is the same reader: no mail may reach it under another name.
        agreeing = set(one.holders)
        if one.purpose.slug == Purpose.EMAIL_MARKETING and subject.contact_id in one.silent:
            agreeing.add(subject.contact_id)  # who never agreed gets a record that they do not
        gone += [
            (one.purpose, Choice(pk, one.purpose.slug, "withdrawn", SOURCE, proof={**proof, "by": subject.contact_id}))
            for pk in sorted(agreeing)
        ]
    if not gone:
        return False
    record = record_consents(choices=[choice for _, choice in gone], now=now)[0]
    if any(purpose.kind == Purpose.Kind.COMMUNICATION for purpose, _ in gone):
        slugs = sorted({purpose.slug for purpose, _ in gone})
        _tell(subject, {**proof, "purposes": slugs}, record, now)
    return True


def _tell(subject: Subject, properties: dict[str, Any], record: int, now: datetime) -> None:
    EventType.objects.get_or_create(
        slug="unsubscribed", defaults={"kind": "feedback", "name_en": "Unsubscribed", "name_de": "Abgemeldet"}
    )
    # The record is part of the id: who agrees again and unsubscribes again by the same mail did so twice.
    message_id = f"unsubscribed-{subject.touch_id}-{record}"
    event = NewEvent(subject.contact_id, "unsubscribed", now, properties, message_id)
    record_events(events=[event], source=SOURCE, now=now)


@transaction.atomic
def choose_frequency(*, contact_id: int, frequency: str, paused_until: datetime | None, now: datetime) -> None:
    """Keep how often a person wants to hear from us, and until when not at all, for everybody with their address."""
    Preference.objects.bulk_create(
        [
            Preference(contact_id=pk, frequency=frequency, paused_until=paused_until, since=now)
            for pk in sorted(people_behind(contact_id))
        ],
        update_conflicts=True,
        unique_fields=["contact"],
        update_fields=["frequency", "paused_until", "since"],
    )
    doorbell.ring()
