"""Who may have changed by time alone: people with a fact at the edge of a window, people whose day has changed.

A window `(now - 7d, now]` is left by the events of exactly one stretch between two looks: those of `(since - 7d, now - 7d]`.
Looking at their people is enough, instead of at everybody again and again.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet

from contacts.conditions.event_leaf import reads_days
from contacts.conditions.registry import leaf_of
from contacts.conditions.rules import leaves_of, parse_duration
from contacts.events.models import Event
from contacts.profiles.queries import zones_in_use
from contacts.signals.models import SignalFiring

MANY = 20_000  # from here on it is quicker to look at everybody at once


def people_at_edges(condition: dict[str, Any], *, since: datetime, now: datetime) -> list[int] | None:
    """Ids of everybody for whom a condition may have become true or false by time alone in `(since, now]`.

    A superset, without those who have news (the pulse looks at them). None: everybody has to be looked at, since it
    cannot be told who, or there are more than MANY.
    """
    parts = []
    for node in leaves_of(condition):
        part = _edge(node, since, now)
        if part is None:
            return None
        parts += part
    if not parts:
        return []
    found = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0].distinct()
    ids = list(found[: MANY + 1])
    return None if len(ids) > MANY else sorted({pk for (pk,) in ids})


def _edge(node: dict[str, Any], since: datetime, now: datetime) -> list[QuerySet[Any]] | None:
    leaf = leaf_of(node)
    if leaf is None or not leaf.depends_on(node).timed:
        return []
    if "context" in node:
        return (
            None if _new(since, now, "%Y-%m-%d %H") else []
        )  # weekdays, months and seasons begin with an hour as well
    if "event" in node:
        if reads_days(node) and _new(since, now, "%Y-%m-%d"):
            return None
        events = Event.objects.filter(name=node["event"])
        return [_people(_between(events, "occurred_at", since, now, length)) for length in _lengths(node)]
    if "signal" in node:
        return [_people(part) for part in _firings(node, since, now)]
    if "attribute" in node:
        return None if _new(since, now, "%Y-%m-%d") else []
    moments = leaf.moments(node)
    if moments is None:
        return None
    length = parse_duration(node["within"] if "within" in node else node["for"])
    return [_between(one.rows, one.instant, since, now, length).order_by().values_list(one.person) for one in moments]


def _lengths(node: dict[str, Any]) -> list[timedelta]:
    """Of windows whose far edge lets events out; the near edge (none) lets in those that came from the future."""
    return [timedelta(0), parse_duration(node["within"])] if "within" in node else [timedelta(0)]


def _firings(node: dict[str, Any], since: datetime, now: datetime) -> list[QuerySet[Any]]:
    fired = SignalFiring.objects.filter(signal__slug=node["signal"])
    if "within" in node:
        return [_between(fired, "fired_at", since, now, parse_duration(node["within"]))]
    ends = fired.alias(ends_at=F("fired_at") + F("signal__holds_for"))
    return [ends.filter(ends_at__gt=since, ends_at__lte=now)]


def _between(rows: QuerySet[Any], column: str, since: datetime, now: datetime, length: timedelta) -> QuerySet[Any]:
    return rows.filter(**{f"{column}__gt": since - length, f"{column}__lte": now - length})


def _people(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by().values_list("contact_id")


def _new(since: datetime, now: datetime, what: str) -> bool:
    """Whether a day or an hour (as a format of dates) began for somebody, somewhere."""
    zones = [ZoneInfo(name) for name in zones_in_use()]
    return any(since.astimezone(zone).strftime(what) != now.astimezone(zone).strftime(what) for zone in zones)
