"""Turns of schedules: once, daily, weekly, monthly, in local time right through both clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from journeys.enrollments.turns import last_turn, next_turn

DAILY = {"every": "day", "time": "02:30"}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "now", "expected"),
    [
        ({"at": "2026-12-01T09:00"}, "Europe/Berlin", "2026-12-01T07:59", None),
        ({"at": "2026-12-01T09:00"}, "Europe/Berlin", "2026-12-01T08:00", "2026-12-01T08:00"),
        ({"at": "2026-12-01T09:00"}, "Asia/Kathmandu", "2026-12-01T03:15", "2026-12-01T03:15"),
        ({"at": "2026-12-01T09:00"}, "Pacific/Apia", "2026-12-01T00:00", "2026-11-30T20:00"),
        # the hour that does not exist: 29 March 2026 in Berlin, 8 March in New York, 4 October (half an hour) on Lord Howe
        (DAILY, "Europe/Berlin", "2026-03-29T01:00", "2026-03-29T01:00"),
        (DAILY, "Europe/Berlin", "2026-03-29T00:59", "2026-03-28T01:30"),
        (DAILY, "America/New_York", "2026-03-08T07:00", "2026-03-08T07:00"),
        ({"every": "day", "time": "02:15"}, "Australia/Lord_Howe", "2026-10-03T15:30", "2026-10-03T15:30"),
        # the hour that comes twice: the first of both counts, and only once
        (DAILY, "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T00:30"),
        (DAILY, "Europe/Berlin", "2026-10-25T01:30", "2026-10-25T00:30"),
        (DAILY, "America/New_York", "2026-11-01T07:29", "2026-10-31T06:30"),
        ({"every": "day", "time": "01:30"}, "America/New_York", "2026-11-01T06:31", "2026-11-01T05:30"),
        ({"every": "week", "time": "09:00", "days": ["mon", "thu"]}, "Europe/Berlin", "2026-11-18T10:00", "2026-11-16T08:00"),
        ({"every": "week", "time": "09:00", "days": ["wed"]}, "Europe/Berlin", "2026-11-18T07:59", "2026-11-11T08:00"),
        ({"every": "month", "time": "09:00", "day": 31}, "Europe/Berlin", "2026-03-01T00:00", "2026-02-28T08:00"),
        ({"every": "month", "time": "09:00", "day": 31}, "Europe/Berlin", "2028-03-01T00:00", "2028-02-29T08:00"),
        ({"every": "month", "time": "09:00"}, "Europe/Berlin", "2026-11-18T00:00", "2026-11-01T08:00"),
        ({"every": "day", "time": "09:00", "from": "2026-11-18"}, "Europe/Berlin", "2026-11-18T07:00", None),
        ({"every": "day", "time": "09:00", "until": "2026-11-10"}, "Europe/Berlin", "2026-11-18T07:00", "2026-11-10T08:00"),
    ],
)  # fmt: skip
def test_last_turn(schedule, zone, now, expected):
    turn = last_turn(schedule, zone, at(now))
    assert (turn.at if turn else None) == (at(expected) if expected else None)


@pytest.mark.parametrize(
    ("schedule", "now", "expected"),
    [
        ({"at": "2026-12-01T09:00"}, "2026-11-30T00:00", "2026-12-01T08:00"),
        ({"at": "2026-12-01T09:00"}, "2026-12-01T08:00", None),
        ({"every": "day", "time": "09:00"}, "2026-12-01T08:00", "2026-12-02T08:00"),
        ({"every": "month", "time": "09:00", "day": 31}, "2027-02-01T08:00", "2027-02-28T08:00"),
        ({"every": "day", "time": "09:00", "from": "2028-01-01"}, "2026-12-01T08:00", "2028-01-01T08:00"),
        ({"every": "day", "time": "09:00", "until": "2026-11-10"}, "2026-12-01T08:00", None),
    ],
)
def test_next_turn(schedule, now, expected):
    turn = next_turn(schedule, "Europe/Berlin", at(now))
    assert (turn.at if turn else None) == (at(expected) if expected else None)


def test_every_day_has_one_turn_in_every_zone_through_both_changes():
    zones = sorted(zone for zone in available_timezones() if "/" in zone)
    assert len(zones) > 400
    for zone in zones:
        for begins in ("2026-03-27T00:00", "2026-10-23T00:00", "2026-04-03T00:00"):
            seen = {}
            now = at(begins)
            for _ in range(4 * 24 * 2):
                now += timedelta(minutes=30)
                turn = last_turn(DAILY, zone, now)
                seen[turn.local] = turn.at
            days = sorted(seen)
            assert len(days) in (4, 5), (zone, days)
            assert [seen[day] for day in days] == sorted(set(seen.values()))
            for day, instant in seen.items():
                local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
                # at its time, or where that does not exist at the first moment after it
                assert timedelta(0) <= local - datetime.fromisoformat(day) <= timedelta(hours=1)
