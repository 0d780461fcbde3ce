"""Who somebody is now, and what says nothing about a person."""

from collections.abc import Collection, Iterable

from contacts.identity.models import BlockedIdentifier, Merge
from contacts.identity.rules import ANY, EMAIL, patterns


def survivors(contact_ids: Iterable[int]) -> dict[int, int]:
    """Say who became whom: the id of a merged contact -> the id of who they are now. Others are not in it."""
    ids = list(contact_ids)
    if not ids:
        return {}
    return dict(Merge.objects.filter(loser_id__in=ids, undone_at=None).values_list("loser_id", "survivor_id"))


def shared_addresses(mails: Collection[str]) -> set[str]:
    """Which of these addresses are on the block list: they belong to nobody in particular."""
    if not mails:
        return set()
    wanted = {value for mail in mails for value in patterns(mail)}
    found = set(BlockedIdentifier.objects.filter(kind__in=(ANY, EMAIL), value__in=wanted).values_list("kind", "value"))
    return {m for m in mails if (ANY, m) in found or any((EMAIL, value) in found for value in patterns(m))}
