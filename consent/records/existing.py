"""§ 7(3) UWG: who bought may be written to about own similar goods, if all four conditions hold and are proven."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from consent.purposes.models import Purpose, Wording
from consent.records.models import Record, State
from consent.records.operations import Choice, UnknownPurpose, write_records
from contacts.identity.operations import hold_people
from orchestrator.kernel import sql

REASONS = {
    "unknown_person": {"en": "there is no such person", "de": "diese Person gibt es nicht"},
    "not_allowed": {
        "en": "the purpose does not allow it for existing customers",
        "de": "der Zweck lässt es für Bestandskunden nicht zu",
    },
    "no_sale": {
        "en": "the address was not obtained with a sale: order, time of order and address are needed",
        "de": "die Adresse stammt nicht aus einem Verkauf: Bestellung, Zeitpunkt und Adresse fehlen",
    },
    "no_similar_goods": {
        "en": "own similar goods are not named",
        "de": "eigene ähnliche Waren sind nicht benannt",
    },
    "objected": {"en": "the person has objected", "de": "die Person hat widersprochen"},
    "no_notice": {
        "en": "no proof that the right to object was named when the address was collected",
        "de": "kein Beleg, dass bei Erhebung der Adresse auf das Widerspruchsrecht hingewiesen wurde",
    },
    "no_notice_in_messages": {
        "en": "the purpose has no notice for each message",
        "de": "der Zweck hat keinen Hinweis für jede Nachricht",
    },
    "agrees": {"en": "the person has agreed already", "de": "die Person hat bereits zugestimmt"},
    "holds": {"en": "it is on record already", "de": "es ist bereits festgehalten"},
}


class Sale(NamedTuple):
    """What proves that somebody is an existing customer.

    order, ordered_at: the sale with which the address came. goods: what was sold. notice: name of the wording that named the
    right to object, e.g. `email_marketing/de/3`; noticed_at: when it was shown, not later than the sale.
    """

    contact_id: int
    order: str
    ordered_at: datetime | None
    goods: str
    notice: str
    noticed_at: datetime | None


class Outcome(NamedTuple):
    """What became of a sale: the record, or the reason why there is none."""

    contact_id: int
    record: int | None
    reason: str


@transaction.atomic
def record_existing_customers(*, purpose: str, sales: Sequence[Sale], source: str, now: datetime) -> list[Outcome]:
    """Have existing customers count as reachable for a purpose, where all four conditions of § 7(3) UWG hold.

    1 the address came with a sale, 2 own similar goods, 3 nobody with the address has objected, 4 the right to object was
    named when the address was collected and is named in each message. A condition that is missing: nothing is written
    about this person. Returns an outcome for each sale, in order. Raises UnknownPurpose.
    """
    about = Purpose.objects.filter(slug=purpose).first()
    if about is None:
        raise UnknownPurpose(purpose)
    if not sales:
        return []
    notices = {one.name: one for one in Wording.objects.filter(purpose=about).select_related("purpose")}
    who = hold_people(contact_ids=[sale.contact_id for sale in sales])
    given = {"contacts": sorted(set(who.values())), "purpose": about.pk}
    facts = {row[0]: row[1:] for row in sql.rows(sql.statement("consent/records/sql/customers.sql"), given)}
    outcomes: list[Outcome] = []
    choices: list[Choice] = []
    taken: set[int] = set()
    for sale in sales:
        contact_id = who.get(sale.contact_id, 0)
        reason = _refused(about, sale, facts.get(contact_id), notices, now) or ("holds" if contact_id in taken else "")
        if not reason:
            taken.add(contact_id)
            proof = _proof(about, sale, notices[sale.notice])
            choices.append(Choice(contact_id, purpose, Record.Decision.EXISTING, source, sale.notice, proof))
        outcomes.append(Outcome(sale.contact_id, None, reason))
    ids = iter(write_records(choices=choices, now=now))
    return [one if one.reason else one._replace(record=next(ids)) for one in outcomes]


def _refused(
    about: Purpose, sale: Sale, facts: tuple[Any, ...] | None, notices: dict[str, Wording], now: datetime
) -> str:
    """The first condition that does not hold."""
    if facts is None:
        return "unknown_person"
    email, objected, granted, basis = facts
    if not (about.active and about.existing_customer and about.enforcement == Purpose.Enforcement.OPT_IN):
        return "not_allowed"
    if not (email and sale.order.strip() and sale.ordered_at and sale.ordered_at <= now):
        return "no_sale"
    if not (about.similar_goods.strip() and sale.goods.strip()):
        return "no_similar_goods"
    if objected or granted is False:
        return "objected"
    if not (sale.notice in notices and sale.noticed_at and sale.noticed_at <= sale.ordered_at):
        return "no_notice"
    if not (about.notice_en.strip() and about.notice_de.strip()):
        return "no_notice_in_messages"
    if granted:
        return "agrees" if basis == State.Basis.CONSENT else "holds"
    return ""


def _proof(about: Purpose, sale: Sale, notice: Wording) -> dict[str, Any]:
    return {
        "order": sale.order,
        "ordered_at": sale.ordered_at.isoformat() if sale.ordered_at else "",
        "goods": sale.goods,
        "similar_goods": about.similar_goods,
        "notice": notice.name,
        "notice_digest": notice.digest,
        "noticed_at": sale.noticed_at.isoformat() if sale.noticed_at else "",
        "notice_in_messages": {"en": about.notice_en, "de": about.notice_de},
    }
