"""Delivers approved touches: claim, commit, render, call, record. No transaction is open while a provider is called."""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import transaction

from consent.preferences.queries import unsubscribe_url
from consent.records.operations import suppress_address
from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events
from journeys.content.models import Block
from journeys.content.queries import Content, Rendered, contents, render
from journeys.content.rules import ContentProblem, MissingContent
from journeys.enrollments.models import Touch
from orchestrator.channels.adapters import email
from orchestrator.channels.models import Link
from orchestrator.channels.queries import Links, claimed
from orchestrator.channels.rules import Answer
from orchestrator.kernel import sql

CHANNEL = "email"
PAUSE_LOOKED_AT_AGAIN = timedelta(minutes=15)
EVENT_TYPES = {
    "email_opened": ("E-mail opened", "E-Mail geöffnet"),
    "email_clicked": ("Link in e-mail clicked", "Link in E-Mail geklickt"),
    "email_bounced": ("E-mail came back", "E-Mail kam zurück"),
}
log = structlog.get_logger(__name__)


class Claimed(NamedTuple):
    """What the claim found: "sending", or a verdict. tracked: clicks and opens may be recorded."""

    touch_id: int
    state: str
    reason: str
    tracked: bool
    by_contract: bool


class Written(NamedTuple):
    """A touch that can be handed over."""

    touch: Touch
    rendered: Rendered
    prepared: email.Prepared


def deliver_touches(*, now: Callable[[], datetime], limit: int = 200) -> Counter[str]:
    """Send up to `limit` approved touches, each at most once. Returns how many got which outcome.

    now: read again before each call, since sending takes its time. The counts are by reason, or by state where
    there is none; "claim_over" are touches that had to be left to others in between.
    """
    claim = uuid.uuid4()
    found = _claim(claim=claim, now=now(), limit=limit)
    outcomes = Counter(one.reason or one.state for one in found if one.state != Touch.State.SENDING)
    to_send = {one.touch_id: one for one in found if one.state == Touch.State.SENDING}
    if not to_send:
        return outcomes
    ensure_event_types()
    written = _write(claim=claim, to_send=to_send, now=now(), outcomes=outcomes)
    waiting = [w.touch.pk for w in written]
    try:
        with email.Outbox() as outbox:
            for one in written:
                outbox.ready()
                outcomes[_send(outbox, one, claim, now)] += 1
                waiting.remove(one.touch.pk)
    except email.Unavailable as error:
        outcomes["provider_unavailable"] += _retry(waiting, claim, now(), "provider_unavailable")
        log.warning("mail server not reached", words=str(error), waiting=len(waiting))
    return outcomes


@transaction.atomic
def release_leases(*, now: datetime) -> dict[str, int]:
    """End claims that are over: what was not handed over is approved again, the rest stays `unknown`."""
    return {
        state: int(n) for state, n in sql.rows(sql.statement("orchestrator/channels/sql/release.sql"), {"now": now})
    }


@transaction.atomic
def ensure_event_types() -> None:
    """Have the types of events that deliveries bring back."""
    types = [
        EventType(slug=slug, kind=EventType.Kind.FEEDBACK, name_en=en, name_de=de)
        for slug, (en, de) in EVENT_TYPES.items()
    ]
    EventType.objects.bulk_create(types, ignore_conflicts=True)


@transaction.atomic
def _claim(*, claim: uuid.UUID, now: datetime, limit: int) -> list[Claimed]:
    values = {
        "now": now,
        "claim": claim,
        "channel": CHANNEL,
        "most": limit,
        "lease_until": now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS),
        "hold_until": now + PAUSE_LOOKED_AT_AGAIN,
    }
    return [Claimed(*row) for row in sql.rows(sql.statement("orchestrator/channels/sql/claim.sql"), values)]


def _write(*, claim: uuid.UUID, to_send: Mapping[int, Claimed], now: datetime, outcomes: Counter[str]) -> list[Written]:
    """Render every claimed touch, keep the targets of its links; what cannot be rendered is held back with its reason."""
    touches = claimed(claim)
    blocks = contents(t.block_id for t in touches)
    written: list[Written] = []
    targets: list[Link] = []
    for touch in touches:
        links = Links(touch.pk, to_send[touch.pk].tracked)
        try:
            unsubscribe = "" if to_send[touch.pk].by_contract else _unsubscribe_url(touch)
            rendered = _rendered(touch, blocks.get(touch.block_id), unsubscribe, links)
            page = links.with_pixel(rendered.html)
            letter = email.Letter(touch.pk, touch.address, rendered.subject, page, rendered.text, unsubscribe)
            written.append(Written(touch, rendered, email.prepare(letter, now=now)))
            targets += links.rows()
        except (MissingContent, ContentProblem, ValueError) as problem:
            reason = "missing_content" if isinstance(problem, MissingContent) else "template_error"
            log.warning(
                "touch cannot be written", touch=touch.pk, block=touch.block_id, reason=reason, words=str(problem)[:200]
            )
            outcomes[_settle(touch, claim, now, state="suppressed", reason=reason)] += 1
    Link.objects.bulk_create(targets, update_conflicts=True, unique_fields=["touch", "position"], update_fields=["url"])
    return written


def _unsubscribe_url(touch: Touch) -> str:
    return unsubscribe_url(contact_id=touch.contact_id, touch_id=touch.pk)


def _rendered(touch: Touch, content: Content | None, unsubscribe: str, links: Links) -> Rendered:
    if content is None or content.block.state != Block.State.APPROVED:
        raise MissingContent(str(touch.block_id))
    return render(
        content,
        contact=touch.contact,
        journey={"en": touch.journey.name_en, "de": touch.journey.name_de},
        key=touch.enrollment.key,
        evidence=touch.enrollment.evidence,
        unsubscribe=unsubscribe,
        rewrite=links.rewrite,
    )


def _send(outbox: email.Outbox, one: Written, claim: uuid.UUID, now: Callable[[], datetime]) -> str:
    """Hand one message over and record the answer. Returns the outcome."""
    touch = one.touch
    called = sql.count(
        sql.statement("orchestrator/channels/sql/call.sql"), {"id": touch.pk, "claim": claim, "now": now()}
    )
    if not called:  # the next claim reads everything again, and says why
        _retry([touch.pk], claim, now(), "")
        return "claim_over"
    answer = outbox.send(one.prepared)
    after = now()
    if answer.outcome == "sent":
        return _settle(touch, claim, after, state="sent", rendered=one.rendered)
    log.warning("mail not sent", touch=touch.pk, outcome=answer.outcome, code=answer.words[:3])
    if answer.outcome == "unavailable":
        return "provider_unavailable" if _retry([touch.pk], claim, after, "provider_unavailable") else "claim_over"
    if answer.outcome == "unknown":
        return _settle(touch, claim, after, state="unknown", reason="unknown_outcome", rendered=one.rendered)
    if answer.bounced:
        _record_bounce(touch=touch, answer=answer, now=after)
    return _settle(touch, claim, after, state="failed", reason="provider_rejected", rendered=one.rendered)


def _settle(
    touch: Touch, claim: uuid.UUID, now: datetime, *, state: str, reason: str = "", rendered: Rendered | None = None
) -> str:
    values = {
        "id": touch.pk,
        "claim": claim,
        "state": state,
        "reason": reason,
        "subject": rendered.subject if rendered else "",
        "language": rendered.language if rendered else "",
        "version": rendered.version if rendered else None,
        "sent_at": now if state == "sent" else None,
        "now": now,
    }
    done = sql.count(sql.statement("orchestrator/channels/sql/settle.sql"), values)
    return (reason or state) if done else "claim_over"


def _retry(touch_ids: list[int], claim: uuid.UUID, now: datetime, reason: str) -> int:
    values = {"ids": touch_ids, "claim": claim, "now": now, "reason": reason}
    return sql.count(sql.statement("orchestrator/channels/sql/retry.sql"), values)


@transaction.atomic
def _record_bounce(*, touch: Touch, answer: Answer, now: datetime) -> None:
    """An address that does not exist is never written to again, whoever has it."""
    suppress_address(channel=CHANNEL, address=touch.address, reason="bounced", now=now)
    properties = {"touch": touch.pk, "journey": touch.journey.slug, "answer": answer.words[:200]}
    event = NewEvent(touch.contact_id, "email_bounced", now, properties, f"bounced-{touch.pk}")
    record_events(events=[event], source=CHANNEL, now=now)
