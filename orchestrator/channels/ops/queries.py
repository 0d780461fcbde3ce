"""What the screen of operations shows: queues, pace, failures, dead letters, doubts."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from consent.preferences.models import ServiceMail
from journeys.enrollments.calls import WebhookCall
from journeys.enrollments.models import Touch
from orchestrator.channels.models import Attempt
from orchestrator.channels.ops.rules import DUE, LIMITED, RETRIED, SENDING, Pace
from orchestrator.kernel import sql

SLOW = timedelta(seconds=10)  # a provider that answers later than that is shown
PACE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
SOON = timedelta(minutes=1)  # between an entry and its first message, where nobody waits on purpose
BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
KEPT = timedelta(days=30)  # older dead letters are history
FAILED_NAMES = ("rejected", "unavailable")
TOUCH, SERVICE, WEBHOOK = KINDS = ("touch", "service", "webhook")


class Line(NamedTuple):
    """One channel's queue. places: how many stand where; oldest: since when the first could have gone; slow: with a provider too long."""

    channel: str
    places: dict[str, int]
    oldest: datetime | None
    slow: int

    @property
    def waiting(self) -> int:
        """How many are approved and not sent."""
        return sum(self.places.get(place, 0) for place in (DUE, LIMITED, RETRIED, SENDING))


class Latency(NamedTuple):
    """From the arrival of an event to its message, in seconds. below: how many took at most each of BOUNDS."""

    n: int
    median: float | None
    p95: float | None
    p99: float | None
    total: float
    below: list[int]


class Filter(NamedTuple):
    """Which dead letters. Empty values mean all of them; words None: whatever was said."""

    kind: str = ""
    channel: str = ""
    code: str = ""
    words: str | None = None


def queue(*, now: datetime) -> list[Line]:
    """What waits in each channel."""
    places: dict[str, dict[str, int]] = defaultdict(dict)
    oldest: dict[str, datetime] = {}
    slow: dict[str, int] = defaultdict(int)
    values = {"now": now, "slow": now - SLOW}
    for channel, place, n, first, late in sql.rows(sql.statement("orchestrator/channels/ops/sql/queue.sql"), values):
        places[channel][place] = n
        slow[channel] += late
        if first and place == DUE:
            oldest[channel] = first
    return [Line(channel, places[channel], oldest.get(channel), slow[channel]) for channel in sorted(places)]


def pace(*, now: datetime) -> dict[str, Pace]:
    """How fast each channel was in the last minutes."""
    found = sql.rows(sql.statement("orchestrator/channels/ops/sql/pace.sql"), {"now": now, "since": now - PACE})
    return {channel: Pace(n, max(seconds, 1.0)) for channel, n, seconds in found}


def latency(*, now: datetime) -> Latency:
    """How long messages of the last hour took from their event on."""
    values = {"now": now, "since": now - HOUR, "soon": SOON, "bounds": list(BOUNDS)}
    ((n, median, p95, p99, total, below),) = sql.rows(
        sql.statement("orchestrator/channels/ops/sql/latency.sql"), values
    )
    return Latency(n, median, p95, p99, total, below)


def failures(*, now: datetime, within: timedelta = timedelta(days=1), most: int = 12) -> list[dict[str, Any]]:
    """What providers said when they took nothing, the most frequent first."""
    names = ("channel", "provider", "outcome", "code", "words", "n", "last")
    values = {"since": now - within, "most": most}
    rows = sql.rows(sql.statement("orchestrator/channels/ops/sql/failures.sql"), values)
    return [dict(zip(names, row, strict=True)) for row in rows]


def outcomes(*, now: datetime) -> dict[str, int]:
    """How many messages were sent in the last hour; how many failed and are in doubt altogether."""
    sent = Touch.objects.filter(sent_at__gt=now - HOUR, sent_at__lte=now).count()
    trouble = Touch.objects.filter(state__in=("failed", "unknown")).values_list("state", flat=True)
    found = list(trouble)
    return {"sent": sent, "failed": found.count("failed"), "unknown": found.count("unknown")}


def in_doubt() -> QuerySet[Touch]:
    """Messages whose answer was lost, the newest first."""
    return Touch.objects.filter(state=Touch.State.UNKNOWN).select_related("contact", "journey").order_by("-pk")


def dead_touches(chosen: Filter, *, now: datetime) -> QuerySet[Touch]:
    """Messages that a provider refused for good, and those that could not be handed over until their time was over."""
    last = Attempt.objects.filter(touch=OuterRef("pk"), outcome__in=FAILED_NAMES).order_by("-pk")
    tried = Attempt.objects.filter(touch=OuterRef("pk"), outcome="unavailable")
    found = Touch.objects.filter(
        Q(state=Touch.State.FAILED) | Q(state=Touch.State.EXPIRED) & Exists(tried), decided_at__gt=now - KEPT
    ).annotate(
        code=Coalesce(Subquery(last.values("code")[:1]), Value("")),
        words=Coalesce(Subquery(last.values("words")[:1]), Value("")),
        failed_at=Coalesce(Subquery(last.values("at")[:1]), F("decided_at")),
    )
    if chosen.kind not in ("", TOUCH):
        return found.none()
    return _narrow(found.filter(channel=chosen.channel) if chosen.channel else found, chosen)


def dead_mails(chosen: Filter, *, now: datetime) -> QuerySet[ServiceMail]:
    """Service mails that were given up."""
    found = ServiceMail.objects.filter(state=ServiceMail.State.FAILED, created_at__gt=now - KEPT)
    found = found.annotate(code=Value("", output_field=CharField()), failed_at=F("created_at"))
    fits = chosen.kind in ("", SERVICE) and chosen.channel in ("", "email")
    return _narrow(found, chosen) if fits else found.none()


def dead_calls(chosen: Filter, *, now: datetime) -> QuerySet[WebhookCall]:
    """Calls of webhooks that were given up."""
    found = WebhookCall.objects.filter(state=WebhookCall.State.FAILED, done_at__gt=now - KEPT)
    code = Coalesce(Cast("status", CharField()), Value(""), output_field=CharField())
    found = found.annotate(code=code, words=F("error"), failed_at=F("done_at"))
    fits = chosen.kind in ("", WEBHOOK) and chosen.channel in ("", "webhook")
    return _narrow(found, chosen) if fits else found.none()


def dead_letters(chosen: Filter, *, now: datetime) -> Any:
    """All three in one list, the newest first: what, id, contact, where, code, words, failed_at."""
    first, *others = _parts(chosen, now).values()
    return first.union(*others, all=True).order_by("-failed_at", "-id")


def dead_letter(what: str, pk: int, *, now: datetime) -> dict[str, Any] | None:
    """One of them, None when it is none any more."""
    found: dict[str, Any] | None = _parts(Filter(), now)[what].filter(pk=pk).first()
    return found


def _parts(chosen: Filter, now: datetime) -> dict[str, Any]:
    names = ("what", "id", "contact_id", "where", "code", "words", "failed_at")
    parts: dict[str, Any] = {
        TOUCH: dead_touches(chosen, now=now).annotate(what=_text(TOUCH), where=F("channel")),
        SERVICE: dead_mails(chosen, now=now).annotate(what=_text(SERVICE), where=_text("email")),
        WEBHOOK: dead_calls(chosen, now=now).annotate(what=_text(WEBHOOK), where=_text("webhook")),
    }
    return {what: part.order_by().values(*names) for what, part in parts.items()}


def attempts_of(touch_id: int) -> QuerySet[Attempt]:
    """What happened with a message, the newest first."""
    return Attempt.objects.filter(touch_id=touch_id).order_by("-pk")


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())


def _narrow(found: Any, chosen: Filter) -> Any:
    if chosen.code:
        found = found.filter(code=chosen.code)
    return found if chosen.words is None else found.filter(words=chosen.words)
