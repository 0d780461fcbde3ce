"""Quiet hours in a person's own time zone, pure."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_HOPS = 8


def quiet_until(now: datetime, zone_name: str, windows: Sequence[tuple[time, time]]) -> datetime | None:
    """When the quiet hours that hold now are over, None when it is not quiet.

    windows: local (from, to); `from` after `to` goes over midnight; equal times mean the whole day, which never ends and is left out.
    Windows that touch each other count as one.
    """
    zone = ZoneInfo(zone_name)
    at = now
    for _ in range(MOST_HOPS):
        ends = [end for window in windows if (end := _end_of(at, zone, *window))]
        if not ends:
            break
        at = max(ends)
    return at if at > now else None


def _end_of(at: datetime, zone: ZoneInfo, starts: time, ends: time) -> datetime | None:
    if starts == ends:
        return None
    local = at.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    over_midnight = starts > ends
    inside = (clock >= starts or clock < ends) if over_midnight else starts <= clock < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if over_midnight and clock >= starts else local.date()
    end = datetime.combine(day, ends, tzinfo=zone)
    instant = end.astimezone(at.tzinfo)
    return (
        instant if instant > at else instant + timedelta(hours=1)
    )  # the clock was set back: the window's end comes a second time
