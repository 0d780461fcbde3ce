"""Keys for machines, and what they bring: everything of a request in one transaction."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from contacts.events.operations import NewEvent
from contacts.profiles.operations import NewContact, Warn, upsert_contacts
from orchestrator.api.arrivals import NewArrival, record_arrival
from orchestrator.api.models import ApiKey
from orchestrator.api.rules import ContactIn, EventIn
from orchestrator.channels.feedback.bounces import record_facts

PREFIX = "ok_"


@transaction.atomic
def create_key(*, name: str, source: str, now: datetime, public: bool = False, scope: str = ApiKey.Scope.INTAKE) -> str:
    """Make a key for a machine and return it in clear, this one time: only its SHA-256 is kept.

    source: what its events are recorded under; message ids count once per source. public: it stands in a web page or
    an app, where everybody can read it. scope: what it may.
    """
    key = PREFIX + secrets.token_urlsafe(32)
    digest = hashlib.sha256(key.encode()).hexdigest()
    ApiKey.objects.create(
        name=name, prefix=key[:8], digest=digest, source=source, public=public, scope=scope, created_at=now
    )
    return key


@transaction.atomic
def revoke_key(*, key_id: int, now: datetime) -> bool:
    """End a key. Returns False when it was over already."""
    return ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=now) == 1


@transaction.atomic
def take_contacts(
    *, people: Sequence[ContactIn], arrival: NewArrival, now: datetime, warn: Warn | None = None
) -> list[int]:
    """Make or change the people of a request. Returns their ids in order; warn is told what was not taken over."""
    record_arrival(arrival=arrival, now=now)
    return upsert_contacts(people=[_person(person) for person in people], source=arrival.source, now=now, warn=warn)


@transaction.atomic
def take_events(*, events: Sequence[EventIn], arrival: NewArrival, now: datetime) -> list[bool]:
    """Store the events of a request; people who are not known yet are made. Returns one flag each: False for a duplicate.

    Every event brings its time and its message id by now.
    """
    record_arrival(arrival=arrival, now=now)
    source = arrival.source
    people = list({(event.contact.external_id, event.contact.email): None for event in events})
    ids = upsert_contacts(people=[NewContact(*person) for person in people], source=source, now=now)
    found = dict(zip(people, ids, strict=True))
    new = [
        NewEvent(
            contact_id=found[event.contact.external_id, event.contact.email],
            name=event.name,
            occurred_at=event.occurred_at or now,
            properties=event.properties or {},
            message_id=event.message_id or "",
        )
        for event in events
    ]
    return record_facts(events=new, source=source, now=now)


def _person(person: ContactIn) -> NewContact:
    return NewContact(
        external_id=person.external_id or None,
        email=person.email,
        phone=person.phone,
        first_name=person.first_name,
        last_name=person.last_name,
        language=person.language,
        country=person.country.upper() if person.country is not None else None,
        time_zone=person.time_zone,
        job_title=person.job_title,
        account=person.account,
        attributes=person.attributes or None,
    )
