"""What holds now for a person or for many."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from consent.purposes.models import Purpose
from consent.records.models import Record, State
from consent.records.permission import allowed
from consent.records.rules import Rule, Word, refusal
from contacts.conditions.registry import CONTACT
from contacts.profiles.models import Contact


class Consent(NamedTuple):
    """What holds for one person and purpose. `granted` is None when the person never said anything.

    refused: the reason why the person may not be used for it now, empty when they may: an opt-out purpose holds without
    a word, and a topic needs its parent. basis: "consent" or "existing_customer" (§ 7(3) UWG).
    """

    purpose: str
    name: str
    granted: bool | None
    since: datetime | None
    source: str
    wording: str
    basis: str = ""
    enforcement: str = Purpose.Enforcement.OPT_IN
    topic_of: str = ""
    refused: str = ""


def consents_of(contact_id: int) -> list[Consent]:
    """List every purpose that people may agree or object to, what the person said, and whether it may be done now.

    Topics follow the purpose they belong to. What is switched off is there when the person said something about it.
    """
    contact = Contact.objects.filter(pk=contact_id).values_list("restricted_at", flat=True)
    restricted = any(contact)
    states = {s.purpose_id: s for s in State.objects.filter(contact_id=contact_id).select_related("record")}
    purposes = {p.pk: p for p in Purpose.objects.all()}
    found = []
    for purpose in in_order(purposes.values()):
        state = states.get(purpose.pk)
        if purpose.enforcement == Purpose.Enforcement.NONE or (state is None and not purpose.active):
            continue
        refused = _refused(purpose, purposes, states, restricted=restricted)
        above = purposes[purpose.parent_id].slug if purpose.parent_id else ""
        found.append(
            Consent(
                purpose.slug,
                purpose.name,
                state.granted if state else None,
                state.since if state else None,
                state.record.source if state else "",
                state.record.wording if state else "",
                state.basis if state else "",
                purpose.enforcement,
                above,
                refused,
            )
        )
    return found


def _refused(purpose: Purpose, purposes: dict[int, Purpose], states: dict[int, State], *, restricted: bool) -> str:
    above = ""
    if purpose.parent_id:  # a topic is of a purpose that is no topic itself
        above = _refused(purposes[purpose.parent_id], purposes, states, restricted=restricted)
    state = states.get(purpose.pk)
    word = Word(state.granted, state.basis, state.record.decision) if state else None
    rule = Rule(purpose.active, purpose.enforcement, purpose.existing_customer)
    return refusal(rule, word, restricted=restricted, above=above)


def in_order(purposes: Iterable[Purpose]) -> list[Purpose]:
    """Put topics behind the purpose they belong to."""
    listed = list(purposes)
    return sorted(listed, key=lambda one: (one.parent_id or one.pk, one.parent_id is not None, one.pk))


def allowed_among(contact_ids: Iterable[int], purpose: str) -> set[int]:
    """Who of these people may be used for a purpose now, by the rules that the arbiter follows; one statement."""
    people = Contact.objects.filter(pk__in=list(contact_ids)).filter(allowed(CONTACT, purpose))
    return set(people.order_by().values_list("pk", flat=True))


def notices_of(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], dict[str, str]]:
    """The notices that messages must carry: (contact, purpose) -> {"en", "de"}, for who is written to as an existing
    customer (§ 7(3) UWG), be it for the purpose itself or for the one of which it is a topic. Two statements.
    """
    asked = set(wanted)
    above = dict(
        Purpose.objects.filter(slug__in={slug for _, slug in asked}).values_list("slug", "parent__slug").order_by()
    )
    slugs = {slug for pair in above.items() for slug in pair if slug}
    states = State.objects.filter(
        contact_id__in={contact_id for contact_id, _ in asked},
        purpose__slug__in=slugs,
        granted=True,
        basis=State.Basis.EXISTING,
    )
    rows = states.values_list("contact_id", "purpose__slug", "purpose__notice_en", "purpose__notice_de")
    held = {(contact_id, slug): {"en": en, "de": de} for contact_id, slug, en, de in rows}
    found = {}
    for contact_id, slug in asked:
        notice = held.get((contact_id, slug)) or held.get((contact_id, above.get(slug) or ""))
        if notice:
            found[contact_id, slug] = notice
    return found


def messages_of(contact_ids: Iterable[int], *, source: str) -> set[tuple[int, str]]:
    """Which messages of a source about these people are on record: (contact, message id); one statement."""
    ids = list(contact_ids)
    if not ids:
        return set()
    found = Record.objects.filter(contact_id__in=ids, proof__by=source, proof__has_key="message_id")
    return set(found.values_list("contact_id", "proof__message_id"))
