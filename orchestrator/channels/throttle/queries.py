"""Whether a channel stands still, and what slows it down."""

from datetime import datetime

from django.db.models import QuerySet

from orchestrator.channels.throttle.models import Bucket, Stop


def stopped(channel: str) -> bool:
    """Whether nothing may begin in a channel at this moment."""
    return Stop.objects.filter(ended_at=None, channel__in=("", channel)).exists()


def open_stops() -> dict[str, Stop]:
    """The stops that hold, by channel; "" is everything."""
    return {stop.channel: stop for stop in Stop.objects.filter(ended_at=None)}


def stops_since(since: datetime) -> QuerySet[Stop]:
    """The journal, newest first."""
    return Stop.objects.filter(since__gte=since).order_by("-since", "-pk")


def buckets() -> QuerySet[Bucket]:
    """All rate limits in the order in which people read them."""
    return Bucket.objects.order_by("kind", "name")


def next_token(*, now: datetime) -> float | None:
    """In how many seconds a bucket for which messages wait has a token again; None when none wait."""
    waits = [
        max(0.0, (1 - bucket.tokens) / bucket.per_second - max(0.0, (now - bucket.filled_at).total_seconds()))
        for bucket in Bucket.objects.filter(queue_until__gt=now)
    ]
    return min(waits, default=None)
