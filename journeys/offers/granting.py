"""The life of a grant: made at a step, accepted, declined, expired. Set-based; every change is an event, so that others react."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Exists, OuterRef, QuerySet, Value

from contacts.conditions.expressions import TRUE, IsTrue
from contacts.conditions.language import RUN, compile_condition
from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events
from contacts.segments.models import SegmentMember
from journeys.offers.models import Offer, OfferDecision, OfferGrant
from orchestrator.kernel import planned, sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

SOURCE = "offers"
MADE, ACCEPTED, DECLINED, EXPIRED, WITHDRAWN = (
    "offer_made",
    "offer_accepted",
    "offer_declined",
    "offer_expired",
    "offer_withdrawn",
)
EVENT_TYPES = {
    MADE: ("Offer made", "Angebot gemacht"),
    ACCEPTED: ("Offer accepted", "Angebot angenommen"),
    DECLINED: ("Offer declined", "Angebot abgelehnt"),
    EXPIRED: ("Offer expired", "Angebot abgelaufen"),
    WITHDRAWN: ("Offer withdrawn", "Angebot zurückgezogen"),
}
CODE_KEYS = ("code", "coupon", "coupon_code", "discount_code", "voucher", "voucher_code")  # where events carry a code
LOCKED = " FOR UPDATE OF journeys_enrollment SKIP LOCKED"
MOST_EXPIRED = 20_000  # in one statement


@sql.joined
def grant_offers(*, slug: str, step_id: int, journey: str, phase: str, now: datetime, scope: Scope, batch: int) -> int:
    """Decide for everybody who is due at an offer step, and give the offer to those who get it; returns to how many.

    journey: its short name; phase: of people without a stage. The offer's row is locked first, so that of two who want
    the last place, code or euro the second sees what the first took. Writes a decision for everybody who was looked at.
    """
    offer = Offer.objects.select_for_update().get(slug=slug)
    expire_grants(now=now)
    key = ("offer", step_id, batch, offer.pk, repr(offer.eligibility), tuple(offer.segments))
    due = prepared(key, now=now, scope=scope, build=partial(_undecided, offer, step_id, batch))
    text, params = sql.fill(
        sql.statement("journeys/offers/sql/grant.sql"),
        due=sql.Part(due.text + LOCKED, due.params),
        now=sql.value(now),
        phase=sql.value(phase),
        offer=sql.value(offer.pk),
    )
    made = planned.rows(text, params, scope=scope)
    said = {"journey": journey, "kind": offer.kind, "value": offer.value, "currency": offer.currency}
    write_events(((MADE, grant, contact, offer.slug, now) for grant, contact in made), now=now, more=said)
    return len(made)


def _undecided(offer: Offer, step_id: int, batch: int, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    """Who is due at the step and not decided about: id, contact, seq, arm, eligible, in one of the segments."""
    from journeys.enrollments.models import Enrollment

    runs = among(Enrollment.objects.filter(step_id=step_id, left_at=None, due_at__lte=now), "contact_id", ids)
    runs = runs.filter(~Exists(OfferDecision.objects.filter(enrollment_id=OuterRef("pk"), visit=OuterRef("seq"))))
    eligible: Any = TRUE
    if offer.eligibility:
        eligible = IsTrue(compile_condition(offer.eligibility, now=now, subject=RUN))
    members = SegmentMember.objects.filter(contact_id=OuterRef("contact_id"), segment__slug__in=offer.segments)
    inside: Any = Exists(members) if offer.segments else Value(True, output_field=BooleanField())
    rows = runs.annotate(eligible=eligible, inside=inside).order_by("due_at")[:batch]
    return rows.values_list("pk", "contact_id", "seq", "arm", "eligible", "inside")


@sql.joined
def answer_offers(*, now: datetime, scope: Scope) -> set[str]:
    """Take over what has just happened to open offers: accepted or declined; returns names of news for conditions."""
    if scope.timed or (scope.news is not None and not scope.news):
        return set()
    accepting, orders = _answering()
    names = {*accepting, *orders, DECLINED}
    if scope.news is not None:
        names &= scope.news
    if not names:
        return set()
    params = {
        "contacts": scope.ids(),
        "names": sorted(names),
        "orders": orders,
        "declined": DECLINED,
        "code_keys": list(CODE_KEYS),
        "now": now,
    }
    found = planned.rows(sql.statement("journeys/offers/sql/answer.sql"), params, scope=scope)
    told = {OfferGrant.State.ACCEPTED: ACCEPTED, OfferGrant.State.DECLINED: DECLINED}
    rows = [(told[state], grant, contact, slug, at, name) for grant, contact, state, slug, name, at in found]
    # an event that says it already is not said again
    write_events((row[:5] for row in rows if row[0] != row[5]), now=now)
    return {row[0] for row in rows}


def _answering() -> tuple[list[str], list[str]]:
    """Names of events that accept an offer which somebody may have, and of transactions; one statement."""
    offers = Offer.objects.exclude(state=Offer.State.DRAFT).order_by().annotate(order=Value(False))
    orders = EventType.objects.filter(kind=EventType.Kind.TRANSACTION).order_by().annotate(order=Value(True))
    rows = list(offers.values_list("accepted_by", "order").union(orders.values_list("slug", "order")))
    has_offers = any(not order for _, order in rows)
    if not has_offers:
        return [], []
    return [name for name, order in rows if not order and name], [name for name, order in rows if order]


@sql.joined
def expire_grants(*, now: datetime) -> int:
    """End open offers whose time is over, in portions; returns how many."""
    total = 0
    while True:
        params = {"now": now, "most": MOST_EXPIRED}
        rows = sql.rows(sql.statement("journeys/offers/sql/expire.sql"), params)
        write_events(((EXPIRED, grant, contact, slug, now) for grant, contact, slug in rows), now=now)
        total += len(rows)
        if len(rows) < MOST_EXPIRED:
            return total


@transaction.atomic
def decline_grant(*, grant_id: int, now: datetime) -> bool:
    """Take a person's "no thanks": the offer is over, and offers rest. False when it is not open any more."""
    grant = OfferGrant.objects.select_for_update(of=("self",)).select_related("offer").filter(pk=grant_id).first()
    if grant is None or grant.state != OfferGrant.State.OPEN:
        return False
    grant.state, grant.answered_at = OfferGrant.State.DECLINED, now
    if grant.offer.rest_days:
        grant.rest_until = now + timedelta(days=grant.offer.rest_days)
    grant.save(update_fields=["state", "answered_at", "rest_until"])
    write_events([(DECLINED, grant.pk, grant.contact_id, grant.offer.slug, now)], now=now)
    return True


@transaction.atomic
def withdraw_grants(*, offer: Offer, now: datetime) -> int:
    """Take back every open grant of an offer; returns how many. Their codes stay used."""
    open_ones = OfferGrant.objects.select_for_update().filter(offer=offer, state=OfferGrant.State.OPEN)
    rows = list(open_ones.values_list("pk", "contact_id"))
    OfferGrant.objects.filter(pk__in=[pk for pk, _ in rows], state=OfferGrant.State.OPEN).update(
        state=OfferGrant.State.WITHDRAWN, answered_at=now
    )
    write_events(((WITHDRAWN, pk, contact, offer.slug, now) for pk, contact in rows), now=now)
    return len(rows)


def write_events(
    rows: Iterable[tuple[str, int, int, str, datetime]], *, now: datetime, more: dict[str, Any] | None = None
) -> None:
    """Write what became of grants as events, each once: name, grant, contact, offer, at."""
    events = [
        NewEvent(contact, name, at, {"offer": slug, "grant": grant, **(more or {})}, f"{name}-{grant}")
        for name, grant, contact, slug, at in rows
    ]
    if not events:
        return
    types = [
        EventType(slug=slug, kind=EventType.Kind.FEEDBACK, name_en=en, name_de=de)
        for slug, (en, de) in EVENT_TYPES.items()
    ]
    EventType.objects.bulk_create(types, ignore_conflicts=True)
    record_events(events=events, source=SOURCE, now=now)
