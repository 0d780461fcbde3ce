"""When the turns of a schedule are, in the local time of one place, right through both clock changes."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from journeys.steps.local_time import DAYS, instant

FURTHEST = 63  # days back in which every repeating schedule has a turn


class Turn(NamedTuple):
    """One turn: the local time as it is written, which is the same everywhere, and its instant at one place."""

    local: str
    at: datetime


def last_turn(schedule: Mapping[str, Any], zone_name: str, now: datetime) -> Turn | None:
    """The newest turn at a place that has come; None before the first one."""
    zone = ZoneInfo(zone_name)
    for local in _locals(schedule, now.astimezone(zone).date()):
        at = instant(local.date(), local.time(), zone)
        if at <= now:
            return Turn(local.isoformat(timespec="minutes"), at)
    return None


def next_turn(schedule: Mapping[str, Any], zone_name: str, now: datetime) -> Turn | None:
    """The first turn at a place that is still to come; None after the last one."""
    zone = ZoneInfo(zone_name)
    today = now.astimezone(zone).date()
    begins = date.fromisoformat(schedule["from"]) if "from" in schedule else today
    found = None
    for local in _locals(schedule, max(today, begins) + timedelta(days=FURTHEST)):
        at = instant(local.date(), local.time(), zone)
        if at <= now:
            break
        found = Turn(local.isoformat(timespec="minutes"), at)
    return found


def _locals(schedule: Mapping[str, Any], latest: date) -> Iterator[datetime]:
    """The local times of turns, the newest first, from a day on back; of a time that comes once, that one."""
    if "at" in schedule:
        yield datetime.fromisoformat(schedule["at"])
        return
    at = time.fromisoformat(schedule["time"])
    first = date.fromisoformat(schedule["from"]) if "from" in schedule else date.min
    last = min(latest, date.fromisoformat(schedule["until"])) if "until" in schedule else latest
    for back in range(2 * FURTHEST):
        if last.toordinal() - back < max(first.toordinal(), 1):
            return
        day = last - timedelta(days=back)
        if _has_turn(schedule, day):
            yield datetime.combine(day, at)


def _has_turn(schedule: Mapping[str, Any], day: date) -> bool:
    if schedule["every"] == "week":
        return DAYS[day.weekday()] in schedule["days"]
    if schedule["every"] == "month":  # the 31st of a shorter month is its last day
        return day.day == min(schedule.get("day", 1), monthrange(day.year, day.month)[1])
    return True
