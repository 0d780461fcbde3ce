"""Waits until a local window: the table of the semantics, and both clock changes in 400 zones."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from journeys.steps.local_time import DAYS, instant, mornings, openings

WEEK = DAYS[:5]


def next_open(now, zone, opens, closes, days):
    """When somebody goes on who arrives now."""
    return max(now, openings(now, now, zone, opens, closes, days)[0].at)


@pytest.mark.parametrize(
    ("now", "opens", "closes", "days", "expected"),
    [
        ("2026-11-16T11:00", "09:00", "09:00", DAYS, "2026-11-17T09:00"),  # Monday 11:00 -> Tuesday 09:00
        ("2026-11-16T07:00", "09:00", "09:00", DAYS, "2026-11-16T09:00"),  # 07:00 -> the same day
        ("2026-11-16T09:00", "09:00", "09:00", DAYS, "2026-11-16T09:00"),
        ("2026-11-21T14:00", "10:00", "10:00", WEEK, "2026-11-23T10:00"),  # Saturday -> Monday
        ("2026-11-16T11:00", "09:00", "18:00", WEEK, "2026-11-16T11:00"),  # open now
        ("2026-11-16T18:00", "09:00", "18:00", WEEK, "2026-11-17T09:00"),  # just closed
        ("2026-11-20T18:30", "09:00", "18:00", WEEK, "2026-11-23T09:00"),  # Friday evening -> Monday
        ("2026-11-16T23:00", "22:00", "02:00", DAYS, "2026-11-16T23:00"),  # over midnight, open
        ("2026-11-17T01:00", "22:00", "02:00", ("mon",), "2026-11-17T01:00"),  # Monday's window on Tuesday at one
        ("2026-11-17T03:00", "22:00", "02:00", ("mon",), "2026-11-23T22:00"),
        ("2026-11-16T08:00", "09:00", "09:00", ("mon",), "2026-11-16T09:00"),
        ("2026-11-16T10:00", "09:00", "09:00", ("mon",), "2026-11-23T09:00"),
    ],
)
def test_next_open_of_the_wait_table(now, opens, closes, days, expected):
    zone = ZoneInfo("Europe/Berlin")
    found = next_open(
        local(now, zone), "Europe/Berlin", time.fromisoformat(opens), time.fromisoformat(closes), tuple(days)
    )
    assert found == local(expected, zone)


def local(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        ("2027-03-28", "02:30", "2027-03-28T01:00Z"),  # does not exist: the next that does is 03:00 CEST
        ("2027-03-28", "02:00", "2027-03-28T01:00Z"),
        ("2026-10-25", "02:30", "2026-10-25T00:30Z"),  # exists twice: the first, still CEST
        ("2026-10-25", "03:00", "2026-10-25T02:00Z"),
    ],
)
def test_instant_in_the_nights_of_the_clock_change(day, at, expected):
    found = instant(datetime.fromisoformat(day).date(), time.fromisoformat(at), ZoneInfo("Europe/Berlin"))
    assert found == datetime.fromisoformat(expected)


def test_next_open_in_every_zone_is_the_first_open_minute_of_a_walk_through_time():
    """Walk minute by minute through the day of a change in each zone: nothing earlier was open, and it is open then."""
    zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    assert len(zones) >= 400
    for name in zones:
        zone = ZoneInfo(name)
        for now in (datetime(2026, 10, 24, 20, 7, tzinfo=UTC), datetime(2027, 3, 27, 20, 7, tzinfo=UTC)):
            found = next_open(now, name, time(2, 30), time(2, 30), DAYS)
            assert now <= found <= now + timedelta(hours=27), (name, found)
            assert found == _walk(now, zone), (name, now)


def _walk(now, zone):
    """The first instant at which the wall clock reads 02:30 or has just jumped over it."""
    at, before = now, now.astimezone(zone).replace(tzinfo=None)
    while True:
        at += timedelta(minutes=1)
        clock = at.astimezone(zone).replace(tzinfo=None)
        mark = clock.replace(hour=2, minute=30, second=0, microsecond=0)
        if clock >= mark > before and clock - before < timedelta(hours=3):
            return at
        before = max(before, clock)


def test_mornings_in_every_zone_are_so_many_midnights_later():
    """Counted by walking hour by hour: as many new days as asked for, then the hour; both changes lie between."""
    zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    assert len(zones) >= 400
    for name in zones:
        zone = ZoneInfo(name)
        for now in (datetime(2026, 10, 24, 20, 7, tzinfo=UTC), datetime(2027, 3, 26, 20, 7, tzinfo=UTC)):
            found = mornings(now, now, name, 3, time(12))[0].at
            at, midnights = now.replace(minute=0), 0
            before = at.astimezone(zone).date()
            while midnights < 3 or at.astimezone(zone).hour < 12:
                at += timedelta(minutes=30)
                midnights += at.astimezone(zone).date() != before
                before = at.astimezone(zone).date()
            assert abs(found - at) < timedelta(minutes=30), (name, found, at)
            assert found.astimezone(zone).time() == time(12)


def test_releases_follow_each_other_without_a_hole():
    first, last = datetime(2026, 11, 13, 7, tzinfo=UTC), datetime(2026, 11, 18, 7, tzinfo=UTC)
    for found in (
        openings(first, last, "Europe/Berlin", time(9), time(18), WEEK),
        mornings(first, last, "Europe/Berlin", 2, time(9)),
    ):
        untils = [one.until for one in found]
        assert untils == sorted(untils)
        assert untils[0] > first
        assert untils[-1] > last
        assert all(one.at <= later.at for one, later in pairwise(found))
