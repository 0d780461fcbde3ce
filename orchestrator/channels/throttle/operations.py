"""Stops and resumes sending; sets rate limits, and takes tokens."""

import uuid
from datetime import datetime

from django.db import transaction

from orchestrator.channels.throttle.models import Bucket, Stop
from orchestrator.kernel import sql


@transaction.atomic
def stop_sending(*, by: str, why: str, now: datetime, channel: str = "") -> bool:
    """Stop a channel, or everything: no call of a provider begins any more, what is with one right now ends.

    Returns False when it stood still already: nothing was written.
    """
    values = {"since": now, "by": by[:150], "why": why[:300]}
    _, made = Stop.objects.get_or_create(channel=channel, ended_at=None, defaults=values)
    return made


@transaction.atomic
def resume_sending(*, by: str, now: datetime, channel: str = "") -> bool:
    """Let messages go out again. Returns False when nothing was stopped."""
    return bool(Stop.objects.filter(channel=channel, ended_at=None).update(ended_at=now, ended_by=by[:150]))


@transaction.atomic
def set_limit(*, kind: str, name: str, per_second: float, most: int, now: datetime) -> Bucket:
    """Set how many messages a second go out; a bucket begins full, and one that is changed holds no more than before."""
    bucket, made = Bucket.objects.select_for_update().get_or_create(
        kind=kind,
        name=name.strip().lower(),
        defaults={"per_second": per_second, "most": most, "tokens": most, "filled_at": now},
    )
    if not made:
        bucket.per_second, bucket.most = per_second, most
        bucket.tokens, bucket.queue_until = min(bucket.tokens, most), None
        bucket.save(update_fields=["per_second", "most", "tokens", "queue_until"])
    return bucket


@transaction.atomic
def drop_limit(*, pk: int) -> bool:
    """Take a rate limit away; who waits for it is sent when their time has come."""
    return bool(Bucket.objects.filter(pk=pk).delete()[0])


def take_tokens(*, claim: uuid.UUID, provider: str, now: datetime) -> set[int]:
    """Take a token of each bucket for each claimed touch, in one statement. Returns who has none: they wait until there is one.

    Part of the transaction of the claim: who is refused was never seen as claimed by anybody.
    """
    values = {"claim": claim, "provider": provider, "now": now}
    return {pk for (pk,) in sql.rows(sql.statement("orchestrator/channels/throttle/sql/take.sql"), values)}
