"""Tombstones leave the database as lines of JSON, and erase again whom a restored backup has brought back."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from consent.privacy.models import Tombstone
from consent.privacy.operations import erase_contact
from consent.privacy.queries import tombstone_key
from consent.privacy.rules import ERASED, PERSON, digest_of, digest_of_person
from consent.records.models import Suppression
from contacts.profiles.models import Contact


class Stone(NamedTuple):
    """One line."""

    channel: str
    digest: str
    reason: str
    at: datetime


class BadLine(Exception):
    """A line of the file is no tombstone; nothing was done."""


def tombstone_lines() -> Iterator[str]:
    """Give every tombstone as a line; nothing in it can be read back into an address."""
    for one in Tombstone.objects.order_by("pk").iterator():
        yield json.dumps({"channel": one.channel, "digest": one.digest, "reason": one.reason, "at": one.at.isoformat()})


def read_lines(text: str) -> list[Stone]:
    """Read such lines. Raises BadLine."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            found.append(Stone(said["channel"], said["digest"], said["reason"], datetime.fromisoformat(said["at"])))
        except (ValueError, KeyError, TypeError):
            raise BadLine(number) from None
    return found


def apply_tombstones(*, stones: list[Stone], now: datetime) -> tuple[int, int]:
    """Erase everybody again who was erased after the backup was made, and keep silent addresses silent.

    Who came back of their own after the erasure stays. Each person is a transaction: a second run goes on where the first
    was stopped. Returns the people erased and the addresses that are silent again.
    """
    _keep(stones)
    people = {stone.digest: stone for stone in stones if stone.channel == PERSON}
    mails = {stone.digest: stone for stone in stones if stone.channel != PERSON}
    key, doomed, silent = tombstone_key(), [], 0
    for pk, email, created_at in Contact.objects.values_list("pk", "email", "created_at").iterator():
        stone = people.get(digest_of_person(pk, key))
        address = mails.get(digest_of(email, key)) if email else None
        if any(one and created_at < one.at for one in (stone, address)):
            doomed.append(pk)
        elif address and address.reason != ERASED:
            silent += Suppression.objects.get_or_create(
                channel=address.channel, address=email.lower(), defaults={"reason": address.reason, "since": address.at}
            )[1]
    for pk in doomed:
        erase_contact(contact_id=pk, why="restore", now=now)
    _keep(stones)  # with the reasons and times of the first erasure
    return len(doomed), silent


@transaction.atomic
def _keep(stones: list[Stone]) -> None:
    Tombstone.objects.bulk_create(
        [Tombstone(**stone._asdict()) for stone in {(s.channel, s.digest): s for s in stones}.values()],
        update_conflicts=True,
        update_fields=["reason", "at"],
        unique_fields=["channel", "digest"],
    )
