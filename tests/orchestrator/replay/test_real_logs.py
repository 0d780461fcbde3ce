"""Real logs through the journeys, equal to a count in plain Python over the same file."""

import csv
import gzip
import json
from collections import defaultdict
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from contacts.events.models import Event, News
from contacts.profiles.models import Contact
from journeys.enrollments.models import Enrollment

BESIDE = [above / "shared" / "data" for above in Path(__file__).resolve().parents[4:]]
DATA = next((path for path in BESIDE if path.exists()), BESIDE[0])
pytestmark = [pytest.mark.replay, pytest.mark.django_db]


def data(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the real data is not beside the project: no {path.parent.name}/{path.name}")
    return path


def replay(path, mapping, *journeys, **options):
    out = StringIO()
    call_command("replay", str(path), mapping=mapping, journey=list(journeys), json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def second_within(days_by_person, span):
    """Goals, ends without goal, refusals: what a journey "again within a span of the first day" must find."""
    last = max(max(days) for days in days_by_person.values())
    goals = ends = refused = 0
    for days in days_by_person.values():
        first = min(days)
        refused += len(days) - 1
        if any(first < day <= first + span for day in days):
            goals += 1
        elif first + span < last:
            ends += 1
    return goals, ends, refused


def test_cdnow_second_purchase_within_60_days_equals_a_plain_count():
    path = data("cdnow/CDNOW_sample.txt.gz")
    with gzip.open(path, "rt") as file:
        lines = [line.split() for line in file]
    days = defaultdict(set)
    for customer, _, date, *_ in lines:
        days[customer].add(datetime.strptime(date, "%Y%m%d"))
    goals, ends, refused = second_within(days, timedelta(days=60))
    found = replay(path, "cdnow", "second-purchase")
    assert (found["contacts"], found["rejected"]) == (len(days), 0)
    assert found["events"] == len(set(map(tuple, lines)))
    assert found["duplicates"] == len(lines) - found["events"]
    assert found["entered"] == {"second-purchase": len(days)}
    assert found["left"] == {"second-purchase": {"completed": ends, "goal": goals}}
    assert found["refused"] == {"second-purchase": {"reentry_blocked": refused}}
    assert found["still_in"] == {}
    assert found["touches"] == {}
    assert (len(days), goals, ends, refused) == (2357, 601, 1756, 4339)
    assert not News.objects.exists()
    again = replay(path, "cdnow", "second-purchase")
    assert (again["events"], again["duplicates"], again["ticks"], again["entered"]) == (0, len(lines), 0, {})
    assert (Contact.objects.count(), Event.objects.count(), Enrollment.objects.count()) == (2357, found["events"], 2357)


def test_rees46_carts_without_purchase_in_10_minutes_are_37(tmp_path):
    path = data("rees46/2019-Oct_first_17435_events.csv.gz")
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    whole = [row for row in rows if row["user_session"] is not None]
    carts, bought = {}, defaultdict(list)
    for row in whole:
        pair, at = (row["user_id"], row["product_id"]), datetime.strptime(row["event_time"], "%Y-%m-%d %H:%M:%S UTC")
        if row["event_type"] == "cart":
            carts[pair] = min(at, carts.get(pair, at))
        elif row["event_type"] == "purchase":
            bought[pair].append(at)
    end = max(datetime.strptime(row["event_time"], "%Y-%m-%d %H:%M:%S UTC") for row in whole)
    span = timedelta(minutes=10)
    abandoned = {
        pair for pair, at in carts.items() if at + span < end and not any(at <= b <= at + span for b in bought[pair])
    }
    reached = {pair for pair, at in carts.items() if any(at < b <= at + span for b in bought[pair])}
    found = replay(path, "rees46", "abandoned-cart-log", rejects=tmp_path / "rejects.csv")
    assert found["events"] == len({tuple(row.values()) for row in whole}) == 17_429
    assert (found["duplicates"], found["rejected"]) == (5, 1)
    assert found["contacts"] == len({row["user_id"] for row in whole})
    assert (tmp_path / "rejects.csv").read_text().splitlines() == ["line,reason", '17436,"expected 9 columns, got 8"']
    assert found["entered"] == {"abandoned-cart-log": len(carts)}
    assert found["left"]["abandoned-cart-log"] == {"completed": len(abandoned), "goal": len(reached)}
    runs = Enrollment.objects.filter(outcome="abandoned").values_list("contact__external_id", "key")
    assert {(person.removeprefix("rees46-"), product) for person, product in runs} == abandoned
    assert len(abandoned) == 37


def test_complete_journey_coupons_equal_a_plain_count():
    path = data("complete_journey/coupon_redemptions.csv.gz")
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    days = defaultdict(set)
    for row in rows:
        days[row["household_id"]].add(datetime.fromisoformat(row["redemption_date"]))
    found = replay(path, "complete_journey", "second-coupon")
    assert (found["contacts"], found["rejected"]) == (len(days), 0)
    assert found["events"] == len({tuple(row.values()) for row in rows})
    assert found["events"] + found["duplicates"] == len(rows)
    assert found["entered"] == {"second-coupon": len(days)}
    # the day lives in New York: 30 days by the clock of UTC cross its changes of the hour
    zone = ZoneInfo("America/New_York")
    instants = {
        person: {day.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")) for day in seen} for person, seen in days.items()
    }
    goals, ends, refused = second_within(instants, timedelta(days=30))
    assert found["left"]["second-coupon"] == {"completed": ends, "goal": goals}
    assert sum(found["refused"]["second-coupon"].values()) == refused
