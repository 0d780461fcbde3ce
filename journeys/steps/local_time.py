"""Local clock windows: when the next one opens in a person's time zone, right through both clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEARCH_DAYS = 9


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


def next_open(now: datetime, zone_name: str, opens: time, closes: time, days: tuple[str, ...]) -> datetime:
    """The first instant from `now` on at which a local window is open; `now` itself when it is open.

    opens == closes means a point of time: "09:00" is the next 09:00 strictly or exactly at now. A window over midnight
    (closes before opens) belongs to the day on which it opens.
    """
    zone = ZoneInfo(zone_name)
    today = now.astimezone(zone).date()
    for n in range(-1, SEARCH_DAYS):
        day = today + timedelta(days=n)
        if DAYS[day.weekday()] not in days:
            continue
        begin = instant(day, opens, zone)
        end = (
            instant(day if closes > opens else day + timedelta(days=1), closes, zone)
            if closes != opens
            else begin + timedelta(microseconds=1)
        )
        if now < end:
            return max(now, begin)
    raise ValueError(f"no open window in {SEARCH_DAYS} days: {days}")
