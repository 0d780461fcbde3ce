"""Hands written messages over, a group at a time: the last look, the mark, the call, the record."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from django.db import IntegrityError, OperationalError

from orchestrator.arbiter.queries import Place, Quiet
from orchestrator.channels.adapters.base import Courier, Line, Unavailable, provider_of
from orchestrator.channels.feedback.bounces import take_reports
from orchestrator.channels.feedback.rules import Kind, Report
from orchestrator.channels.feedback.texts import heed_refusal
from orchestrator.channels.models import Attempt
from orchestrator.channels.rules import Answer, next_size, plain_words
from orchestrator.channels.settling import Settled, give_back, settle, unmark
from orchestrator.channels.writing import Written
from orchestrator.kernel import planned, sql
from orchestrator.kernel.faults import fault

# Seconds from asking until the provider is called, at most: a withdrawal waits longer than that for what was marked before it
# (journeys/migrations/0010_send_guard.py), so that nothing begins after it was answered. See ADR 12.
BEGIN_WITHIN = 0.5
FIRST_SIZE = 5  # of a group, before it is known how fast the provider is
log = structlog.get_logger(__name__)


class Delivery(NamedTuple):
    """What all groups of one claim share."""

    courier: Courier
    claim: uuid.UUID
    now: Callable[[], datetime]
    quiet: Quiet
    outcomes: Counter[str]


def hand_over(
    *,
    courier: Courier,
    written: Sequence[Written],
    claim: uuid.UUID,
    now: Callable[[], datetime],
    outcomes: Counter[str],
) -> None:
    """Hand messages over and record the answers; adds to `outcomes`. A provider that is away has them all tried again later.

    A group is marked in one statement and recorded in one; it is as large as is surely handed over in a moment, so that a
    withdrawal never waits long, and a worker that dies leaves few touches in doubt.
    """
    if not written:
        return
    shared = Delivery(courier, claim, now, Quiet(), outcomes)
    left, size = list(written), min(FIRST_SIZE, courier.together)
    try:
        with courier.line() as line:
            while left:
                line.ready()
                group, left = left[:size], left[size:]
                begun = time.monotonic()
                left = _hand_over_group(shared, line, group) + left
                size = next_size(size, time.monotonic() - begun, courier.together)
    except Unavailable as error:
        _note(shared, [(one, Answer("unavailable", str(error))) for one in left], now())
        outcomes["provider_unavailable"] += _give_back(shared, left, now(), "provider_unavailable")
        said = plain_words(str(error), about=())
        log.warning("provider not reached", channel=courier.channel, words=said.text, code=said.code, waiting=len(left))


def _hand_over_group(shared: Delivery, line: Line, group: Sequence[Written]) -> list[Written]:
    """Returns what was not begun because the line broke or time was short, and can be tried at once."""
    at, asked = shared.now(), time.monotonic()
    going = [one for one in group if not _quieten(shared, one, at)]
    marked = _call(shared, going, at)
    until = asked + BEGIN_WITHIN
    called = [one for one in going if one.touch.pk in marked]
    if called:
        fault("before_call")
    answers = line.send_all([one.prepared for one in called], until=until) if called else []
    if answers:
        fault("after_accept")
    after = shared.now()
    _record(shared, list(zip(called, answers, strict=False)), after)
    if answers:
        fault("after_mark")
    rest = called[len(answers) :]
    again = unmark([one.touch.pk for one in rest], claim=shared.claim) if answers else set()
    # the next claim reads everything again, and says why
    over = [one for one in going if one.touch.pk not in marked] + [one for one in rest if one.touch.pk not in again]
    _give_back(shared, over, after)
    shared.outcomes["claim_over"] += len(over)
    return [one for one in rest if one.touch.pk in again]


def _record(shared: Delivery, answered: Sequence[tuple[Written, Answer]], at: datetime) -> None:
    settled, away = [], []
    for one, answer in answered:
        if answer.outcome != "sent":
            log.warning(
                "message not sent",
                touch=one.touch.pk,
                outcome=answer.outcome,
                code=plain_words(answer.words, about=()).code,
            )
        if answer.outcome == "unavailable":
            away.append(one)
        elif answer.outcome == "rejected":
            _report(one, answer, at)
            settled.append(Settled(one.touch.pk, "failed", "provider_rejected", one.rendered))
        elif answer.outcome == "unknown":
            settled.append(Settled(one.touch.pk, "unknown", "unknown_outcome", one.rendered))
        else:
            settled.append(Settled(one.touch.pk, "sent", "", one.rendered))
    _note(shared, [(one, answer) for one, answer in answered if answer.outcome != "sent"], at)
    shared.outcomes.update(settle(settled, claim=shared.claim, now=at).values())
    again = _give_back(shared, away, at, "provider_unavailable")
    shared.outcomes.update({"provider_unavailable": again, "claim_over": len(away) - again})


def _note(shared: Delivery, failed: Sequence[tuple[Written, Answer]], at: datetime) -> None:
    """Keep the provider's words, in one statement, without what names the person."""
    rows = []
    for one, answer in failed:
        contact = one.touch.contact
        about = (one.touch.address, contact.email, contact.phone or "", contact.first_name, contact.last_name)
        said = plain_words(answer.words, about=about)
        row = Attempt(
            touch_id=one.touch.pk, at=at, channel=shared.courier.channel, provider=provider_of(shared.courier)
        )
        row.outcome, row.code, row.words = answer.outcome, said.code, said.text
        rows.append(row)
    Attempt.objects.bulk_create(rows)


def _report(one: Written, answer: Answer, at: datetime) -> None:
    """An address that does not exist is never written to again, whoever has it."""
    if one.touch.channel == "sms" and (answer.bounced or answer.stopped):
        heed_refusal(touch=one.touch, bounced=answer.bounced, stopped=answer.stopped, words=answer.words, now=at)
    elif answer.bounced or answer.full:
        kind = Kind.HARD if answer.bounced else Kind.SOFT
        take_reports(reports=[Report(kind, one.touch.address, one.touch.pk, at, words=answer.words)], now=at)


def _give_back(shared: Delivery, ones: Sequence[Written], at: datetime, reason: str = "") -> int:
    return give_back([one.touch.pk for one in ones], claim=shared.claim, now=at, reason=reason)


def _quieten(shared: Delivery, one: Written, now: datetime) -> bool:
    """Hold a message back at whose person quiet hours have begun since the verdict. Returns whether it is held, or not ours."""
    contact = one.touch.contact
    place = Place(contact.time_zone, contact.country, contact.account.country if contact.account else "")
    until = None if one.by_contract else shared.quiet.until(place, shared.courier.channel, now)
    if until is None:
        return False
    given = {"id": one.touch.pk, "claim": shared.claim, "now": now, "until": until, "zone": place.usable}
    held = sql.rows(sql.statement("orchestrator/channels/sql/quieten.sql"), given)
    shared.outcomes["quiet_hours" if held else "claim_over"] += 1
    return True


def _call(shared: Delivery, going: Sequence[Written], now: datetime) -> set[int]:
    """Mark that the provider is called, under a lock on the people and what they said. What is missing must not be called now."""
    if not going:
        return set()
    ids = [one.touch.pk for one in going]
    try:
        values = {"ids": ids, "claim": shared.claim, "now": now, "kind": shared.courier.kind}
        return {pk for (pk,) in planned.rows(sql.statement("orchestrator/channels/sql/call.sql"), values)}
    except IntegrityError as refusal:  # the database's own guard, journeys_touch_called
        words = "touch refused by the database"
        said = str(refusal).splitlines()[0]
    except OperationalError as trouble:  # a lock that was not to be had in time, a deadlock: nothing was marked
        words = "touch could not be marked"
        said = str(trouble).splitlines()[0]
    if len(ids) == 1:
        log.warning(words, touch=ids[0], words=said)
        return set()
    return {pk for one in going for pk in _call(shared, [one], now)}  # one of them is to blame
