"""Makes messages of claimed touches: content chosen, texts filled, links kept; what cannot be written is held back with its reason."""

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from django.conf import settings

from consent.preferences.queries import footer_urls, unsubscribe_url
from consent.records.queries import notices_of
from contacts.events.models import EventType
from journeys.content.models import Block
from journeys.content.queries import Content, Letter, Rendered, contents, letter, render_many
from journeys.content.rules import ContentProblem, MissingContent
from journeys.enrollments.models import Touch
from journeys.offers.queries import liquid_context
from journeys.surveys.queries import survey_context
from orchestrator.channels.adapters.base import Courier, Message
from orchestrator.channels.feedback.rules import EVENT_TYPES as FEEDBACK_TYPES
from orchestrator.channels.feedback.sms_rules import EVENT_TYPES as SMS_TYPES
from orchestrator.channels.models import Link
from orchestrator.channels.queries import Links, claimed, known_event_types
from orchestrator.channels.rules import WEB_ADDRESS, Incomplete, check_complete
from orchestrator.channels.senders.operations import hold_over_plan
from orchestrator.channels.senders.queries import From, senders_now
from orchestrator.channels.settling import Settled, settle
from orchestrator.kernel import known

EVENT_TYPES = {
    "email_opened": ("E-mail opened", "E-Mail geöffnet"),
    "email_clicked": ("Link in e-mail clicked", "Link in E-Mail geklickt"),
    **FEEDBACK_TYPES,
    **SMS_TYPES,
    "push_clicked": ("Push message clicked", "Push-Nachricht angeklickt"),
    "push_failed": ("Push message not delivered", "Push-Nachricht nicht zugestellt"),
    "letter_printed": ("Letter printed", "Brief gedruckt"),
    "survey_answered": ("Survey answered", "Umfrage beantwortet"),
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
    """A touch that can be handed over. prepared: what its courier made of it."""

    touch: Touch
    rendered: Rendered
    prepared: Any
    by_contract: bool


class _Draft(NamedTuple):
    """A message before its texts are filled."""

    touch: Touch
    links: Links
    letter: Letter
    sender: From


def write_touches(
    *, courier: Courier, claim: uuid.UUID, to_send: Mapping[int, Claimed], now: datetime, outcomes: Counter[str]
) -> list[Written]:
    """Render every claimed touch, keep the targets of its links; what cannot be rendered is held back with its reason."""
    drafts = _drafts(courier.channel, claim=claim, to_send=to_send, now=now, outcomes=outcomes)
    made = render_many([draft.letter for draft in drafts], [draft.links.rewrite for draft in drafts])
    written: list[Written] = []
    targets: list[Link] = []
    for draft, rendered in zip(drafts, made, strict=True):
        touch = draft.touch
        try:
            if isinstance(rendered, ContentProblem):
                raise rendered
            message = _message(draft, rendered)
            if courier.channel == "email":
                check_complete(message, imprint=settings.MAIL_IMPRINT, marketing=not to_send[touch.pk].by_contract)
            prepared = courier.prepare(message, now=now)
            written.append(Written(touch, rendered, prepared, to_send[touch.pk].by_contract))
            targets += draft.links.rows()
        except (ContentProblem, ValueError) as problem:
            outcomes[_hold_back(touch, claim, now, problem)] += 1
    Link.objects.bulk_create(targets, update_conflicts=True, unique_fields=["touch", "position"], update_fields=["url"])
    return written


def ensure_event_types() -> None:
    """Have the types of events that deliveries bring back; one statement, and none where they are known to be there."""
    if known_event_types(EVENT_TYPES) >= EVENT_TYPES.keys():
        return
    types = [
        EventType(slug=slug, kind=EventType.Kind.FEEDBACK, name_en=en, name_de=de)
        for slug, (en, de) in EVENT_TYPES.items()
    ]
    EventType.objects.bulk_create(types, ignore_conflicts=True)


def _drafts(
    channel: str, *, claim: uuid.UUID, to_send: Mapping[int, Claimed], now: datetime, outcomes: Counter[str]
) -> list[_Draft]:
    with known.looked_at(known.DELIVERY):
        ensure_event_types()
        touches = claimed(claim)
        blocks = contents(t.block_id for t in touches)
        senders = senders_now()
    if channel == "email":
        marketing_ones = [touch for touch in touches if not to_send[touch.pk].by_contract]
        over = hold_over_plan(touches=marketing_ones, senders=senders, claim=claim, now=now)
        touches = [touch for touch in touches if touch.pk not in over]
        outcomes.update({"warm_up": len(over)} if over else {})
    notices = notices_of((touch.contact_id, touch.purpose) for touch in touches)
    drafts = []
    for touch in touches:
        try:
            notice = notices.get((touch.contact_id, touch.purpose), {})
            marketing = not to_send[touch.pk].by_contract
            chosen = _letter(touch, blocks.get(touch.block_id), marketing=marketing, notice=notice)
        except MissingContent as problem:
            outcomes[_hold_back(touch, claim, now, problem)] += 1
        else:
            links = Links(touch.pk, to_send[touch.pk].tracked)
            drafts.append(_Draft(touch, links, chosen, senders.of(touch.purpose)))
    return drafts


def _message(draft: _Draft, rendered: Rendered) -> Message:
    touch, page = draft.touch, draft.links.with_pixel(rendered.html) if rendered.html else ""
    return Message(
        touch.pk, touch.address, rendered.subject, page, rendered.text, draft.letter.unsubscribe,
        contact_id=touch.contact_id, language=rendered.language, sender=draft.sender, link=_link(draft, rendered),
        expires_at=touch.expires_at,
    )  # fmt: skip


def _link(draft: _Draft, rendered: Rendered) -> str:
    """Where a push message leads: the first address in its text, counted like any link."""
    found = WEB_ADDRESS.search(rendered.text) if draft.touch.channel == "push" else None
    return draft.links.rewrite(found[0]) if found else ""


def _hold_back(touch: Touch, claim: uuid.UUID, now: datetime, problem: Exception) -> str:
    reason = "missing_content" if isinstance(problem, MissingContent) else "template_error"
    if isinstance(problem, Incomplete):
        reason = problem.reason
    log.warning(
        "touch cannot be written", touch=touch.pk, block=touch.block_id, reason=reason, words=str(problem)[:200]
    )
    return settle([Settled(touch.pk, "suppressed", reason)], claim=claim, now=now)[touch.pk]


def _letter(touch: Touch, content: Content | None, *, marketing: bool, notice: Mapping[str, str]) -> Letter:
    named: dict[str, Any] = {"contact_id": touch.contact_id, "touch_id": touch.pk, "purpose": touch.purpose}
    if content is None or content.block.state != Block.State.APPROVED:
        raise MissingContent(str(touch.block_id))
    return letter(
        content,
        contact=touch.contact,
        journey={"en": touch.journey.name_en, "de": touch.journey.name_de},
        key=touch.enrollment.key,
        evidence=touch.enrollment.evidence,
        unsubscribe=unsubscribe_url(**named) if marketing else "",
        footer=footer_urls(**named) if marketing else None,
        notice=notice,
        channel=touch.channel,
        arm=touch.step.settings.get("arm") or touch.enrollment.arm,
        more={
            "offer": liquid_context(touch.grant, language=touch.contact.language, zone=touch.contact.time_zone),
            "survey": survey_context(touch),
        },
    )
