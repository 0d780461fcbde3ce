"""When it is quiet at a person's place, and when a calendar day, week or month begins there, pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MOST_HOPS = 16
DAY = timedelta(days=1)


class Window(NamedTuple):
    """Quiet hours: local (from, to) on some weekdays of the start (1 Monday to 7; none: all), and on holidays all day."""

    starts: time
    ends: time
    weekdays: Collection[int] = ()
    holidays: bool = False


class Periods(NamedTuple):
    """The calendar day, week and month of an instant at a place: where each begins and where the next one does."""

    day: datetime
    next_day: datetime
    week: datetime
    next_week: datetime
    month: datetime
    next_month: datetime


def quiet_until(
    now: datetime,
    zone_name: str,
    windows: Sequence[Window | tuple[time, time]],
    *,
    is_holiday: Callable[[date], bool] = lambda _: False,
) -> datetime | None:
    """When the quiet hours that hold now are over, None when it is not quiet.

    windows: `from` after `to` goes over midnight and belongs to the day on which it starts; equal times are no window.
    Windows that touch each other count as one; when they never end, what comes is an instant some days ahead.
    is_holiday: of a local day at the place.
    """
    zone = ZoneInfo(zone_name)
    all_windows = [window if isinstance(window, Window) else Window(*window) for window in windows]
    at = now
    for _ in range(MOST_HOPS):
        ends = [end for window in all_windows if (end := _end_of(at, zone, window, is_holiday))]
        if not ends:
            break
        at = _or_clock_set(at, max(ends), zone)
    return at if at > now else None


def _or_clock_set(at: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """The end of a window, or the instant before it at which the clock is set: what the clock says then is asked again."""
    before = at.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == before:
        return end
    while end - at > timedelta(seconds=1):
        half = (at + (end - at) / 2).replace(microsecond=0)
        half = half if half > at else half + timedelta(seconds=1)
        at, end = (half, end) if half.astimezone(zone).utcoffset() == before else (at, half)
    return end


def _end_of(at: datetime, zone: ZoneInfo, window: Window, is_holiday: Callable[[date], bool]) -> datetime | None:
    local = at.astimezone(zone)
    today, clock = local.date(), local.time().replace(tzinfo=None)
    ends = []
    if window.holidays and is_holiday(today):
        ends.append(_instant(today + DAY, time(0), zone, at))
    if window.starts < window.ends:
        if window.starts <= clock < window.ends and _on(window, today):
            ends.append(_instant(today, window.ends, zone, at))
    elif window.starts > window.ends:
        if clock >= window.starts and _on(window, today):
            ends.append(_instant(today + DAY, window.ends, zone, at))
        if clock < window.ends and _on(window, today - DAY):
            ends.append(_instant(today, window.ends, zone, at))
    return max(ends, default=None)


def _on(window: Window, day: date) -> bool:
    return not window.weekdays or day.isoweekday() in window.weekdays


def _instant(day: date, clock: time, zone: ZoneInfo, after: datetime) -> datetime:
    instant = datetime.combine(day, clock, tzinfo=zone)
    if instant.astimezone(UTC) <= after:  # the clock was set back: the window's end comes a second time
        instant = instant.replace(fold=1)
    return instant.astimezone(after.tzinfo)


def periods(now: datetime, zone_name: str) -> Periods:
    """Say where the calendar day, week (from Monday) and month of an instant begin and end at a place, in UTC."""
    zone = ZoneInfo(zone_name)
    today = now.astimezone(zone).date()
    monday, first = today - DAY * (today.isoweekday() - 1), today.replace(day=1)
    days = (today, today + DAY, monday, monday + 7 * DAY, first, (first + 31 * DAY).replace(day=1))
    return Periods(*(datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC) for day in days))


def usable_zone(names: Iterable[str | None]) -> str:
    """Pick the first time zone that exists; the last one must.

    Whose zone is missing or misspelt is not written to at any hour: the company's zone counts, then the country's, then the team's.
    """
    *others, last = names
    return next((name for name in others if name and is_zone(name)), last or "UTC")


@cache
def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found; a path out of the folder; a folder itself
        return False
    return True
