"""Who is who: finds or makes the people that messages are about, merges two into one, undoes it, keeps the block list."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from contacts.identity.finding import Identified, find_or_make
from contacts.identity.merging import Wanted, merge_pairs, move_rows
from contacts.identity.models import BlockedIdentifier, Merge, MergedRow, MergeProposal
from contacts.identity.queries import decide_due, survivors
from contacts.identity.registry import Pair
from contacts.identity.rules import BY_RULES, MOST_LINKS, UNDO_FOR, Key, Seen, blockable, checked
from contacts.identity.undoing import split
from orchestrator.kernel import locks, planned, sql
from orchestrator.kernel.faults import fault
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

LATE_FOR = timedelta(days=1)
MOST_NEW = 1000
MOST_DUE = 500  # merges of rules in one transaction
ANY_DUE = ("SELECT 1 FROM contacts_mergeproposal WHERE state = 'due' LIMIT 1", ())


class SamePerson(Exception):
    """Nobody can be merged with themselves."""


class UnknownContact(Exception):
    """There is no such person, and nobody who took them in."""


class CannotUndo(Exception):
    """A merge that cannot be undone. code: undone, too_late, newer (the survivor was merged since: undo that first)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def resolve_people(*, people: Sequence[Seen], now: datetime, source: str, trusted: bool) -> list[int]:
    """Say whom messages are about, in order, making people who are new and linking what they are called.

    See identify_people. Returns the ids of the contacts.
    """
    found = identify_people(people=people, now=now, source=source, trusted=trusted)
    return [one.contact_id for one in found]


@transaction.atomic
def identify_people(*, people: Sequence[Seen], now: datetime, source: str, trusted: bool) -> list[Identified]:
    """Say whom messages are about, making people who are new and linking what they are called.

    Found by user id, ids of sources, e-mail, phone, anonymous id, in this order. A visitor whose name is now known
    and who was somebody already is left to the next tick to merge; what cannot be decided becomes a proposal.
    trusted: the source proves who it is (a secret key). Without it nobody who is known is changed or merged.
    Raises BadIdentifier: nothing was written.
    """
    clean = [checked(seen) for seen in people]
    return find_or_make(clean, now=now, source=source, trusted=trusted) if clean else []


def alias(*, previous: str, user_id: str, now: datetime, source: str, trusted: bool = True) -> int:
    """Say that a visitor, or somebody with another user id, is this user. Returns the id of the contact.

    Raises BadIdentifier.
    """
    return resolve_people(people=[Seen(user_id, previous_id=previous)], now=now, source=source, trusted=trusted)[0]


@transaction.atomic
def hold_people(*, contact_ids: Iterable[int]) -> dict[int, int]:
    """Keep people from being merged until the commit. Returns who each of them is now; those who are gone are left out.

    For doors that write about somebody by an id of long ago: a link in a mail, a form that was open.
    """
    wanted = set(contact_ids)
    found: dict[int, int] = {}
    for _ in range(3):  # somebody may be merged between the look and the lock
        now_are = survivors(wanted - set(found))
        ids = {one: now_are.get(one, one) for one in wanted if one not in found}
        held = {
            row[0]
            for row in sql.rows(
                "SELECT id FROM contacts_contact WHERE id = ANY (%s) ORDER BY id FOR KEY SHARE",
                [sorted({*ids.values()})],
            )
        }
        found |= {one: now_is for one, now_is in ids.items() if now_is in held}
        if len(found) == len(wanted):
            break
    return found


@transaction.atomic
def merge_contacts(*, survivor_id: int, loser_id: int, why: str, by: str, now: datetime) -> Merge:
    """Make one person out of two: rows, names and consents of the loser go to the survivor, never widening a consent.

    Who was merged already stands for who took them in. Two who are one already stay as they are: returns the merge that
    made them one. Raises SamePerson, UnknownContact.
    """
    if survivor_id == loser_id:
        raise SamePerson(survivor_id)
    locks.hold(locks.TICK)
    now_are = survivors([survivor_id, loser_id])
    survivor, loser = now_are.get(survivor_id, survivor_id), now_are.get(loser_id, loser_id)
    if survivor == loser:
        both = Merge.objects.filter(loser_id__in=[survivor_id, loser_id], survivor_id=survivor, undone_at=None)
        return both.latest("id")
    done = merge_pairs([Wanted(loser, survivor, why, by)], now)
    if not done:
        raise UnknownContact(loser_id)
    fault("merge")
    return Merge.objects.get(pk=done[0].merge)


@transaction.atomic
def merge_due(*, now: datetime) -> int:
    """Carry out the merges that rules have decided: visitors whose name is known now. Returns how many.

    Who got a name of their own meanwhile is asked about instead.
    """
    if not planned.rows(*ANY_DUE):
        return 0
    locks.hold(locks.TICK)
    due = list(
        MergeProposal.objects.filter(state=MergeProposal.State.DUE)
        .select_related("first", "second")
        .order_by("id")[:MOST_DUE]
    )
    if not due:
        return 0
    wanted, open_again = decide_due(due)
    for reason, ids in open_again.items():
        MergeProposal.objects.filter(pk__in=ids).update(state=MergeProposal.State.OPEN, reason=reason)
    return len(merge_pairs((Wanted(*one, BY_RULES) for one in wanted), now))


@transaction.atomic
def leave_due_to_people() -> int:
    """Ask people about the merges that rules have decided and that could not be carried out. Returns how many."""
    due = MergeProposal.objects.filter(state=MergeProposal.State.DUE)
    return due.update(state=MergeProposal.State.OPEN, reason="failed")


@transaction.atomic
def undo_merge(*, merge_id: int, by: str, now: datetime) -> None:
    """Make two people of one again, within 30 days: everything that moved goes back, consents get narrower or stay.

    The two are not merged by rules again. Raises CannotUndo, Merge.DoesNotExist: nothing was written.
    """
    locks.hold(locks.TICK)
    merge = Merge.objects.select_for_update().get(pk=merge_id)
    if merge.undone_at:
        raise CannotUndo("undone")
    if merge.at <= now - UNDO_FOR or not merge.loser:
        raise CannotUndo("too_late")
    later = Merge.objects.filter(survivor_id=merge.survivor_id, undone_at=None, pk__gt=merge.pk)
    if later.filter(rows__table="contacts_merge", rows__row_id=merge.pk).exists():
        raise CannotUndo("newer")
    split(merge, now)
    first, second = sorted((merge.loser_id, merge.survivor_id))
    MergeProposal.objects.update_or_create(
        first_id=first,
        second_id=second,
        defaults={"state": MergeProposal.State.REFUSED, "decided_at": now, "decided_by": by},
        create_defaults={
            **{"state": MergeProposal.State.REFUSED, "decided_at": now, "decided_by": by, "at": now},
            **{"kind": "", "value": "", "reason": ""},
        },
    )
    MergedRow.objects.filter(merge=merge).delete()
    Merge.objects.filter(pk=merge_id).update(undone_at=now, undone_by=by, loser={}, survivor_before={})


@transaction.atomic
def reroute(*, contact_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Give the survivors what came late for people who are merged. Returns who became whom among these people.

    Events do not look whether the person is still there: a request that is just going on may write one.
    """
    scope = Scope(contacts=tuple(contact_ids))
    part = prepared("reroute", now=now, scope=scope, build=_merges_of)
    return _reroute(Pair(*row) for row in planned.rows(part.text, part.params, scope=scope))


@transaction.atomic
def reroute_recent(*, now: datetime) -> int:
    """Look once more for rows that came late for people of the last day's merges. Returns of how many people."""
    locks.hold(locks.TICK)
    late = Merge.objects.filter(at__gt=now - LATE_FOR, undone_at=None)
    return len(_reroute(Pair(*row) for row in late.values_list("pk", "loser_id", "survivor_id")))


def _merges_of(now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    merges = among(Merge.objects.filter(undone_at=None), "loser_id", ids)
    return merges.order_by().values_list("pk", "loser_id", "survivor_id")


def _reroute(merges: Iterable[Pair]) -> dict[int, int]:
    pairs = list(merges)
    if pairs:
        move_rows(pairs)
    return {pair.loser: pair.survivor for pair in pairs}


@transaction.atomic
def find_duplicates(*, now: datetime) -> int:
    """Ask about people who share an address, a phone number, or name and company; what many share says nothing.

    Looks at everybody; at most MOST_NEW questions a call. Returns how many are new.
    """
    given = {"most": MOST_LINKS + 1, "new": MOST_NEW, "now": now}
    return sql.count(sql.statement("contacts/identity/sql/find_duplicates.sql"), given)


@transaction.atomic
def refuse_proposal(*, proposal_id: int, by: str, now: datetime) -> bool:
    """Remember that two are two people. Returns False when it was decided already."""
    found = MergeProposal.objects.filter(pk=proposal_id, state=MergeProposal.State.OPEN)
    return found.update(state=MergeProposal.State.REFUSED, decided_at=now, decided_by=by) == 1


@transaction.atomic
def block_identifier(*, kind: str, value: str, why: str, by: str, now: datetime) -> bool:
    """Put a value on the block list: it says nothing about who somebody is. Returns False when it was there.

    `info@*` stands for every domain, `*@test.de` for every name, `test@test.*` for every ending. Raises BadIdentifier.
    """
    key: Key = blockable(kind, value)
    _, made = BlockedIdentifier.objects.get_or_create(
        kind=key.kind, value=key.value, defaults={"why": why[:200], "by": by[:200], "at": now}
    )
    return made


@transaction.atomic
def unblock_identifier(*, blocked_id: int) -> bool:
    """Take a value off the block list. Returns False when it was gone."""
    return BlockedIdentifier.objects.filter(pk=blocked_id).delete()[0] == 1


@transaction.atomic
def forget_merged(*, now: datetime) -> int:
    """Delete what is only kept for the undo, once that is over. Returns how many merges."""
    over = Merge.objects.filter(at__lte=now - UNDO_FOR).exclude(loser={})
    MergedRow.objects.filter(merge__in=over).delete()
    return over.update(loser={}, survivor_before={})
