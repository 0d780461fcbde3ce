"""Who somebody is now, and what says nothing about a person."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import Case, F, QuerySet, When

from contacts.identity.models import BlockedIdentifier, Merge, MergedRow, MergeProposal
from contacts.identity.rules import ANY, EMAIL, patterns, rank
from contacts.profiles.models import Contact
from orchestrator.kernel.scope import among


def survivors(contact_ids: Iterable[int]) -> dict[int, int]:
    """Say who became whom: the id of a merged contact -> the id of who they are now. Others are not in it."""
    ids = list(contact_ids)
    if not ids:
        return {}
    found = among(Merge.objects.filter(undone_at=None), "loser_id", ids)
    return dict(found.values_list("loser_id", "survivor_id"))


def shared_addresses(mails: Collection[str]) -> set[str]:
    """Which of these addresses are on the block list: they belong to nobody in particular."""
    if not mails:
        return set()
    wanted = {value for mail in mails for value in patterns(mail)}
    found = set(BlockedIdentifier.objects.filter(kind__in=(ANY, EMAIL), value__in=wanted).values_list("kind", "value"))
    return {m for m in mails if (ANY, m) in found or any((EMAIL, value) in found for value in patterns(m))}


def decide_due(due: Sequence[MergeProposal]) -> tuple[list[tuple[int, int, str]], dict[str, list[int]]]:
    """Turn due proposals into (loser, survivor, why), each loser once and never a survivor.

    Also gives the proposals that rules cannot decide any more, by reason: both have a name by now.
    """
    becomes: dict[int, tuple[int, str]] = {}
    open_again: dict[str, list[int]] = {}
    for proposal in due:
        survivor, loser = sorted((proposal.first, proposal.second), key=rank_of)
        if loser.external_id or loser.email:
            reason = "user_ids" if loser.external_id and survivor.external_id else "both_known"
            open_again.setdefault(reason, []).append(proposal.pk)
            continue
        root = survivor.pk
        while root in becomes:
            root = becomes[root][0]
        if root != loser.pk and loser.pk not in becomes:
            becomes[loser.pk] = (root, f"{proposal.kind} {proposal.value}")
    wanted = []
    for loser_id, (root, why) in becomes.items():
        while root in becomes:
            root = becomes[root][0]
        wanted.append((loser_id, root, why))
    return wanted, open_again


def rank_of(contact: Contact) -> tuple[bool, bool, float, int]:
    """Order people by who survives a merge: the one with a user id, else with an e-mail address, else the older."""
    return rank(contact.external_id, contact.email, contact.created_at, contact.pk)


def open_proposals() -> QuerySet[MergeProposal]:
    """Read the questions that wait for somebody, the newest first."""
    related = ("first", "second", "first__account", "second__account", "first__stage", "second__stage")
    return MergeProposal.objects.filter(state=MergeProposal.State.OPEN).select_related(*related).order_by("-id")


def recent_merges(*, since: datetime) -> QuerySet[Merge]:
    """Read the merges since some time, undone ones too, the newest first."""
    return Merge.objects.filter(at__gt=since).select_related("survivor").order_by("-id")


def merges_of(contact_id: int) -> list[Merge]:
    """List the merges into one person, the newest first."""
    return list(Merge.objects.filter(survivor_id=contact_id).select_related("survivor").order_by("-id")[:20])


def moved_since(merge_ids: Collection[int]) -> set[int]:
    """Which merges have a newer one above them: their survivor was merged since, which has to be undone first."""
    above = MergedRow.objects.filter(table="contacts_merge", row_id__in=merge_ids, content=None)
    above = above.filter(merge__undone_at=None, merge__pk__gt=F("row_id"))
    mine = Merge.objects.filter(pk__in=merge_ids).values("survivor_id")
    return set(above.filter(merge__survivor_id__in=mine).values_list("row_id", flat=True))


def blocked() -> QuerySet[BlockedIdentifier]:
    """Read the block list: what people put on it first, then what comes with the product, by kind and value."""
    return BlockedIdentifier.objects.order_by(Case(When(by="default", then=1), default=0), "kind", "value")
