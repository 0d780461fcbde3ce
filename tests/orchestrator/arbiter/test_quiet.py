"""Promise F3: nobody is written to in quiet hours, and everybody at the first instant after them; held against a second opinion.

The second opinion walks from minute to minute and asks the clock on the wall; it shares no line with the product. The number of
random pairs of a person and an instant is QUIET_PAIRS: some seconds by default; 1,000,000 can be run (an hour or more).
"""

import os
import random
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from consent.models import QuietHours
from consent.records.operations import record_consent
from contacts.models import Account, Contact
from journeys.models import Touch
from orchestrator.arbiter.operations import decide_touches
from orchestrator.arbiter.queries import Place, Quiet
from orchestrator.kernel.scope import EVERYBODY
from tests.orchestrator.channels.conftest import NOW

pytestmark = pytest.mark.django_db
PAIRS = int(os.environ.get("QUIET_PAIRS", "1500"))
A_WORLD = 50  # pairs that share their quiet hours
MINUTE, LONG = timedelta(minutes=1), timedelta(days=3)
KNOWN = zoneinfo.available_timezones()
TEAM = "Europe/Berlin"
ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Africa/Casablanca", "Pacific/Apia", "Asia/Tokyo", "Africa/Cairo", "America/Scoresbysund", "Pacific/Kiritimati",
    "", "Mars/Olympus", "Europe/Berlin ", "../etc/passwd", "Europe", "europe",
)  # fmt: skip
BY_COUNTRY = {"DE": "Europe/Berlin", "AT": "Europe/Vienna", "EE": "Europe/Tallinn"}
COUNTRIES = ("DE", "AT", "de", "", "XX", "EE")
# the clock is set, or a day is left out, on these days somewhere in ZONES
SET = (
    date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5), date(2026, 10, 4),
    date(2026, 9, 6), date(2026, 4, 24), date(2026, 10, 30), date(2011, 12, 30), date(2026, 2, 15), date(2026, 3, 22),
)  # fmt: skip
HOLIDAYS = {
    "DE": ((-2, 1, 39, 50), ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))),
    "AT": ((1, 39, 50, 60), ((1, 1), (1, 6), (5, 1), (8, 15), (10, 26), (11, 1), (12, 8), (12, 25), (12, 26))),
    "EE": ((-2, 0, 49), ((1, 1), (2, 24), (5, 1), (6, 23), (6, 24), (8, 20), (12, 24), (12, 25), (12, 26))),
}
CLOCKS = [
    time(0),
    time(0, 30),
    time(1),
    time(2),
    time(2, 15),
    time(2, 30),
    time(3),
    time(8),
    time(12),
    time(21),
    time(23, 30),
]


class Hours(NamedTuple):
    """Quiet hours as the second opinion knows them."""

    starts: time
    ends: time
    channel: str = ""
    country: str = ""
    weekdays: tuple[int, ...] = ()
    holidays: bool = False


def invent(dice):
    """Up to three quiet hours: over midnight, of no length, all day long, on some weekdays, in a country, one after the other."""
    found = []
    for _ in range(dice.randint(1, 3)):
        starts, ends = dice.choice(CLOCKS), dice.choice(CLOCKS)
        if dice.random() < 0.15:
            ends = starts
        more = {
            "channel": dice.choice(["", "", "email", "sms"]),
            "country": dice.choice(["", "", "DE", "AT"]),
            "weekdays": tuple(sorted(dice.sample(range(1, 8), dice.randint(1, 6)))) if dice.random() < 0.4 else (),
            "holidays": dice.random() < 0.3,
        }
        found.append(Hours(starts, ends, **more))
        if dice.random() < 0.3:  # touches it; now and then both are the whole day
            found.append(Hours(ends, dice.choice([starts, *CLOCKS]), **more))
    return found


def easter(year):
    """Easter Sunday, by the rule of Meeus, Jones and Butcher."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    rest = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * rest) // 451
    month, day = divmod(h + rest - 7 * m + 114, 31)
    return date(year, month, day + 1)


def is_holiday(country, day):
    """Public holidays in all of a country: so many days after Easter, and the days that are the same each year."""
    moving, fixed = HOLIDAYS.get(country, ((), ()))
    return (day - easter(day.year)).days in moving or (day.month, day.day) in fixed


def zone_of(place):
    """Whose clock counts, when the person's is not known: the company's, the country's, the team's."""
    named = (place.zone, BY_COUNTRY.get(place.account_country.upper()), BY_COUNTRY.get(place.country.upper()), TEAM)
    return ZoneInfo(next(name for name in named if name in KNOWN))


def is_quiet(at, place, hours, channel="email"):
    """What the clock on the wall says about one instant."""
    country = (place.country or place.account_country).upper()
    wall = at.astimezone(zone_of(place))
    clock, today, yesterday = (wall.hour, wall.minute), wall.date(), wall.date() - timedelta(days=1)
    for one in hours:
        if one.channel not in ("", channel) or one.country not in ("", country):
            continue
        if one.holidays and is_holiday(country, today):
            return True
        starts, ends = (one.starts.hour, one.starts.minute), (one.ends.hour, one.ends.minute)
        days = one.weekdays or range(1, 8)
        if starts < ends and starts <= clock < ends and today.isoweekday() in days:
            return True
        if starts > ends and (
            (clock >= starts and today.isoweekday() in days) or (clock < ends and yesterday.isoweekday() in days)
        ):
            return True
    return False


def somewhere(dice):
    return Place(dice.choice(ZONES), dice.choice(COUNTRIES), dice.choice(COUNTRIES))


def sometime(dice):
    """Any second of four years, as often one around which the clock is set, or of a holiday."""
    which = dice.random()
    if which < 0.4:
        day = dice.choice(SET)
        start, span = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1), 3 * 86_400
    elif which < 0.55:
        day = dice.choice(
            [date(2026, 12, 25), date(2026, 5, 14), date(2027, 1, 6), date(2026, 10, 3), date(2028, 6, 15)]
        )
        start, span = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1), 3 * 86_400
    else:
        start, span = datetime(2025, 1, 1, tzinfo=UTC), 4 * 365 * 86_400
    return start + timedelta(seconds=dice.randrange(span), milliseconds=dice.choice([0, 0, 1, 999]))


def keep(hours):
    QuietHours.objects.all().delete()
    QuietHours.objects.bulk_create(QuietHours(**one._asdict() | {"weekdays": list(one.weekdays)}) for one in hours)


def check(at, place, hours, until):
    """The instant is quiet when and only when it has an end, and that is the first instant that is not quiet any more."""
    said = (at.isoformat(), place, hours, until and until.isoformat())
    assert (until is not None) is is_quiet(at, place, hours), said
    if until is None:
        return
    step = MINUTE if until - at < LONG else 37 * MINUTE  # where it is quiet for days, not every minute of them
    minute = at.replace(second=0, microsecond=0) + MINUTE
    while minute < until:
        assert is_quiet(minute, place, hours), (minute.isoformat(), *said)
        minute += step
    assert until > at, said
    # where it is never, or for days not, over, what comes is an instant at which it is asked again
    assert minute == until or step > MINUTE, said
    assert not is_quiet(until, place, hours) or until - at >= LONG, said


def test_until_is_the_first_instant_after_the_quiet_hours(settings):
    settings.TEAM_TIME_ZONE = TEAM
    dice = random.Random(int(os.environ.get("QUIET_SEED", "3")))
    quiet_ones = 0
    for _ in range(-(-PAIRS // A_WORLD)):
        hours = invent(dice)
        keep(hours)
        quiet = Quiet()
        for _ in range(A_WORLD):
            at, place = sometime(dice), somewhere(dice)
            until = quiet.until(place, "email", at)
            check(at, place, hours, until)
            quiet_ones += until is not None
    assert quiet_ones > PAIRS / 10  # else nothing was tested


@pytest.mark.parametrize(
    ("zone", "at", "starts", "ends", "until"),
    [
        ("Europe/Berlin", "2026-03-29T00:30Z", time(1), time(2, 30), "2026-03-29T01:00Z"),  # 02:30 does not exist
        ("Europe/Berlin", "2026-10-25T00:10Z", time(2), time(2, 30), "2026-10-25T00:30Z"),  # and here twice
        ("Europe/Berlin", "2026-10-25T01:10Z", time(2), time(2, 30), "2026-10-25T01:30Z"),
        ("Europe/Berlin", "2026-10-25T00:50Z", time(2, 45), time(4), "2026-10-25T01:00Z"),  # the clock leaves it
        ("Australia/Lord_Howe", "2026-04-04T15:05Z", time(1, 30), time(1, 45), "2026-04-04T15:15Z"),  # half an hour
        ("Pacific/Apia", "2011-12-30T09:00Z", time(21), time(8), "2011-12-30T18:00Z"),  # over a day left out
    ],
)
def test_until_where_the_clock_is_set(zone, at, starts, ends, until):
    hours, place = [Hours(starts, ends)], Place(zone, "", "")
    keep(hours)
    found = Quiet().until(place, "email", datetime.fromisoformat(at))
    assert found == datetime.fromisoformat(until)
    check(datetime.fromisoformat(at), place, hours, found)


def test_decide_approves_nobody_in_quiet_hours_and_everybody_else(world, settings):
    settings.TEAM_TIME_ZONE = TEAM
    dice = random.Random(8)
    seen = set()
    for n in range(12):
        hours = invent(dice)
        keep(hours)
        at = sometime(dice)
        places = {}
        for k in range(25):
            place = somewhere(dice)
            company = Account.objects.create(
                external_id=f"a{n}.{k}", name="A", country=place.account_country, created_at=NOW
            )
            contact = Contact.objects.create(
                email=f"p{n}.{k}@x.example", time_zone=place.zone, country=place.country, account=company,
                created_at=NOW, updated_at=NOW,
            )  # fmt: skip
            record_consent(contact_id=contact.pk, purpose="email_marketing", decision="granted", source="t", now=NOW)
            world.touch(
                contact,
                state="proposed",
                proposed_at=at,
                hold_until=at,
                expires_at=at + timedelta(days=30),
                decided_at=None,
            )
            places[contact.pk] = place
        with transaction.atomic():
            decide_touches(now=at, scope=EVERYBODY, batch=1000)
        for touch in Touch.objects.filter(contact__in=places):
            quiet = is_quiet(at, places[touch.contact_id], hours)
            assert (touch.state, touch.reason) == (("held", "quiet_hours") if quiet else ("approved", ""))
            if quiet:
                check(at, places[touch.contact_id], hours, touch.hold_until)
            seen.add(touch.state)
        Touch.objects.all().delete()
    assert seen == {"held", "approved"}
