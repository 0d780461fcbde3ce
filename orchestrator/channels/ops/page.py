"""What the pages of operations say, as plain values."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.profiles.models import Contact
from journeys.enrollments.rules import say_reason
from orchestrator.channels.adapters.registry import COURIERS
from orchestrator.channels.models import Attempt
from orchestrator.channels.ops import queries
from orchestrator.channels.ops.queries import SERVICE, TOUCH, WEBHOOK, Filter, Line
from orchestrator.channels.ops.rules import DECIDED_NEXT, DUE, HELD, LIMITED, RETRIED, SENDING, Pace, empty_at
from orchestrator.channels.throttle.models import Bucket, Stop
from orchestrator.channels.throttle.queries import buckets, open_stops, stops_since

CHANNELS = {"email": gettext_lazy("E-mail"), "sms": gettext_lazy("SMS"), "push": gettext_lazy("Push message"), "letter": gettext_lazy("Letter"),
            "webhook": gettext_lazy("Webhook")}  # fmt: skip
KINDS = {TOUCH: gettext_lazy("Message"), SERVICE: gettext_lazy("Service mail"), WEBHOOK: gettext_lazy("Webhook")}
TONES = {"rejected": "red", "unavailable": "amber", "unknown": "violet", "arrived": "green", "replayed": "blue"}
JOURNAL = timedelta(days=30)
DOUBTS, STOPS = 20, 10


def channel_name(channel: str) -> str:
    """A channel as people say it."""
    return str(CHANNELS.get(channel, channel)) or _("Everything")


def live(*, now: datetime) -> dict[str, Any]:
    """Everything on the screen that changes by itself."""
    lines, paces, stops = queries.queue(now=now), queries.pace(now=now), open_stops()
    limits = {(bucket.kind, bucket.name): bucket for bucket in buckets()}
    found = queries.outcomes(now=now)
    rows = [_row(line, paces, stops, limits, now) for line in _with_all(lines)]
    ends = [row["empty_at"] for row in rows if row["waiting"]]
    return {
        "now": now,
        "stop": stops.get(""),
        "stops": [{"channel": c, "name": channel_name(c), "row": stop} for c, stop in sorted(stops.items()) if c],
        "rows": rows,
        "waiting": sum(row["waiting"] for row in rows),
        "oldest": min((line.oldest for line in lines if line.oldest), default=None),
        "empty_at": None if not ends or None in ends else max(ends),
        "latency": queries.latency(now=now),
        "sent": found["sent"],
        "unknown": found["unknown"],
        "slow": sum(line.slow for line in lines),
        "dead": queries.dead_letters(Filter(), now=now).count(),
        "failures": [_failure(row) for row in queries.failures(now=now)],
        "doubts": [_doubt(touch) for touch in queries.in_doubt()[:DOUBTS]],
        "buckets": [_bucket(bucket, now) for bucket in limits.values()],
        "journal": [{"name": channel_name(s.channel), "row": s} for s in stops_since(now - JOURNAL)[:STOPS]],
    }


def choices_of_channels() -> list[tuple[str, str]]:
    """The channels that can be stopped."""
    names = dict.fromkeys([*(courier.channel for courier in COURIERS), "webhook"])
    return [(name, channel_name(name)) for name in names]


def letters(rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Dead letters with whom and what they were about; the people are looked up once."""
    ids = {row["contact_id"] for row in rows if row["contact_id"]}
    people = Contact.objects.in_bulk(ids)
    return [
        {
            **row,
            "kind": KINDS[row["what"]],
            "channel": channel_name(row["where"]),
            "person": people.get(row["contact_id"]) if row["contact_id"] else None,
        }
        for row in rows
    ]


def attempts(touch_id: int) -> list[dict[str, Any]]:
    """What happened with a message."""
    return [
        {"row": one, "outcome": one.get_outcome_display(), "tone": TONES[one.outcome]}
        for one in queries.attempts_of(touch_id)
    ]


def _with_all(lines: list[Line]) -> list[Line]:
    """A line for each channel that can send, also where nothing waits."""
    there = {line.channel for line in lines}
    more = [Line(name, {}, None, 0) for name, _name in choices_of_channels() if name not in there and name != "webhook"]
    return [*lines, *more]


def _row(
    line: Line,
    paces: Mapping[str, Pace],
    stops: Mapping[str, Stop],
    limits: Mapping[tuple[str, str], Bucket],
    now: datetime,
) -> dict[str, Any]:
    pace = paces.get(line.channel, Pace(0, 0))
    limit = limits.get(("channel", line.channel))
    stopped = "" in stops or line.channel in stops
    promised = [b.queue_until for b in limits.values() if b.queue_until] if line.places.get(LIMITED) else []
    end = empty_at(
        waiting=line.waiting,
        pace=pace,
        per_second=limit.per_second if limit else None,
        promised_until=max(promised, default=None),
        now=now,
    )
    places = {name: line.places.get(name, 0) for name in (DUE, LIMITED, RETRIED, SENDING)}
    return {
        "channel": line.channel,
        "name": channel_name(line.channel),
        "stopped": stopped,
        "alone": line.channel in stops,
        "undecided": line.places.get(DECIDED_NEXT, 0) + line.places.get(HELD, 0),
        "waiting": line.waiting,
        "oldest": line.oldest,
        "per_minute": pace.per_second * 60,
        "empty_at": None if stopped else end,
        **places,
    }


def _failure(row: Mapping[str, Any]) -> dict[str, Any]:
    said = row["words"] or _("said nothing")
    return {
        **row,
        "name": channel_name(row["channel"]),
        "said": f"{row['code']} {said}".strip(),
        "label": Attempt.Outcome(row["outcome"]).label,
        "tone": TONES[row["outcome"]],
    }


def _doubt(touch: Any) -> dict[str, Any]:
    return {"pk": touch.pk, "person": touch.contact, "journey": touch.journey, "subject": touch.subject,
            "channel": channel_name(touch.channel), "called_at": touch.called_at}  # fmt: skip


def _bucket(bucket: Bucket, now: datetime) -> dict[str, Any]:
    passed = max(0.0, (now - bucket.filled_at).total_seconds())
    return {
        "pk": bucket.pk,
        "kind": bucket.get_kind_display(),
        "name": channel_name(bucket.name) if bucket.kind == Bucket.Kind.CHANNEL else bucket.name,
        "per_second": bucket.per_second,
        "most": bucket.most,
        "tokens": min(bucket.most, bucket.tokens + passed * bucket.per_second),
        "queue_until": bucket.queue_until if bucket.queue_until and bucket.queue_until > now else None,
    }


def reason_of(state: str, reason: str) -> str:
    """Why a message ended, as a sentence."""
    return say_reason(reason) if reason else state
