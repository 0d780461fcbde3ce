"""Sends the mails that people asked for: at least once, since a confirmation that never comes helps nobody."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.template import TemplateDoesNotExist

from consent.preferences.mails import text_of
from consent.preferences.models import ServiceMail
from consent.purposes.models import Purpose
from consent.records.operations import suppress_address
from orchestrator.channels.adapters import email
from orchestrator.channels.adapters.base import Message, Unavailable
from orchestrator.channels.rules import Answer
from orchestrator.channels.senders.queries import Senders, senders_now
from orchestrator.channels.throttle.queries import stopped
from orchestrator.kernel import sql

FIRST_WAIT = timedelta(seconds=30)  # before the second attempt; each further one waits twice as long
LONGEST_WAIT = timedelta(hours=4)
MOST_ATTEMPTS = 16  # over about a day and a half
log = structlog.get_logger(__name__)


def send_service_mails(*, now: Callable[[], datetime], limit: int = 50) -> Counter[str]:
    """Send up to `limit` service mails that are due. Returns how many were sent, failed, or are tried again.

    now: read again before each call. A mail whose answer was lost with its worker is sent once more, under the same Message-ID.
    """
    mails = _claim(now=now(), limit=limit)
    outcomes: Counter[str] = Counter()
    if not mails:
        return outcomes
    senders = senders_now()
    prepared = [(mail, one) for mail in mails if (one := _prepared(mail, senders, now(), outcomes))]
    if not prepared:
        return outcomes
    waiting = [mail for mail, _ in prepared]
    try:
        with email.Outbox() as outbox:
            for mail, letter in prepared:
                if stopped("email"):  # its lease ends, and it is sent when it may be
                    outcomes["stopped"] += len(waiting)
                    break
                outbox.ready()
                outcomes[_settle(mail, outbox.send(letter), now())] += 1
                waiting.remove(mail)
    except Unavailable as error:
        for mail in waiting:
            outcomes[_settle(mail, Answer("unavailable", str(error)), now())] += 1
    return outcomes


@transaction.atomic
def _claim(*, now: datetime, limit: int) -> list[ServiceMail]:
    lease = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    values = {"now": now, "again_at": now + lease, "most": limit}
    ids = [row[0] for row in sql.rows(sql.statement("orchestrator/channels/sql/claim_mails.sql"), values)]
    return list(ServiceMail.objects.filter(pk__in=ids).order_by("pk")) if ids else []


def _prepared(mail: ServiceMail, senders: Senders, now: datetime, outcomes: Counter[str]) -> email.Prepared | None:
    """The mail with its headers; one that cannot be written ends as failed, with the reason."""
    try:
        text = text_of(mail)
        sender = senders.of(Purpose.SERVICE)
        letter = Message(mail.pk, mail.address, text.subject, text.html, text.text, "", service=True, sender=sender)
        return email.prepare(letter, now=mail.created_at)
    except (TemplateDoesNotExist, ValueError) as problem:
        outcomes[_settle(mail, Answer("rejected", f"it cannot be written: {problem}"), now)] += 1
    return None


@transaction.atomic
def _settle(mail: ServiceMail, answer: Answer, now: datetime) -> str:
    """Record what became of an attempt, if no other worker has taken the mail meanwhile. Returns the outcome."""
    over = answer.outcome == "rejected" or mail.attempts >= MOST_ATTEMPTS
    if answer.outcome == "sent":
        outcome = ServiceMail.State.SENT
    else:
        outcome = ServiceMail.State.FAILED if over else ServiceMail.State.WAITING
        log.warning("service mail not sent", mail=mail.pk, outcome=answer.outcome, attempt=mail.attempts)
    if answer.bounced:
        suppress_address(channel="email", address=mail.address, reason="bounced", now=now)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (mail.attempts - 1))
    mine = ServiceMail.objects.filter(pk=mail.pk, state=ServiceMail.State.WAITING, attempts=mail.attempts)
    done = mine.update(
        state=outcome,
        words=answer.words[:300],
        next_at=now + wait,
        sent_at=now if outcome == ServiceMail.State.SENT else None,
    )
    return str(outcome) if done else "claim_over"
