"""Addresses of people who were erased: those that were silent fall silent again, and an import says so."""

from collections.abc import Collection, Mapping
from datetime import datetime

from consent.privacy.queries import stays_silent, tombstones
from consent.records.models import Suppression
from contacts.imports.registry import Left, register_watch
from contacts.imports.rules import Reason
from contacts.profiles.arriving import register_address_watch


def silence_again(addresses: Collection[str], now: datetime) -> None:
    """Suppress every address that was suppressed when its person was erased; one look into an index."""
    again = {address: one for address, one in tombstones(list(addresses)).items() if stays_silent(one)}
    Suppression.objects.bulk_create(
        [
            Suppression(channel=one.channel, address=address, reason=one.reason, since=one.at)
            for address, one in sorted(again.items())
        ],
        ignore_conflicts=True,
    )


def erased(addresses: Mapping[int, str]) -> list[Left]:
    """List the lines of a file whose address belonged to somebody who was erased."""
    found = tombstones(list(addresses.values()))
    return [
        Left(line, "", Reason.ERASED, f"{found[mail.strip().lower()].at:%Y-%m-%d}")
        for line, mail in addresses.items()
        if mail.strip().lower() in found
    ]


register_address_watch(silence_again)
register_watch(erased)
