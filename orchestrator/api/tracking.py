"""What an SDK says becomes people, companies, events and aliases: everything of a request in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from contacts.accounts.operations import NewAccount, upsert_accounts
from contacts.events.operations import NewEvent, record_events
from contacts.identity.finding import Identified
from contacts.identity.operations import identify_people
from contacts.identity.rules import Seen
from contacts.profiles.operations import NewContact, Warn, upsert_contacts
from orchestrator.api.arrivals import NewArrival, record_arrival
from orchestrator.api.dialect import Said
from orchestrator.channels.feedback.bounces import record_facts


@transaction.atomic
def take_tracked(
    *, items: Sequence[Said], arrival: NewArrival, trusted: bool, now: datetime, warn: Warn | None = None
) -> list[bool]:
    """Store what the items of a request say. Returns one flag each: False for an event that was there already.

    People first, whatever the order of the items, so that all that a request says about one person lands on one contact.
    trusted: False for a public key, which makes visitors and events and changes nobody who is known. warn is told of
    attributes that were not taken over: place, key, message. Raises Gone: nothing was written, try again.
    """
    source = arrival.source
    record_arrival(arrival=arrival, now=now)
    people = _people(items, source, trusted, now)
    _describe(items, people, source, trusted, now, warn)
    flags = [True] * len(items)
    places = [place for place, said in enumerate(items) if said.event]
    events = [_event(items[place], people[place].contact_id) for place in places]
    record = record_facts if trusted else record_events  # what a page says stops no mail to anybody
    for place, new in zip(places, record(events=events, source=source, now=now), strict=True):
        flags[place] = new
    return flags


def _people(items: Sequence[Said], source: str, trusted: bool, now: datetime) -> list[Identified]:
    """Find or make the person of each item; each way of being named is looked up once."""
    seen: list[Seen] = []
    number_of: dict[tuple[Any, ...], int] = {}
    wanted: list[int] = []
    for said in items:
        fields = said.person.fields
        who = Seen(said.user_id, said.anonymous_id, fields.get("email"), fields.get("phone"), said.ids, said.previous)
        key = (*who[:4], who.previous_id, *sorted(who.ids.items()))
        if key not in number_of:
            number_of[key] = len(seen)
            seen.append(who)
        wanted.append(number_of[key])
    found = identify_people(people=seen, now=now, source=source, trusted=trusted)
    return [found[number] for number in wanted]


def _describe(
    items: Sequence[Said], people: Sequence[Identified], source: str, trusted: bool, now: datetime, warn: Warn | None
) -> None:
    """Write traits and companies, in the order in which they were said."""
    told = [place for place, said in enumerate(items) if _tells(said) and people[place].may_change]
    told.sort(key=lambda place: items[place].at)
    if not told:
        return
    companies = [items[place].company for place in told]
    upsert_accounts(accounts=[NewAccount(*company) for company in companies if company and trusted], now=now)
    upsert_contacts(
        people=[_contact(items[place], people[place].contact_id, trusted) for place in told],
        now=now,
        source=source,
        warn=(lambda number, key, message: warn(told[number], key, message)) if warn else None,
    )


def _tells(said: Said) -> bool:
    return bool(said.person.fields or said.person.attributes or said.company)


def _contact(said: Said, contact_id: int, trusted: bool) -> NewContact:
    fields = dict(said.person.fields)
    if (
        not trusted
    ):  # which address, number or company somebody has is a claim; `identify_people` knows what it is worth
        fields = {name: text for name, text in fields.items() if name not in ("email", "phone")}
    account = said.company.external_id if said.company and trusted else None
    return NewContact(contact_id=contact_id, **fields, account=account, attributes=said.person.attributes or None)


def _event(said: Said, contact_id: int) -> NewEvent:
    return NewEvent(contact_id, said.event, said.at, said.properties, said.message_id)
