"""Puts the page of duplicates together: plain values for its templates."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from contacts.identity import queries
from contacts.identity.models import Identifier, Merge, MergeProposal
from contacts.identity.registry import Couple, foreseen
from contacts.identity.rules import BY_RULES, UNDO_FOR, say_reason
from contacts.profiles.models import Contact

MOST_ATTRIBUTES = 8
Row = dict[str, Any]


def kind_name(kind: str) -> str:
    """Name a kind of identifiers for people; the id of a source by its source."""
    names = {
        "anonymous": _("browser or device"),
        "user": _("user id"),
        "email": _("e-mail address"),
        "phone": _("phone number"),
        "apart": _("claim without proof"),
        "previous": _("user id until now"),
        "name": _("name and company"),
        "*": _("any kind"),
    }
    return names.get(kind, kind)


def pairs(proposals: Sequence[MergeProposal], *, swapped: int | None) -> list[Row]:
    """Show both people of each proposal side by side: what differs, what would be kept, what happens to consent."""
    sides = []
    for proposal in proposals:
        survivor, loser = sorted((proposal.first, proposal.second), key=queries.rank_of)
        sides.append((loser, survivor) if proposal.pk == swapped else (survivor, loser))
    couples = [Couple(one.pk, two.pk, not (two.external_id or two.email or two.phone)) for one, two in sides]
    consents = foreseen(couples)
    language = (get_language() or "en")[:2]
    return [
        {
            "id": proposal.pk,
            "survivor": survivor,
            "loser": loser,
            "kind": kind_name(proposal.kind),
            "value": proposal.value if proposal.kind != "apart" else "",
            "reason": say_reason(proposal.reason, language),
            "at": proposal.at,
            "fields": _fields(survivor, loser),
            "consents": [line._asdict() | {"less": line.mine != line.then} for line in consents[couple]],
            "swapped": proposal.pk == swapped,
        }
        for proposal, (survivor, loser), couple in zip(proposals, sides, couples, strict=True)
    ]


def _fields(survivor: Contact, loser: Contact) -> list[Row]:
    columns = (
        (_("First name"), "first_name"),
        (_("Last name"), "last_name"),
        (_("User id"), "external_id"),
        (_("E-mail"), "email"),
        (_("Phone"), "phone"),
        (_("Company"), "account"),
        (_("Job title"), "job_title"),
        (pgettext("of a person", "Stage"), "stage"),
        (_("Country"), "country"),
    )
    rows = [_row(label, getattr(survivor, name), getattr(loser, name), stays=name in _NAMES) for label, name in columns]
    keys = sorted({*survivor.attributes, *loser.attributes})
    differing = [key for key in keys if survivor.attributes.get(key) != loser.attributes.get(key)]
    for key in differing[:MOST_ATTRIBUTES]:
        mine, theirs = survivor.attributes.get(key), loser.attributes.get(key)
        later = str(loser.attributes_at.get(key, "")) > str(survivor.attributes_at.get(key, ""))
        rows.append(_row(key, mine, theirs, theirs_wins=later and key in loser.attributes))
    return [row for row in rows if row["mine"] or row["theirs"]]


_NAMES = ("external_id", "email", "phone")


def _row(label: str, mine: Any, theirs: Any, *, stays: bool = False, theirs_wins: bool = False) -> Row:
    """stays: the other value goes on leading to the person."""
    one, two = ("" if value is None else str(value) for value in (mine, theirs))
    takes_theirs = bool(two) and (theirs_wins or not one)
    return {
        "label": label,
        "mine": one,
        "theirs": two,
        "keeps_mine": bool(one) and not takes_theirs,
        "keeps_theirs": takes_theirs,
        "stays": stays and bool(one) and bool(two) and one != two,
    }


def merges(found: Sequence[Merge], now: datetime) -> list[Row]:
    """Show merges, newest first, and whether each can be undone."""
    newer = queries.moved_since([merge.pk for merge in found]) if found else set()
    return [
        {
            "id": merge.pk,
            "survivor": merge.survivor,
            "loser": _name(merge.loser, merge.loser_id),
            "why": _why(merge.why),
            "by": _("rules") if merge.by == BY_RULES else merge.by,
            "at": merge.at,
            "until": merge.at + UNDO_FOR,
            "undone_at": merge.undone_at,
            "undone_by": merge.undone_by,
            "newer": merge.pk in newer,
            "open": merge.undone_at is None and bool(merge.loser) and merge.at > now - UNDO_FOR,
        }
        for merge in found
    ]


def identifiers(contact_id: int, now: datetime) -> Row:
    """Collect what else a person is called, and whom they took in, for the page of the person."""
    found = (
        Identifier.objects.filter(contact_id=contact_id).exclude(kind="apart").order_by("kind", "-last_seen_at")[:50]
    )
    return {
        "names": [
            {"kind": kind_name(one.kind), "value": one.value, "source": one.source, "since": one.first_seen_at}
            for one in found
        ],
        "merges": merges(queries.merges_of(contact_id), now),
    }


def _name(loser: dict[str, Any], loser_id: int) -> str:
    full = f"{loser.get('first_name', '')} {loser.get('last_name', '')}".strip()
    return str(full or loser.get("email") or loser.get("external_id") or f"#{loser_id}")


def _why(why: str) -> str:
    kind, _space, value = why.partition(" ")
    return f"{kind_name(kind)} {value}".strip() if kind_name(kind) != kind else why
