"""What a rule that is being edited would have held back in the last 30 days, and what the present ones did."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import tee
from math import ceil
from typing import Any

from django.db import connection, transaction

from consent.limits.calendar import holidays_between
from consent.limits.models import Limit, QuietHours, Rest
from consent.limits.queries import countries_in_use
from consent.limits.rules import EVERY_DAY, Moment, held_back
from contacts.profiles.models import Contact
from orchestrator.kernel import sql

DAYS = 30
MOST_EXACT = 300_000  # messages; of more, one person in so many is looked at
FETCHED = 20_000  # rows at once
TOP, SOME = 5, 5
FOLDER = "consent/limits/sql"
HOW_MANY = "SELECT count(*) FROM journeys_touch WHERE proposed_at > %(since)s AND proposed_at <= %(now)s"
CHANNEL, JOURNEY, CONTACT = 3, 4, 5  # of a row of limit_stream


@dataclass
class Effect:
    """What a rule would have held back. parts: one person in so many was looked at, the numbers are estimates then."""

    total: int = 0
    held: int = 0
    parts: int = 1
    channels: dict[str, tuple[int, int]] = field(default_factory=dict)  # channel: all, held
    journeys: list[tuple[int, int]] = field(default_factory=list)  # id, held
    people: list[tuple[int, str]] = field(default_factory=list)  # id, name
    present: int = 0  # held back by the rules as they were
    present_this: int | None = None  # by this very rule

    @property
    def share(self) -> float:
        """The share held back, 0 to 1."""
        return self.held / self.total if self.total else 0.0


def limit_effect(limit: Limit, *, now: datetime) -> Effect:
    """Say what a limit, stored or not, would have held back; people with one address count as one."""
    since = now - timedelta(days=DAYS)
    warm = since - limit.window  # what was let out before the 30 days takes places in them
    ((messages,),) = sql.rows(HOW_MANY, {"since": warm, "now": now})
    parts = max(1, ceil(messages / MOST_EXACT))
    given = {
        "since": warm, "now": now, "channel": limit.channel, "purpose": limit.purpose, "phase": limit.phase,
        "less": limit.who == Limit.Who.LESS, "accounts": limit.per == Limit.Per.ACCOUNT, "calendar": limit.calendar,
        "parts": parts,
    }  # fmt: skip
    window = None if limit.calendar else limit.window.total_seconds()
    counts: Counter[tuple[str, int, bool]] = Counter()
    people: dict[int, None] = {}
    begin = since.timestamp()
    rows, moments = tee(_stream(f"{FOLDER}/limit_stream.sql", given))
    # the two halves of the tee go hand in hand: one row lies between them
    for row, over in zip(
        rows, held_back((Moment(*row[:3]) for row in moments), most=limit.most, window=window), strict=True
    ):
        if row[1] <= begin:
            continue
        counts[row[CHANNEL], row[JOURNEY], over] += 1
        if over and len(people) < SOME:
            people[row[CONTACT]] = None
    grouped = _grouped(counts, parts)
    return _effect(grouped, list(people), parts, f"cap_{limit.slug}" if limit.pk else "", since, now)


def quiet_effect(hours: QuietHours, *, now: datetime) -> Effect:
    """Say what quiet hours, stored or not, would have held back."""
    since = now - timedelta(days=DAYS)
    day = timedelta(days=1)  # a zone may be a day ahead or behind
    countries = [hours.country] if hours.country else countries_in_use()
    free = holidays_between(countries, (since - day).date(), (now + day).date()) if hours.holidays else []
    given = {
        "since": since, "now": now, "channel": hours.channel, "country": hours.country, "starts": hours.starts,
        "ends": hours.ends, "weekdays": list(hours.weekdays) or list(EVERY_DAY),
        "countries": [one.country for one in free], "days": [one.day for one in free],
    }  # fmt: skip
    rows = sql.rows(sql.statement(f"{FOLDER}/quiet_effect.sql"), given)
    return _effect(rows, _first(rows), 1, "quiet_hours" if hours.pk else "", since, now)


def rest_effect(rest: Rest, *, now: datetime) -> Effect:
    """Say what a rest after a goal, stored or not, would have held back."""
    since = now - timedelta(days=DAYS)
    given = {"since": since, "now": now, "rest": timedelta(hours=rest.hours), "phase": rest.phase}
    rows = sql.rows(sql.statement(f"{FOLDER}/rest_effect.sql"), given)
    return _effect(rows, _first(rows), 1, "rest_after_goal" if rest.pk else "", since, now)


def journey_names(ids: Iterable[int]) -> dict[int, tuple[str, dict[str, str]]]:
    """Find short name and name of journeys by id."""
    found = sql.rows("SELECT id, slug, name_en, name_de FROM journeys_journey WHERE id = ANY (%s)", [list(ids)])
    return {pk: (slug, {"en": en, "de": de}) for pk, slug, en, de in found}


def _stream(path: str, given: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Read a long answer row by row through a cursor on the server."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql.statement(path), given)
        while found := cursor.fetchmany(FETCHED):
            yield from found


def _grouped(counts: Counter[tuple[str, int, bool]], parts: int) -> list[tuple[Any, ...]]:
    pairs = {key[:2] for key in counts}
    return [
        (channel, journey, parts * (counts[channel, journey, True] + counts[channel, journey, False]),
         parts * counts[channel, journey, True])
        for channel, journey in pairs
    ]  # fmt: skip


def _first(rows: list[tuple[Any, ...]]) -> list[int]:
    return list(dict.fromkeys(contact for row in rows for contact in row[4]))[:SOME]


def _effect(
    rows: list[tuple[Any, ...]], people: list[int], parts: int, reason: str, since: datetime, now: datetime
) -> Effect:
    channels: dict[str, tuple[int, int]] = {}
    journeys: Counter[int] = Counter()
    for channel, journey, n, held, *_ in rows:
        all_of, held_of = channels.get(channel, (0, 0))
        channels[channel] = all_of + n, held_of + held
        journeys[journey] += held
    present = dict(sql.rows(sql.statement(f"{FOLDER}/present.sql"), {"since": since, "now": now}))
    return Effect(
        total=sum(n for n, _ in channels.values()),
        held=sum(held for _, held in channels.values()),
        parts=parts,
        channels=dict(sorted(channels.items())),
        journeys=[(journey, n) for journey, n in journeys.most_common(TOP) if n],
        people=[(one.pk, one.name) for one in Contact.objects.filter(pk__in=people).order_by("pk")],
        present=present.get(None, 0),
        present_this=present.get(reason, 0) if reason else None,
    )
