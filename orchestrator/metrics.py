"""Figures for Prometheus, read from the database at each scrape: right whatever number of processes there is, about nobody."""

import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from orchestrator.channels.ops import queries
from orchestrator.channels.ops.queries import BOUNDS, Filter
from orchestrator.channels.ops.rules import PLACES
from orchestrator.channels.throttle.queries import buckets, open_stops
from orchestrator.tick.models import Heartbeat

ALIVE = ("worker", "beat")


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the figures to whoever holds the token; for everybody else there is nothing here."""
    given = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Figures(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Figures:
    """All figures at one moment. Labels are channels, states and parts of the product, never anything of a person."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> list[Metric]:
        """Nothing is asked of the database to register."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read everything once."""
        yield from self._queue()
        yield from self._outcomes()
        yield self._latency()
        yield from self._parts()
        yield from self._throttle()

    def _queue(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("orchestrator_queue", "Messages by channel and place", labels=["channel", "place"])
        oldest = GaugeMetricFamily("orchestrator_oldest_due_seconds", "Since when the oldest could have gone", labels=["channel"])  # fmt: skip
        slow = GaugeMetricFamily("orchestrator_no_answer", "With a provider for more than 10 seconds", labels=["channel"])  # fmt: skip
        for line in queries.queue(now=self.now):
            for place in PLACES:
                depth.add_metric([line.channel, place], line.places.get(place, 0))
            age = (self.now - line.oldest).total_seconds() if line.oldest else 0
            oldest.add_metric([line.channel], max(0.0, age))
            slow.add_metric([line.channel], line.slow)
        yield from (depth, oldest, slow)

    def _outcomes(self) -> Iterator[Metric]:
        found = queries.outcomes(now=self.now)
        yield _gauge("orchestrator_sent_last_hour", "Messages sent in the last hour", found["sent"])
        yield _gauge("orchestrator_failed", "Messages that were refused for good", found["failed"])
        yield _gauge("orchestrator_in_doubt", "Messages whose answer was lost", found["unknown"])
        dead = queries.dead_letters(Filter(), now=self.now).count()
        yield _gauge("orchestrator_dead_letters", "Messages, mails and calls that were given up in 30 days", dead)

    def _latency(self) -> Metric:
        found = queries.latency(now=self.now)
        below: list[tuple[str, float]] = [(str(bound), n) for bound, n in zip(BOUNDS, found.below, strict=True)]
        family = GaugeHistogramMetricFamily("orchestrator_event_to_send_seconds", "Event to message, of the last hour")
        family.add_metric([], [*below, ("+Inf", found.n)], found.total)
        return family

    def _parts(self) -> Iterator[Metric]:
        age = GaugeMetricFamily("orchestrator_part_age_seconds", "Since the last sign of life", labels=["part"])
        took = GaugeMetricFamily("orchestrator_run_seconds", "How long the last run took", labels=["part"])
        for row in Heartbeat.objects.all():
            if row.part in ALIVE:
                age.add_metric([row.part], (self.now - row.at).total_seconds())
            elif row.seconds is not None:
                took.add_metric([row.part.removeprefix("took ")], row.seconds)
        yield from (age, took)

    def _throttle(self) -> Iterator[Metric]:
        stopped = GaugeMetricFamily("orchestrator_stopped", "Whether somebody stopped sending", labels=["channel"])
        stops = open_stops()
        for channel in {"", *stops}:
            stopped.add_metric([channel or "all"], float(channel in stops))
        rate = GaugeMetricFamily("orchestrator_rate_limit", "Messages a second at most", labels=["kind", "name"])
        for bucket in buckets():
            rate.add_metric([bucket.kind, bucket.name], bucket.per_second)
        yield from (stopped, rate)


def _gauge(name: str, what: str, value: Any) -> Metric:
    return GaugeMetricFamily(name, what, value=float(value))
