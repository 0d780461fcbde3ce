"""Slots under fire: many workers, killed workers, one slot and several journeys; and what happens without the lock."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from consent.models import Limit
from consent.records.operations import record_consent
from contacts.models import Contact
from journeys.models import Block, Enrollment, Journey, Step, Touch, Version
from orchestrator.arbiter.operations import decide_touches
from orchestrator.kernel.scope import EVERYBODY
from tests.waiting import HUNG

from .slot_worker import NOW

pytestmark = pytest.mark.django_db(transaction=True)
SEEDS = int(os.environ.get("SLOT_SEEDS", "2"))  # 10 in the full run
CONTACTS = int(os.environ.get("SLOT_CONTACTS", "16"))  # 50
WORKERS = int(os.environ.get("SLOT_WORKERS", "6"))  # 16
EACH = 24
KILLS = int(os.environ.get("SLOT_KILLS", "3"))  # 10


@pytest.fixture
def scene():
    block = Block.objects.create(slug="b", phase="purchase", state="approved", changed_at=NOW, name_en="b", name_de="b")
    steps = []
    for slug, phase, priority in (("a", "purchase", 10), ("b", "retention", 20), ("c", "retention", 30)):
        journey = Journey.objects.create(
            slug=slug, phase=phase, priority=priority, state="live", created_at=NOW, name_en=slug, name_de=slug
        )
        version = Version.objects.create(journey=journey, number=1, definition={}, created_at=NOW, published_at=NOW)
        steps.append(Step.objects.create(version=version, key="m", kind="send", position=1, name_en="m", name_de="m"))
    return steps, block


def limits():
    for slug, most, more in (
        ("all", 5, {}),
        ("mail-day", 3, {"channel": "email", "calendar": "day", "window": timedelta(days=1)}),
        ("retention", 2, {"phase": "retention"}),
        ("marketing", 4, {"purpose": "email_marketing"}),
    ):
        Limit.objects.create(
            slug=slug, most=most, overflow="drop", name_en=slug, name_de=slug, **({"window": timedelta(days=7)} | more)
        )


def people(n):
    dice = random.Random(n)
    made = Contact.objects.bulk_create(
        Contact(
            email=f"p{i}@x.example",
            time_zone=dice.choice(["Europe/Berlin", "Asia/Tokyo"]),
            created_at=NOW,
            updated_at=NOW,
        )
        for i in range(n)
    )
    for one in made:
        record_consent(contact_id=one.pk, purpose="email_marketing", decision="granted", source="t", now=NOW)
    return made


def propose(scene, contacts, each, dice, **more):
    steps, block = scene
    made = []
    for contact in contacts:
        for n in range(each):
            step = more.get("steps", steps)[n % len(steps)] if "steps" in more else dice.choice(steps)
            run = Enrollment.objects.create(
                contact=contact, journey=step.version.journey, version=step.version, key=str(n), entered_at=NOW, arrived_at=NOW,
                left_at=NOW, reason="completed",
            )  # fmt: skip
            made.append(
                Touch(
                    enrollment=run,
                    step=step,
                    visit=1,
                    contact=contact,
                    journey=step.version.journey,
                    block=block,
                    channel="email",
                    purpose="email_marketing",
                    proposed_at=NOW,
                    expires_at=NOW + timedelta(days=3),
                    hold_until=NOW,
                )
            )
    dice.shuffle(made)
    return Touch.objects.bulk_create(made)


@pytest.fixture
def start_worker():
    """Start a process that waits for a word before it begins; none outlives the test."""
    made, name = [], connection.settings_dict["NAME"]

    def start(ids, seed):
        command = [sys.executable, "-m", "tests.orchestrator.arbiter.slot_worker", name, str(seed), *map(str, ids)]
        made.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=settings.ROOT)
        )
        return made[-1]

    yield start
    for worker in made:
        worker.kill()
        worker.wait(HUNG)


def begin(worker):
    worker.stdin.write("go\n")
    worker.stdin.close()
    worker.stdin = None


def wanted(contact):
    """What exactly should go, by hand: highest priority first, every limit together."""
    got, phases = 0, Counter()
    open_ones = (
        Touch.objects.filter(contact=contact)
        .select_related("journey")
        .order_by("-journey__priority", "proposed_at", "id")
    )
    for touch in open_ones:
        if got < 3 and (touch.journey.phase != "retention" or phases["retention"] < 2):
            got += 1
            phases[touch.journey.phase] += 1
            yield touch.pk


@pytest.mark.parametrize("seed", range(SEEDS))
def test_caps_are_exact_with_many_workers_and_killed_ones(scene, start_worker, seed):
    dice = random.Random(seed)
    limits()
    contacts = people(CONTACTS)
    ids = [c.pk for c in contacts]
    propose(scene, contacts, EACH, dice)
    expected = {pk for contact in contacts for pk in wanted(contact)}
    workers = [start_worker(ids, seed * 100 + n) for n in range(WORKERS + KILLS)]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    running, spare = workers[:WORKERS], workers[WORKERS:]
    for worker in running:
        begin(worker)
    for following in spare:
        time.sleep(0.15)
        victim = running.pop(dice.randrange(len(running)))
        victim.kill()
        victim.communicate()
        begin(following)
        running.append(following)
    codes = [worker.wait(HUNG) for worker in running]
    assert set(codes) == {0}
    assert set(Touch.objects.filter(state="approved").values_list("pk", flat=True)) == expected  # over 0, under 0
    assert not Touch.objects.filter(state__in=Touch.OPEN).exists()


def test_control_count_then_insert_goes_over_the_cap(scene):
    """The naive way, so that the load is known to have teeth: count, then approve, no lock on the person."""
    contacts = people(1)
    touches = propose(scene, contacts, 12, random.Random(1))
    together = threading.Barrier(4)

    def naive(mine):
        for touch in mine:
            used = Touch.objects.filter(contact_id=touch.contact_id, state="approved").count()
            together.wait()  # all have counted, nobody has approved: what chance brings about sooner or later
            if used < 3:
                Touch.objects.filter(pk=touch.pk).update(state="approved")
            together.wait()
        connections.close_all()

    threads = [threading.Thread(target=naive, args=(touches[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Touch.objects.filter(state="approved").count() == 4  # three were allowed


@pytest.mark.parametrize("seed", range(int(os.environ.get("RANK_SEEDS", "6"))))  # 1,000 in the full run
def test_one_slot_goes_to_the_highest_whatever_the_order_of_arrival(scene, seed):
    dice = random.Random(seed)
    steps, _ = scene
    Limit.objects.create(slug="one", most=1, window=timedelta(days=7), overflow="hold", name_en="o", name_de="o")
    contacts = people(3)
    for step in steps:
        Journey.objects.filter(pk=step.version.journey_id).update(
            priority=dice.choice([5, 10, 20, 30]), value=dice.choice([1, 1.5])
        )
    touches = propose(scene, contacts, dice.randint(2, 5), dice)
    with transaction.atomic():
        decide_touches(now=NOW, scope=EVERYBODY, batch=dice.choice([1, 2, 1000]) if seed % 2 else 1000)
    while Touch.objects.filter(state="proposed").exists():
        with transaction.atomic():
            decide_touches(now=NOW, scope=EVERYBODY, batch=2)
    for contact in contacts:
        mine = Touch.objects.filter(contact=contact).select_related("journey")
        best = min(mine, key=lambda t: (-t.journey.priority * t.journey.value, t.proposed_at, t.pk))
        assert [t.pk for t in mine if t.state == "approved"] == [best.pk]
        losers = {(t.state, t.reason) for t in mine if t.pk != best.pk}
        assert losers == {("held", "outranked")}
        assert all(
            t.hold_until == t.expires_at for t in mine if t.pk != best.pk
        )  # nobody waits longer than it makes sense
    with transaction.atomic():
        decide_touches(now=NOW + timedelta(days=3), scope=EVERYBODY, batch=1000)
    assert Counter(Touch.objects.values_list("state", flat=True)) == {
        "approved": len(contacts),
        "expired": len(touches) - len(contacts),
    }


COUNTING = [
    (state, purpose, counts)
    for state in ("proposed", "held", "approved", "sending", "sent", "unknown", "suppressed", "expired", "failed")
    for purpose, counts in (("email_marketing", state in Touch.COUNTED), ("service", False))
] + [
    (state, "news", state in Touch.COUNTED)
    for state in ("approved", "sent", "unknown", "failed", "suppressed", "expired")
]


@pytest.mark.parametrize(("state", "purpose", "counts"), COUNTING)
def test_what_counts_under_a_limit(scene, state, purpose, counts):
    from consent.models import Purpose

    Purpose.objects.create(slug="news", parent=Purpose.objects.get(slug="email_marketing"), name_en="n", name_de="n")
    Limit.objects.create(
        slug="one",
        most=1,
        window=timedelta(days=7),
        overflow="drop",
        purpose="" if purpose != "news" else "email_marketing",
        name_en="o",
        name_de="o",
    )
    (anna,) = people(1)
    record_consent(contact_id=anna.pk, purpose="news", decision="granted", source="t", now=NOW)
    old, new = propose(scene, [anna], 2, random.Random(1))
    Touch.objects.filter(pk=old.pk).update(
        state=state,
        purpose=purpose,
        address=anna.email,
        decided_at=NOW - timedelta(days=1),
        hold_until=NOW + timedelta(days=1),
    )
    with transaction.atomic():
        decide_touches(now=NOW, scope=EVERYBODY, batch=10)
    new.refresh_from_db()
    assert (new.state, new.reason) == (("suppressed", "cap_one") if counts else ("approved", ""))


@pytest.mark.parametrize("purpose", ["service"])
def test_service_is_never_blocked_by_a_limit(scene, purpose):
    Limit.objects.create(slug="none", most=0, window=timedelta(days=7), overflow="drop", name_en="o", name_de="o")
    (anna,) = people(1)
    propose(scene, [anna], 3, random.Random(1))
    Touch.objects.update(purpose=purpose)
    with transaction.atomic():
        decide_touches(now=NOW, scope=EVERYBODY, batch=10)
    assert set(Touch.objects.values_list("state", flat=True)) == {"approved"}


@pytest.mark.parametrize(
    ("zone", "at", "moved_to"),
    [
        ("Europe/Berlin", "2026-10-25T12:00Z", None),  # a day of 25 hours
        ("Europe/Berlin", "2026-03-29T12:00Z", None),  # of 23
        ("Europe/Berlin", "2028-02-29T12:00Z", None),
        ("Australia/Lord_Howe", "2026-04-05T01:00Z", None),  # half an hour back
        ("America/Santiago", "2026-09-06T12:00Z", None),  # midnight does not exist
        ("Asia/Tokyo", "2026-11-18T10:00Z", "America/Los_Angeles"),  # moved: the day is that of the zone now
    ],
)
def test_day_window_equals_exact_arithmetic_on_days_of_any_length(scene, zone, at, moved_to):
    now = datetime.fromisoformat(at)
    Limit.objects.create(
        slug="day", most=1, window=timedelta(days=1), calendar="day", overflow="drop", name_en="o", name_de="o"
    )
    place = ZoneInfo(moved_to or zone)
    first = now
    while (first - timedelta(minutes=1)).astimezone(place).date() == now.astimezone(place).date():
        first -= timedelta(minutes=1)
    for before, counts in ((first, True), (first - timedelta(milliseconds=1), False)):
        (anna,) = people(1)
        Contact.objects.filter(pk=anna.pk).update(time_zone=moved_to or zone, email=f"a{counts}@x.example")
        old, new = propose(scene, [anna], 2, random.Random(1))
        Touch.objects.filter(pk=old.pk).update(state="sent", decided_at=before)
        Touch.objects.filter(pk=new.pk).update(hold_until=now, expires_at=now + timedelta(days=2))
        with transaction.atomic():
            decide_touches(now=now, scope=EVERYBODY, batch=10)
        new.refresh_from_db()
        assert (new.state == "suppressed") is counts
    assert connection.vendor == "postgresql"
