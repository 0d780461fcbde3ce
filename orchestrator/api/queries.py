"""Reads of API keys, of what came in by them, and of whom machines mean."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F, QuerySet

from orchestrator.api.models import ApiKey, Arrival
from orchestrator.kernel import sql

DAY = timedelta(days=1)
LOOKED_AT = 1_000  # newest requests of a source that the list counts
SHOWN = 50  # newest requests of a source that its page shows


class Connection(NamedTuple):
    """A source with keys, and what came from it within a day. more: it may have been more than the counts say."""

    source: str
    last_at: datetime | None
    accepted: int
    rejected: int
    more: bool
    problem: str | None
    problem_at: datetime | None


def valid_key(digest: str) -> ApiKey | None:
    """Find the key with this SHA-256 that nobody revoked."""
    return ApiKey.objects.filter(digest=digest, revoked_at=None).first()


def connections(now: datetime) -> list[Connection]:
    """Read every source that has or had a key, the one that was seen last on top."""
    given = {"since": now - DAY, "kept": LOOKED_AT}
    return [Connection(*row) for row in sql.rows(sql.statement("orchestrator/api/sql/connections.sql"), given)]


def api_keys(source: str | None = None) -> QuerySet[ApiKey]:
    """Read keys, of one source or all; those that work first, then the newest."""
    found = ApiKey.objects.order_by(F("revoked_at").desc(nulls_first=True), "-created_at", "-id")
    return found if source is None else found.filter(source=source)


def arrivals(source: str) -> QuerySet[Arrival]:
    """Read the newest requests of a source."""
    return Arrival.objects.filter(source=source).order_by("-id")[:SHOWN]


def find_people(wanted: Sequence[tuple[int | None, str | None, str | None]]) -> list[int | None]:
    """Find people by our id, else their id in other systems, else their address; None for whom nobody knows."""
    given = {
        "places": list(range(len(wanted))),
        "ids": [one[0] for one in wanted],
        "user_ids": [one[1] for one in wanted],
        "emails": [one[2].strip().lower() if one[2] else None for one in wanted],
    }
    found = dict(sql.rows(sql.statement("orchestrator/api/sql/find_people.sql"), given))
    return [found.get(place) for place in range(len(wanted))]
