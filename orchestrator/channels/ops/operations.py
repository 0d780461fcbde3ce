"""What people do about messages that did not go out: send them again, or say that one arrived; and what feedback says itself."""

from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from consent.preferences.models import ServiceMail
from consent.records.models import Suppression
from journeys.enrollments.calls import WebhookCall
from journeys.enrollments.models import Touch
from orchestrator.channels.models import Attempt
from orchestrator.channels.ops import queries
from orchestrator.channels.ops.queries import SERVICE, TOUCH, WEBHOOK, Filter
from orchestrator.kernel import doorbell, sql

DOUBT = timedelta(days=30)  # how long feedback is waited for
ARRIVED = ("email_opened", "email_clicked", "email_delivered", "email_bounced", "email_complained", "unsubscribed",
           "survey_answered", "sms_delivered", "sms_failed")  # fmt: skip
AGAIN = [Touch.State.FAILED.value, Touch.State.EXPIRED.value]


@transaction.atomic
def replay(*, chosen: Filter, by: str, now: datetime, pk: int | None = None) -> Counter[str]:
    """Have dead letters tried once more: all of a filter, or the one of its kind with this id. Returns how many of each kind.

    Messages go through the arbiter and all its gates; calls of webhooks and mails that somebody asked for are made again, but not
    where the address is dead.
    """
    touches, mails = queries.dead_touches(chosen, now=now), queries.dead_mails(chosen, now=now)
    calls = queries.dead_calls(chosen, now=now)
    if pk is not None:
        touches, mails, calls = touches.filter(pk=pk), mails.filter(pk=pk), calls.filter(pk=pk)
    done = Counter({TOUCH: _propose(touches, AGAIN, by, now), SERVICE: _mail(mails, now), WEBHOOK: _call(calls, now)})
    doorbell.ring()
    return +done


@transaction.atomic
def confirm_arrival(*, touch_id: int, by: str, now: datetime) -> bool:
    """Note that a message whose answer was lost arrived. Returns False when it was not in doubt any more."""
    mine = Touch.objects.filter(pk=touch_id, state=Touch.State.UNKNOWN)
    if not mine.update(state=Touch.State.SENT, reason="", sent_at=F("called_at"), claim=None):
        return False
    _note(touch_id, Attempt.Outcome.ARRIVED, by, now)
    return True


@transaction.atomic
def send_again(*, touch_id: int, by: str, now: datetime) -> bool:
    """Have a message in doubt decided and sent once more, since somebody knows that it did not arrive. False: not in doubt any more."""
    done = _propose(Touch.objects.filter(pk=touch_id), [Touch.State.UNKNOWN.value], by, now)
    doorbell.ring()
    return bool(done)


@transaction.atomic
def settle_doubts(*, now: datetime) -> dict[str, int]:
    """Settle what is in doubt by the feedback that came for it meanwhile, whoever brought it and in which order."""
    values = {"now": now, "since": now - DOUBT, "names": list(ARRIVED)}
    found = sql.rows(sql.statement("orchestrator/channels/ops/sql/reconcile.sql"), values)
    if any(state == Touch.State.FAILED for state, _ in found):
        doorbell.ring()
    return {state: int(n) for state, n in found}


def _propose(touches: QuerySet[Touch], states: list[str], by: str, now: datetime) -> int:
    if touches.query.is_empty():
        return 0
    given = sql.compiled(touches.order_by().values("pk"))
    text, params = sql.fill(
        sql.statement("orchestrator/channels/ops/sql/replay.sql"),
        touches=given,
        now=sql.value(now),
        states=sql.value(states),
        by=sql.value(by[:150]),
    )
    ((n,),) = sql.rows(text, params)
    return int(n)


def _mail(mails: QuerySet[ServiceMail], now: datetime) -> int:
    dead = Suppression.objects.filter(channel="email", address=OuterRef("address"))
    found = mails.exclude(Exists(dead)).order_by().values("pk")
    return ServiceMail.objects.filter(pk__in=found).update(state=ServiceMail.State.WAITING, attempts=0, next_at=now)


def _call(calls: QuerySet[WebhookCall], now: datetime) -> int:
    again = {"state": WebhookCall.State.WAITING, "attempts": 0, "next_at": now, "replayed_at": now, "done_at": None}
    return WebhookCall.objects.filter(pk__in=calls.order_by().values("pk")).update(
        **again, claim=None, lease_until=None
    )


def _note(touch_id: int, outcome: str, by: str, now: datetime) -> None:
    channel = Touch.objects.values_list("channel", flat=True).get(pk=touch_id)
    Attempt.objects.create(touch_id=touch_id, at=now, channel=channel, outcome=outcome, by=by[:150])
