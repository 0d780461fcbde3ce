"""Local clock windows and calendar days: when somebody goes on in their time zone, right through both clock changes."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from contacts.conditions.rules import parse_duration

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEARCH_DAYS = 9
MIDNIGHT = time(0)


class Release(NamedTuple):
    """Whoever arrives before `until` (and not before that of the release before) goes on at `at`, or at once if it is over."""

    until: datetime
    at: datetime


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local time: of two the first; one that does not exist moves to the next that does."""
    local = datetime.combine(day, at, tzinfo=zone)  # fold=0: the first of two
    utc = local.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return utc
    return _change_before(local.replace(tzinfo=None), utc, zone)  # inside a gap: the instant of the change


def _change_before(wanted: datetime, near: datetime, zone: ZoneInfo) -> datetime:
    """The first second at which the wall clock reads a time that it jumps over, or later."""
    low, high = near - timedelta(hours=26), near + timedelta(hours=26)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle <= low:
            break
        if middle.astimezone(zone).replace(tzinfo=None) < wanted:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def openings(
    first: datetime, last: datetime, zone_name: str, opens: time, closes: time, days: tuple[str, ...]
) -> list[Release]:
    """The local windows for people who arrive from `first` to `last`, in order.

    opens == closes means a point of time: "09:00" is the next 09:00 strictly or exactly at the arrival. A window over
    midnight (closes before opens) belongs to the day on which it opens. days: at least one of DAYS.
    """
    zone = ZoneInfo(zone_name)
    day = first.astimezone(zone).date() - timedelta(days=1)
    end = last.astimezone(zone).date() + timedelta(days=SEARCH_DAYS)
    found: list[Release] = []
    while day <= end and not (found and found[-1].until > last):
        if DAYS[day.weekday()] in days:
            begin = instant(day, opens, zone)
            until = begin + timedelta(microseconds=1)
            if closes != opens:
                until = instant(day if closes > opens else day + timedelta(days=1), closes, zone)
            if until > first:
                found.append(Release(until, begin))
        day += timedelta(days=1)
    return found


def mornings(first: datetime, last: datetime, zone_name: str, after: int, at: time) -> list[Release]:
    """The local time `after` midnights later, for people who arrive from `first` to `last`, a release for each day."""
    zone = ZoneInfo(zone_name)
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    found: list[Release] = []
    while day <= end:
        until = instant(day + timedelta(days=1), MIDNIGHT, zone)
        found.append(Release(until, instant(day + timedelta(days=after), at, zone)))
        day += timedelta(days=1)
    return found


def releases_of(settings: Mapping[str, Any]) -> Callable[[datetime, datetime, str], list[Release]] | None:
    """The local moments at which people go on, for the first and the last arrival and a zone; None where it waits for none."""
    if "window" in settings:
        window = settings["window"]
        opens = time.fromisoformat(window["from"])
        closes = time.fromisoformat(window.get("to", window["from"]))
        return partial(openings, opens=opens, closes=closes, days=tuple(window.get("days", DAYS)))
    if "calendar_days" in settings:
        return partial(mornings, after=settings["calendar_days"], at=time.fromisoformat(settings.get("at", "00:00")))
    return None


def spread_time(settings: Mapping[str, Any]) -> timedelta:
    """Over how long the moment is stretched, from person to person."""
    return parse_duration(settings["spread"]) if "spread" in settings else timedelta(0)
