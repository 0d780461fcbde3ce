"""Keeps senders, and has what is over a new sender's plan wait until tomorrow."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from journeys.enrollments.models import Touch
from orchestrator.channels.senders.models import Sender, SenderDay
from orchestrator.channels.senders.queries import Senders, team_day
from orchestrator.channels.senders.rules import most_on
from orchestrator.kernel import sql


@transaction.atomic
def save_sender(*, sender: Sender, now: datetime) -> Sender:
    """Keep a sender. The first one is the default; whoever becomes it takes it from the other."""
    others = Sender.objects.select_for_update().order_by("pk").exclude(pk=sender.pk)
    if not any(one.is_default for one in others):
        sender.is_default = True
    if sender.is_default:
        Sender.objects.exclude(pk=sender.pk).filter(is_default=True).update(is_default=False)
    sender.created_at = sender.created_at or now
    sender.save()
    return sender


@transaction.atomic
def delete_sender(*, sender: Sender) -> bool:
    """Take a sender away. False for the default while there are others: they would have nobody to fall back to."""
    if sender.is_default and Sender.objects.exclude(pk=sender.pk).exists():
        return False
    sender.delete()
    return True


@transaction.atomic
def hold_over_plan(*, touches: Sequence[Touch], senders: Senders, claim: uuid.UUID, now: datetime) -> set[int]:
    """Have those of claimed touches wait until tomorrow for which their sender's plan has no room. Returns their ids."""
    of_sender: dict[int, list[int]] = defaultdict(list)
    for touch in touches:
        if (sender_id := senders.of(touch.purpose).sender_id) in senders.warming and sender_id is not None:
            of_sender[sender_id].append(touch.pk)
    if not of_sender:
        return set()
    begins = team_day(now)
    over: list[int] = []
    for sender_id in sorted(of_sender):
        one, wanted = senders.warming[sender_id], of_sender[sender_id]
        most = most_on(begins.date(), begun=one.warm_up_from, first=one.warm_up_first, ceiling=one.warm_up_ceiling)
        if most is not None:
            over += wanted[_room(sender_id, begins, len(wanted), most) :]
    if not over:
        return set()
    tomorrow = team_day(begins + timedelta(hours=36))
    values = {"ids": over, "claim": claim, "now": now, "until": tomorrow}
    return {pk for (pk,) in sql.rows(sql.statement("orchestrator/channels/senders/sql/hold_over_plan.sql"), values)}


def _room(sender_id: int, begins: datetime, wanted: int, most: int) -> int:
    """Take as many places of a day as there are left, up to the number wanted."""
    SenderDay.objects.bulk_create([SenderDay(sender_id=sender_id, day=begins.date())], ignore_conflicts=True)
    values = {"sender": sender_id, "day": begins.date(), "wanted": wanted, "most": most}
    ((taken,),) = sql.rows(sql.statement("orchestrator/channels/senders/sql/take_places.sql"), values)
    return int(taken)
