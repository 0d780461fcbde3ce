"""Reads for the consent pages: the records of the people somebody looks for."""

from typing import NamedTuple

from django.db.models import Q, Value
from django.db.models.functions import Concat

from consent.records.models import Record, Suppression
from contacts.profiles.models import Contact

PEOPLE = 20
RECORDS = 200


class Found(NamedTuple):
    """A person with the records, the newest first, and whether the address is suppressed."""

    contact: Contact
    records: list[Record]
    suppression: Suppression | None


def records_of(words: str) -> list[Found]:
    """Find people by address, id or the beginning of the name, with what they said; three statements in all."""
    named = Contact.objects.annotate(full=Concat("first_name", Value(" "), "last_name"))
    wanted = (
        Q(email=words.lower()) | Q(external_id=words) | Q(last_name__istartswith=words) | Q(full__istartswith=words)
    )
    people = list(named.filter(wanted).order_by("last_name", "first_name", "pk")[:PEOPLE])
    records: dict[int, list[Record]] = {}
    said = Record.objects.filter(contact_id__in=[person.pk for person in people]).select_related("purpose")
    for record in said.order_by("-at", "-id")[:RECORDS]:
        records.setdefault(record.contact_id, []).append(record)
    addresses = [person.email for person in people if person.email]
    suppressed = {each.address: each for each in Suppression.objects.filter(channel="email", address__in=addresses)}
    return [Found(person, records.get(person.pk, []), suppressed.get(person.email)) for person in people]
