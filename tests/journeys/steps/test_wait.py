"""Waits in the engine: local times, whole days, dates of the person, spread moments; sentences and problems."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from contacts.attributes.models import Attribute
from contacts.profiles.operations import NewContact, upsert_contacts
from journeys.models import Enrollment
from journeys.steps.local_time import instant
from journeys.steps.registry import kind_of
from orchestrator.kernel import sql
from tests.flows.conftest import NOW, journey

WAIT = kind_of("wait")
BERLIN = ZoneInfo("Europe/Berlin")


def local(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def flow(world, **settings):
    ways = {"missing": "missing"} if "date" in settings else {}
    ways |= {"past": "past"} if settings.get("date", {}).get("past") == "leave" else {}
    journey(
        "j",
        [
            {"key": "rest", "kind": "wait", "next": "done", **ways, **settings},
            {"key": "done", "kind": "end", "outcome": "done"},
            {"key": "missing", "kind": "end", "outcome": "missing"},
            {"key": "past", "kind": "end", "outcome": "past"},
        ],
    )


def enter(world, contact, at):
    world.now = at
    world.does(contact, "cart_updated")
    world.pulse()


def state(world, contact):
    """When somebody goes on, or the outcome of who has."""
    run = world.run(contact)
    return run.outcome if run.left_at else run.due_at


@pytest.mark.parametrize(
    ("now", "settings", "expected"),
    [
        ("2026-11-16T11:00", {"window": {"from": "09:00"}}, "2026-11-17T09:00"),  # Monday 11:00 -> Tuesday 09:00
        ("2026-11-16T07:00", {"window": {"from": "09:00"}}, "2026-11-16T09:00"),  # 07:00 -> the same day
        ("2026-11-21T14:00", {"window": {"from": "10:00", "days": ["mon", "tue", "wed", "thu", "fri"]}}, "2026-11-23T10:00"),  # Saturday -> Monday
        ("2026-11-16T18:00", {"window": {"from": "09:00", "to": "18:00"}}, "2026-11-17T09:00"),
        ("2026-11-16T17:59", {"window": {"from": "09:00", "to": "18:00"}}, "done"),
        ("2026-11-16T11:00", {"calendar_days": 1, "at": "09:00"}, "2026-11-17T09:00"),
        ("2026-11-16T23:59", {"calendar_days": 1, "at": "09:00"}, "2026-11-17T09:00"),
        ("2026-11-16T11:00", {"calendar_days": 3, "at": "09:00"}, "2026-11-19T09:00"),
        ("2026-11-16T11:00", {"calendar_days": 3}, "2026-11-19T00:00"),
        ("2027-03-26T11:00", {"calendar_days": 2, "at": "02:30"}, "2027-03-28T03:00"),  # 02:30 does not exist: the next that does
        ("2026-10-23T11:00", {"calendar_days": 2, "at": "02:30"}, "2026-10-25T02:30"),  # of two the first
        ("2026-10-23T11:00", {"calendar_days": 3, "at": "11:00"}, "2026-10-26T11:00"),  # 73 hours
    ],
)  # fmt: skip
def test_local_times(world, now, settings, expected):
    flow(world, **settings)
    anna = world.person("anna")
    enter(world, anna, local(now))
    assert state(world, anna) == (expected if expected == "done" else local(expected))


def test_each_person_waits_by_their_own_clock_and_goes_on_then(world):
    flow(world, window={"from": "09:00"})
    anna, yuki = world.person("anna"), world.person("yuki", zone="Asia/Tokyo")
    for one in (anna, yuki):
        enter(world, one, NOW)
    assert state(world, anna) == local("2026-11-19T09:00")
    assert state(world, yuki) == local("2026-11-19T09:00", ZoneInfo("Asia/Tokyo"))
    world.later(hours=14)  # midnight UTC: 09:00 in Tokyo
    assert state(world, yuki) == "done"
    assert state(world, anna) == local("2026-11-19T09:00")
    world.adds_up()


def test_a_late_tick_counts_from_when_people_arrived(world):
    """Due a minute before nine, looked at two minutes after: this is the nine o'clock that was meant."""
    journey(
        "j",
        [
            {"key": "first", "kind": "wait", "for": "59m"},
            {"key": "rest", "kind": "wait", "window": {"from": "09:00"}},
            {"key": "done", "kind": "end", "outcome": "done"},
        ],
    )
    anna = world.person("anna")
    enter(world, anna, local("2026-11-16T08:00"))
    world.now = local("2026-11-16T09:02")
    world.later()
    assert state(world, anna) == "done"


@pytest.mark.parametrize(
    ("now", "day", "date", "expected"),
    [
        ("2026-11-16T11:00", "2026-12-24", {"at": "09:00"}, "2026-12-24T09:00"),
        ("2026-11-16T11:00", "2026-12-24", {"at": "09:00", "offset": "-14d"}, "2026-12-10T09:00"),
        ("2026-11-16T11:00", "2026-12-24", {"at": "09:00", "offset": "+1w"}, "2026-12-31T09:00"),
        ("2026-11-16T11:00", "2026-12-24", {}, "2026-12-24T00:00"),
        ("2026-11-16T11:00", "2027-03-28", {"at": "02:30"}, "2027-03-28T03:00"),
        ("2026-11-16T11:00", "2026-12-24T15:00:00Z", {"offset": "-2h"}, "2026-12-24T14:00"),
        ("2026-11-16T11:00", "2026-12-24T15:00:00Z", {"at": "09:00", "offset": "-1d"}, "2026-12-23T09:00"),
        ("2026-11-16T11:00", "2026-11-16", {"at": "11:00"}, "done"),  # this very moment
        ("2026-11-16T11:00", "2026-11-16", {"at": "10:59"}, "done"),
        ("2026-11-16T11:00", "2026-11-16", {"at": "10:59", "past": "leave"}, "past"),
        ("2026-11-16T11:00", "1990-12-24", {"at": "09:00", "yearly": True}, "2026-12-24T09:00"),
        ("2026-11-16T11:00", "1990-03-24", {"at": "09:00", "yearly": True}, "done"),  # this year's is over
        ("2026-11-16T11:00", "1990-03-24", {"at": "09:00", "yearly": True, "past": "leave"}, "past"),
        ("2026-11-16T11:00", "1990-03-24", {"at": "09:00", "yearly": True, "past": "next"}, "2027-03-24T09:00"),
        ("2026-11-16T11:00", "1992-02-29", {"at": "09:00", "yearly": True, "past": "next"}, "2027-02-28T09:00"),
        ("2027-11-16T11:00", "1992-02-29", {"at": "09:00", "yearly": True, "past": "next"}, "2028-02-29T09:00"),
        ("2026-12-20T11:00", "1990-01-05", {"at": "09:00", "yearly": True, "offset": "-14d"}, "2026-12-22T09:00"),
        ("2026-11-16T11:00", None, {}, "missing"),
        ("2026-11-16T11:00", "soon", {}, "missing"),
        ("2026-11-16T11:00", "2026-02-30", {}, "missing"),
    ],
)  # fmt: skip
def test_dates_of_the_person(world, now, day, date, expected):
    flow(world, date={"attribute": "renewal_on", "past": "skip", **date})
    anna = world.person("anna", attributes={} if day is None else {"renewal_on": day})
    enter(world, anna, local(now))
    assert state(world, anna) == (expected if expected.isalpha() else local(expected))


def test_a_date_that_was_reached_by_waiting_is_not_past(world):
    flow(world, date={"attribute": "renewal_on", "at": "09:00", "past": "leave"})
    anna = world.person("anna", attributes={"renewal_on": "2026-11-20"})
    enter(world, anna, NOW)
    world.now = local("2026-11-20T09:00")
    world.later(minutes=3)
    assert state(world, anna) == "done"


@pytest.mark.parametrize(
    ("value", "expected"), [("2026-11-19", "2026-11-19T09:00"), ("2026-12-31", "2026-12-31T09:00"), (None, "missing")]
)
def test_a_date_that_changes_changes_the_wait(world, value, expected):
    Attribute.objects.create(key="renewal_on", kind="date", name_en="r", name_de="r", created_at=NOW)
    flow(world, date={"attribute": "renewal_on", "at": "09:00", "past": "skip"})
    anna = world.person("anna", attributes={"renewal_on": "2026-11-20"})
    enter(world, anna, NOW)
    world.later(hours=1)
    upsert_contacts(
        people=[NewContact(external_id="anna", attributes={"renewal_on": value})], source="t", now=world.now
    )
    world.pulse()
    assert state(world, anna) == (expected if expected.isalpha() else local(expected))


def test_wait_for_the_day_of_creation(world):
    flow(world, date={"attribute": "created_at", "offset": "+30d", "at": "09:00", "past": "skip"})
    anna = world.person("anna")
    enter(world, anna, NOW)
    assert state(world, anna) == local("2026-12-18T09:00")


@pytest.mark.parametrize(
    "settings", [{"window": {"from": "09:00"}}, {"date": {"attribute": "day", "at": "09:00", "past": "skip"}}]
)
def test_spread_moments_lie_in_the_span_each_person_at_the_same_place(world, settings):
    flow(world, spread="30m", **settings)
    people = [world.person(f"p{i}", attributes={"day": "2026-11-19"}) for i in range(40)]
    for one in people:
        world.does(one, "cart_updated")
    world.pulse()
    due = list(Enrollment.objects.values_list("due_at", flat=True))
    begin = local("2026-11-19T09:00")
    assert all(begin <= one < begin + timedelta(minutes=30) for one in due)
    assert max(due) - min(due) > timedelta(minutes=15)
    world.now = begin + timedelta(minutes=15)
    world.later()
    done = Enrollment.objects.filter(outcome="done").count()
    assert 0 < done < 40
    assert done == sum(one <= world.now for one in due)


DAYS_OF_CHANGES = (date(2026, 10, 25), date(2026, 11, 1), date(2027, 3, 14), date(2027, 3, 28), date(2027, 4, 4))


def test_instant_in_sql_is_that_of_python_at_the_changes_in_400_zones(db):
    """Every half hour of the nights of changes, in all zones on whose clocks this Postgres and this Python agree."""
    zones = agreeing_zones()
    assert len(zones) >= 400
    walls = [
        datetime.combine(day, time(hour, minute)) for day in DAYS_OF_CHANGES for hour in range(4) for minute in (0, 30)
    ]
    asked = "SELECT z, w, journeys_instant(w, z) FROM unnest(%s::text[]) z CROSS JOIN unnest(%s::timestamp[]) w"
    found = sql.rows(asked, [zones, walls])
    assert len(found) == len(zones) * len(walls)
    for zone, wall, at in found:
        assert at == instant(wall.date(), wall.time(), ZoneInfo(zone)), (zone, wall)


def agreeing_zones():
    """Zones that have the same clock in Postgres and in Python on the days of the changes: their tables may differ in age."""
    known = {name for (name,) in sql.rows("SELECT name FROM pg_timezone_names")}
    zones = sorted(name for name in available_timezones() & known if "/" in name and not name.startswith("Etc/"))
    moments = [
        datetime.combine(day, time(0), UTC) + timedelta(hours=hours)
        for day in DAYS_OF_CHANGES
        for hours in range(-24, 49, 2)
    ]
    asked = "SELECT z, u, u AT TIME ZONE z FROM unnest(%s::text[]) z CROSS JOIN unnest(%s::timestamptz[]) u"
    wrong = {
        zone
        for zone, at, wall in sql.rows(asked, [zones, moments])
        if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall
    }
    return [zone for zone in zones if zone not in wrong]


@pytest.mark.parametrize(
    ("settings", "en", "de"),
    [
        ({"for": "4h"}, "waits 4 hours", "wartet 4 Stunden"),
        ({"window": {"from": "09:00"}}, "waits for 09:00 local time, any day", "wartet auf 09:00 Uhr Ortszeit, an jedem Tag"),
        ({"calendar_days": 1, "at": "09:00"}, "waits 1 calendar day until 09:00 local time", "wartet 1 Kalendertag bis 09:00 Uhr Ortszeit"),
        ({"calendar_days": 3, "spread": "30m"}, "waits 3 calendar days until 00:00 local time, spread over 30 minutes", "wartet 3 Kalendertage bis 00:00 Uhr Ortszeit, verteilt über 30 Minuten"),
        ({"date": {"attribute": "renewal_on", "offset": "-14d", "at": "09:00", "past": "skip"}}, "waits for 14 days before “renewal on” at 09:00 local time", "wartet auf 14 Tage vor „renewal on“ um 09:00 Uhr Ortszeit"),
        ({"date": {"attribute": "created_at", "yearly": True, "past": "next"}}, "waits for “day of creation”, every year", "wartet auf „Tag der Anlage“, jedes Jahr"),
        ({"until": {"event": "order_placed"}, "at_most": "3d"}, "until “order placed”, at most 3 days", "bis „order placed“, höchstens 3 Tage"),
    ],
)  # fmt: skip
def test_sentences(settings, en, de):
    assert (WAIT.say(settings, "en"), WAIT.say(settings, "de")) == (en, de)


def test_labels_of_the_ways_out():
    date = {"date": {"attribute": "d", "past": "leave"}}
    assert [WAIT.say_exit(date, way, "en") for way in WAIT.targets(date, "x")] == ["", "no date", "already past"]
    assert WAIT.say_exit({"for": "1d"}, "next", "de") == ""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "s: expected one of for, window, calendar_days, date, until, got []"),
        ({"for": "1d", "until": {}}, 's: expected one of for, window, calendar_days, date, until, got ["for", "until"]'),
        ({"for": "1d", "spread": "1h"}, "s.spread: expected only where people wait for a time of the day or a date"),
        ({"calendar_days": 0}, "s.calendar_days: expected a whole number from 1 to 3650, got 0"),
        ({"calendar_days": 1, "at": "9 o'clock"}, 's.at: expected a local time like "09:00", got "9 o\'clock"'),
        ({"window": {"from": "09:00+01:00"}}, 's.window.from: expected a local time like "09:00", got "09:00+01:00"'),
        ({"window": {"from": "09:00"}, "spread": "2d"}, 's.spread: expected at most a day, got "2d"'),
        ({"date": {"attribute": "created_at"}}, "s.date.past: expected one of skip, leave, next, got null"),
        ({"date": {"attribute": "created_at", "past": "next"}}, "s.date.past: expected skip or leave: only a yearly date comes again"),
        ({"date": {"attribute": "email", "past": "skip"}}, 's.date.attribute: expected an attribute with a date, got "email"'),
        ({"date": {"attribute": "d", "past": "skip"}}, "s.date.attribute: there is no attribute 'd'"),
        ({"date": {"attribute": "created_at", "past": "skip", "offset": "14d"}}, 's.date.offset: expected a distance like "-14d" or "+2w", got "14d"'),
        ({"date": {"attribute": "created_at", "past": "skip", "offset": "-2h", "at": "09:00"}}, 's.date.offset: expected whole days, since the time of day is said, got "-2h"'),
        ({"until": {"event": "x"}}, "s.at_most: expected how long to wait at most"),
    ],
)  # fmt: skip
def test_validate_says_where_and_what(settings, said):
    assert [str(problem) for problem in WAIT.validate(settings, "s", {})] == [said]
