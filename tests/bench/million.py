"""A million people: 50 segments recomputed, one busy segment, a pulse over 5,000, and ten questions of the builder."""

import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction

from contacts.conditions import counting
from contacts.events.operations import NewEvent, record_events
from contacts.models import Contact, News, Segment, SegmentMember, Signal
from contacts.segments.operations import refresh_segments
from orchestrator.kernel.scope import EVERYBODY
from orchestrator.tick import loop
from tests.bench.crowd import EVENTS, KINDS, NOW, PEOPLE, make_crowd

CHANGED = 5_000
BUSY = {"event": "page_viewed", "count": {"gte": 3}, "within": "7d"}
COUNTRIES = ("DE", "AT", "CH", "FR", "NL", "GB", "US")
QUESTIONS = (
    {"attribute": "country", "in": ["AT", "CH"]},
    {"attribute": "visits", "gte": 20},
    BUSY,
    {"event": "order_placed", "within": "30d", "where": [{"property": "value", "gte": 50}]},
    {"all": [{"attribute": "plan", "is": "pro"}, {"event": "pricing_viewed", "count": {"gte": 2}, "within": "14d"}]},
    {"all": [{"consent": "email_marketing"}, {"stage": "lead"}]},
    {"not": {"event": "order_placed", "within": "90d"}},
    {"any": [{"event": "cart_updated", "within": "2d"}, {"attribute": "tags", "contains": "vip"}]},
    {"attribute": "birthday", "within": {"days": 3, "of": "today", "yearly": True}},
    {"event": "order_placed", "sum": {"property": "value", "gte": 200}, "within": "180d"},
)


def run(report: Callable[..., None], people: int = PEOPLE, events: int = EVENTS) -> None:
    """Measure on the kept crowd; what the measurements write is undone or harmless to the next run."""
    make_crowd(people=people, events=events)
    _clear()
    _define()
    first = _timed(lambda: refresh_segments(now=NOW, scope=EVERYBODY))
    members = SegmentMember.objects.count()
    _vacuum("contacts_segmentmember")
    later = NOW + timedelta(hours=6)
    again = _timed(lambda: refresh_segments(now=later, scope=EVERYBODY))
    size = f"{people:,} people, {events:,} events"
    _say(report, f"50 segments, {members:,} members written, {size}", first)
    _say(report, "50 segments again 6 h later, the difference written (wanted: 25)", again)
    busy = [segment for segment in Segment.objects.all() if segment.condition == BUSY]
    _say(report, "one segment: event 3 times in 7 days (wanted: 1)", _timed(lambda: _recompute(busy)))
    _baseline(report)
    with transaction.atomic():
        loop.derive_signals(now=later, scope=EVERYBODY)  # everybody has fired once: cooldowns are real
    _pulse(report, later)
    _questions(report)


def _define() -> None:
    """50 segments and 30 signals of mixed kinds over the crowd."""
    conditions: list[dict] = [BUSY]
    conditions += [{"attribute": "country", "is": country} for country in COUNTRIES]
    conditions += [{"attribute": "visits", "gte": n} for n in (5, 10, 20, 35)]
    conditions += [{"attribute": "revenue", "between": [n, n + 500]} for n in (0, 500, 1000)]
    conditions += [{"attribute": "birthday", "within": {"days": n, "of": "today", "yearly": True}} for n in (0, 3, 7)]
    conditions += [{"attribute": "tags", "contains": "vip"}, {"not": {"attribute": "newsletter", "is": True}}]
    for name, _, _ in KINDS[1:]:
        conditions.append({"event": name, "count": {"gte": 2}, "within": "7d"})
        conditions.append({"all": [{"event": name, "within": "30d"}, {"attribute": "plan", "is": "pro"}]})
    conditions += [{"event": "order_placed", "count": {"gte": n}, "within": "90d"} for n in (1, 2, 5)]
    conditions += [
        {"event": "order_placed", "sum": {"property": "value", "gte": n}, "within": "90d"} for n in (100, 500)
    ]
    conditions += [
        {"all": [{"event": "order_placed", "within": "180d"}, {"not": {"event": "order_placed", "within": days}}]}
        for days in ("30d", "60d", "90d")
    ]
    conditions += [{"all": [{"consent": "email_marketing"}, {"stage": stage}]} for stage in ("customer", "lead", "new")]
    conditions += [{"event": "cart_updated", "within": "1d"}, {"event": "pricing_viewed", "where": [{"property": "category", "is": "lamps"}], "within": "14d"}]  # fmt: skip
    conditions += [{"all": [{"segment": "s01"}, {"attribute": "visits", "gte": 10}]}, {"any": [{"segment": "s02"}, {"segment": "s03"}]}]  # fmt: skip
    conditions += [{"attribute": "created_at", "after": "-30d"}]
    assert len(conditions) == 50, len(conditions)
    for n, condition in enumerate(conditions):
        Segment.objects.create(slug=f"s{n:02}", condition=condition, name_en=f"s{n}", name_de=f"s{n}")
    for n in range(30):
        name = KINDS[n % len(KINDS)][0]
        condition: dict = {"event": name, "count": {"gte": 1 + n % 4}, "within": f"{1 + n}d"}
        if n % 3 == 0:
            condition = {"all": [condition, {"attribute": "country", "is": COUNTRIES[n % 7]}]}
        hours = timedelta(hours=24)
        Signal.objects.create(slug=f"g{n:02}", kind="behaviour", condition=condition, cooldown=hours, holds_for=hours, name_en=f"g{n}", name_de=f"g{n}")  # fmt: skip


def _clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE contacts_segment, contacts_signal, contacts_news CASCADE")
        cursor.execute("DELETE FROM contacts_event WHERE source = 'pulse'")


def _vacuum(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {table}")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    with transaction.atomic():
        work()
    return time.perf_counter() - started


def _recompute(segments: list[Segment]) -> None:
    refresh_segments(now=NOW + timedelta(hours=12), scope=EVERYBODY, segments=segments)


def _say(report: Callable[..., None], case: str, seconds: float, **more) -> None:
    print(f"  {case}: {seconds:.2f} s", flush=True)
    report(case=case[:100], figure=seconds * 1000, unit="ms", **({"baseline": "", "ratio": None} | more))


def _baseline(report: Callable[..., None]) -> None:
    """What bare SQL takes to find the same people over the covering index, nothing written."""
    text = (
        "SELECT count(*) FROM (SELECT contact_id FROM contacts_event WHERE name = 'page_viewed' AND occurred_at > %s AND occurred_at <= %s"
        " GROUP BY contact_id HAVING count(*) >= 3) x"
    )
    with connection.cursor() as cursor:
        seconds = _timed(lambda: cursor.execute(text, [NOW - timedelta(days=7), NOW]))
    _say(report, "the same by bare SQL, without consent, nothing written", seconds)


def _pulse(report: Callable[..., None], now) -> None:
    """5,000 people do something; 50 segments and 30 signals are brought up to date for them."""
    ids = list(Contact.objects.filter(pk__lte=CHANGED * 20).order_by("pk").values_list("pk", flat=True)[::20])
    events = [NewEvent(pk, KINDS[n % len(KINDS)][0], now, {"value": 10}) for n, pk in enumerate(ids)]
    record_events(events=events, source="pulse", now=now)
    started = time.perf_counter()
    loop.pulse(now=now)
    seconds = time.perf_counter() - started
    assert not News.objects.exists()
    _say(report, f"pulse over {len(ids):,} changed people, 50 segments, 30 signals (wanted: 3)", seconds)
    record_events(events=events[:1], source="pulse", now=now)
    started = time.perf_counter()
    loop.pulse(now=now)
    _say(report, "pulse over one changed person", time.perf_counter() - started)


def _questions(report: Callable[..., None]) -> None:
    """Ten questions as the builder asks them: how many, and who for example."""
    times, estimates = [], 0
    for question in QUESTIONS:
        started = time.perf_counter()
        found = counting.measure_people(question, now=NOW)
        counting.people_with(found.ids)
        times.append(time.perf_counter() - started)
        estimates += not found.people.exact
        exact = "exact" if found.people.exact else "about"
        print(f"    {times[-1]:.2f} s  {found.people.n:>9,} {exact}  {question}", flush=True)
    quick = sum(one < 1 for one in times)
    _say(report, f"live count, sample, reach: {quick} of 10 within 1 s, {estimates} estimated; slowest", max(times))
