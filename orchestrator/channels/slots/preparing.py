"""Fills on-site messages in as soon as they are approved, so that who asks for them waits for no child."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import structlog
from django.db import transaction

from contacts.profiles.models import Contact
from journeys.content.models import Block
from journeys.content.queries import Content, Letter, contents, letter
from journeys.content.rendering import render_many
from journeys.content.rules import ContentProblem, MissingContent
from journeys.enrollments.models import Touch
from journeys.offers.queries import liquid_context
from journeys.surveys.queries import survey_context
from orchestrator.channels.slots.models import Showing, Slot
from orchestrator.channels.slots.rules import CHANNEL, LANGUAGES, Sources, shown, split_text
from orchestrator.kernel import doorbell, sql

MOST = 500  # messages of one round
log = structlog.get_logger(__name__)


class Due(NamedTuple):
    """A message to fill in, the slot its step names (empty: any), and the score of its verdict."""

    touch: Touch
    slot: str
    score: Decimal


def prepare_touches(*, now: datetime, stale: bool = False) -> Counter[str]:
    """Fill in what was approved, if stale also what was filled in and changed since. Returns counts by outcome."""
    outcomes: Counter[str] = Counter()
    while due := _due(now, stale):
        before = outcomes["ready"]
        _prepare(due, now, outcomes)
        if len(due) < MOST or outcomes["ready"] == before:
            break
    return outcomes


def keep_touches(*, now: datetime) -> Counter[str]:
    """End what may not be shown any more, then fill in what was approved or changed, and fallbacks. Returns counts by outcome.

    What is shown is asked about again each time; this is for those who wait at a step, and for the limits.
    """
    outcomes: Counter[str] = Counter()
    with transaction.atomic():
        for state, n, told in sql.rows(sql.statement("orchestrator/channels/slots/sql/sweep.sql"), {"now": now}):
            outcomes[state] += n
            if told:
                doorbell.ring()
    outcomes += prepare_touches(now=now, stale=True)
    prepare_fallbacks(now=now)
    return outcomes


def prepare_fallbacks(*, now: datetime, slot_ids: Sequence[int] | None = None) -> int:
    """Fill in the texts of fallbacks that are new or have changed; returns how many."""
    slots = Slot.objects.select_related("fallback").filter(fallback__state=Block.State.APPROVED)
    if slot_ids is not None:
        slots = slots.filter(pk__in=slot_ids)
    changed = [one for one in slots if one.fallback and one.fallback_version != one.fallback.version]
    found = contents(one.fallback_id for one in changed if one.fallback_id)
    for one in changed:
        if one.fallback_id not in found:
            continue
        one.fallback_texts = fallback_texts(found[one.fallback_id])
        one.fallback_version = found[one.fallback_id].block.version
    Slot.objects.bulk_update(changed, ["fallback_texts", "fallback_version"])
    return len(changed)


def fallback_texts(content: Content) -> dict[str, Any]:
    """Fill a block in for nobody in particular, in every language it has; what cannot be filled is left out."""
    languages = [one for one in LANGUAGES if any(key[:2] == (CHANNEL, one) for key in content.variants)]
    letters = [letter(content, contact=Contact(language=one), channel=CHANNEL) for one in languages]
    filled = fill(letters)
    for language, one in zip(languages, filled, strict=True):
        if isinstance(one, ContentProblem):
            log.warning("fallback cannot be written", block=content.block.slug, language=language, words=str(one)[:200])
    return {
        language: one for language, one in zip(languages, filled, strict=True) if not isinstance(one, ContentProblem)
    }


def fill(letters: Sequence[Letter]) -> list[dict[str, Any] | ContentProblem]:
    """Fill messages in, each part by itself; what cannot be filled is a ContentProblem."""
    jobs = [one.job._replace(sources=tuple(split_text(*one.job.sources))) for one in letters]
    return [
        made if isinstance(made, ContentProblem) else shown(Sources(*made))  # type: ignore[misc]  # texts, not a mail
        for made in render_many(jobs)
    ]


def _due(now: datetime, stale: bool) -> list[Due]:
    given = {"now": now, "most": MOST, "stale": stale}
    rows = sql.rows(sql.statement("orchestrator/channels/slots/sql/unready.sql"), given)
    touches = Touch.objects.select_related("contact__account", "enrollment", "journey", "step", "grant__offer").in_bulk(
        [row[0] for row in rows]
    )
    return [Due(touches[pk], slot[:100], score) for pk, slot, score in rows if pk in touches]


def _prepare(due: Sequence[Due], now: datetime, outcomes: Counter[str]) -> None:
    blocks = contents(one.touch.block_id for one in due)
    letters: list[tuple[Due, Letter]] = []
    for one in due:
        try:
            letters.append((one, _letter(one.touch, blocks)))
        except MissingContent as problem:
            outcomes[_refuse(one.touch, "missing_content", problem, now)] += 1
    rows: list[Showing] = []
    for (one, written), made in zip(letters, fill([written for _, written in letters]), strict=True):
        if isinstance(made, ContentProblem):
            outcomes[_refuse(one.touch, "template_error", made, now)] += 1
        else:
            rows.append(_row(one, written, made, now))
    fields = ["content", "language", "version", "ready_at"]
    Showing.objects.bulk_create(rows, update_conflicts=True, unique_fields=["touch"], update_fields=fields)
    outcomes["ready"] += len(rows)


def _letter(touch: Touch, blocks: Mapping[int, Content]) -> Letter:
    content = blocks.get(touch.block_id)
    if content is None or content.block.state != Block.State.APPROVED:
        raise MissingContent(str(touch.block_id))
    return letter(
        content,
        contact=touch.contact,
        journey={"en": touch.journey.name_en, "de": touch.journey.name_de},
        key=touch.enrollment.key,
        evidence=touch.enrollment.evidence,
        channel=CHANNEL,
        arm=touch.step.settings.get("arm") or touch.enrollment.arm,
        more={
            "offer": liquid_context(touch.grant, language=touch.contact.language, zone=touch.contact.time_zone),
            "survey": survey_context(touch),
        },
    )


def _row(due: Due, written: Letter, made: dict[str, Any], now: datetime) -> Showing:
    touch = due.touch
    return Showing(
        touch_id=touch.pk,
        contact_id=touch.contact_id,
        slot=due.slot,
        content=made,
        language=written.language,
        version=written.version,
        score=due.score,
        ready_at=now,
        expires_at=touch.expires_at,
    )


def _refuse(touch: Touch, reason: str, problem: Exception, now: datetime) -> str:
    log.warning(
        "touch cannot be written", touch=touch.pk, block=touch.block_id, reason=reason, words=str(problem)[:200]
    )
    given = {"id": touch.pk, "reason": reason, "now": now}
    done = sql.rows(sql.statement("orchestrator/channels/slots/sql/refuse.sql"), given)
    if done and done[0][0]:
        doorbell.ring()
    return reason
