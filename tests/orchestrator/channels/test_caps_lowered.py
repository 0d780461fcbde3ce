"""Promise C5: what is lowered or paused while messages wait holds at once; the arbiter and the claim count alike.

QUEUED messages wait (5,000 in the full run), WORLDS small worlds are invented (200).
"""

import os
import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction

from consent.models import Limit, Preference, Purpose
from contacts.models import Account, Contact
from journeys.models import Enrollment, Journey, Step, Touch, Version
from orchestrator.arbiter.operations import decide_touches
from orchestrator.channels.adapters import email
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.rules import SENT
from orchestrator.kernel import sql
from orchestrator.kernel.scope import EVERYBODY

from .conftest import NOW

pytestmark = pytest.mark.django_db
QUEUED = int(os.environ.get("QUEUED", "1000"))
WORLDS = int(os.environ.get("WORLDS", "12"))
EACH = 3


@pytest.fixture
def sent(monkeypatch, settings):
    """Who got how many, from a provider that takes everything at once."""
    settings.PUBLIC_URL = "https://track.example"
    got = Counter()

    def send(_outbox, mail):
        got[mail.recipient] += 1
        return SENT

    monkeypatch.setattr(email.Outbox, "_open", lambda self: None)
    monkeypatch.setattr(email.Outbox, "send", send)
    return got


def propose(world, contacts, each, steps=None, **more):
    """Let every person have so many open touches."""
    steps = steps or [world.step]
    runs = Enrollment.objects.bulk_create(
        Enrollment(
            contact=contact, journey=step.version.journey, version=step.version, key=f"k{n}", entered_at=NOW, arrived_at=NOW,
            left_at=NOW, reason="completed",
        )
        for contact in contacts for n in range(each) for step in [steps[n % len(steps)]]
    )  # fmt: skip
    return Touch.objects.bulk_create(
        Touch(
            enrollment=run, step=steps[int(run.key[1:]) % len(steps)], visit=1, contact=run.contact, journey=run.journey,
            block_id=world.block_id, proposed_at=NOW, hold_until=NOW, expires_at=NOW + timedelta(days=3),
            **({"channel": "email", "purpose": "email_marketing"} | more),
        )
        for run in runs
    )  # fmt: skip


@pytest.fixture
def queue(world):
    """Everybody has three approved messages, which is what the limit allows."""
    Purpose.objects.filter(slug="email_marketing").update(enforcement="opt_out")
    Limit.objects.create(slug="mail", most=EACH, window=timedelta(days=7), name_en="m", name_de="m")
    people = Contact.objects.bulk_create(
        Contact(email=f"p{n}@x.example", created_at=NOW, updated_at=NOW) for n in range(-(-QUEUED // EACH))
    )
    propose(world, people, EACH)
    with transaction.atomic():
        decided = decide_touches(now=NOW, scope=EVERYBODY, batch=10 * QUEUED)
    assert decided == {("approved", ""): EACH * len(people)}
    return people


def deliver_all(clock):
    while Touch.objects.filter(state="approved").exists():
        assert deliver_touches(now=clock, limit=200)


def test_a_lowered_limit_holds_for_what_waits(queue, sent, clock):
    deliver_touches(now=clock, limit=EACH * 5)  # five people have got all of theirs
    before = Counter(sent)
    assert set(before.values()) == {EACH}
    Limit.objects.filter(slug="mail").update(most=1)
    clock.move(seconds=2)
    deliver_all(clock)
    assert {who: n for who, n in sent.items() if who in before} == before  # not one more
    assert {n for who, n in sent.items() if who not in before} == {1}  # not one less either
    assert len(sent) == len(queue)
    rest = Counter(Touch.objects.exclude(state="sent").values_list("state", "reason"))
    assert rest == {("held", "cap_mail"): (EACH - 1) * (len(queue) - 5)}


def test_a_limit_lowered_behind_the_claim_holds_too(queue, sent, clock, monkeypatch):
    ready = email.Outbox.ready

    def lower(outbox):
        Limit.objects.filter(slug="mail").update(most=1)
        ready(outbox)

    monkeypatch.setattr(email.Outbox, "ready", lower)
    assert deliver_touches(now=clock, limit=60) == {"sent": 20, "claim_over": 40}
    assert set(sent.values()) == {1}


@pytest.mark.parametrize("what", ["journey", "person"])
def test_a_pause_holds_for_what_waits(queue, sent, clock, what):
    deliver_touches(now=clock, limit=EACH * 5)
    before = Counter(sent)
    if what == "journey":
        Journey.objects.update(state="paused")
    else:
        Preference.objects.bulk_create(
            Preference(contact=one, paused_until=NOW + timedelta(days=30), since=NOW) for one in queue
        )
    deliver_all(clock)
    assert sent == before
    reason = "journey_paused" if what == "journey" else "paused_by_person"
    rest = Counter(Touch.objects.exclude(state="sent").values_list("state", "reason"))
    assert rest == {("held", reason): EACH * (len(queue) - 5)}


def over(touch):
    return sql.rows("SELECT orchestrator_over_limit(%s)", [touch])[0][0]


def invent(dice, world, n):
    """A few people, some with one address or one company, journeys, limits of every kind, and what was sent before."""
    steps = []
    for k, phase in enumerate(("purchase", "retention", "retention")):
        journey = Journey.objects.create(
            slug=f"w{n}-{k}", phase=phase, priority=dice.choice([5, 10, 20]), state="live", created_at=NOW, name_en="j", name_de="j"
        )  # fmt: skip
        version = Version.objects.create(journey=journey, number=1, definition={}, created_at=NOW, published_at=NOW)
        steps.append(Step.objects.create(version=version, key="m", kind="send", position=1, name_en="m", name_de="m"))
    company = Account.objects.create(external_id=f"a{n}", name="A", country="JP", created_at=NOW)
    people = Contact.objects.bulk_create(
        Contact(
            email=f"p{n}.{k % 5}@x.example", account=company if k % 2 else None, created_at=NOW, updated_at=NOW,
            time_zone=dice.choice(["Europe/Berlin", "Pacific/Kiritimati", "", "Mars/Olympus"]),
        )
        for k in range(7)
    )  # fmt: skip
    Preference.objects.create(contact=people[0], frequency="less", since=NOW)
    Limit.objects.all().delete()
    for k in range(dice.randint(1, 4)):
        calendar, per = dice.choice(["", "", "day", "week", "month"]), dice.choice(["person", "person", "account"])
        # a company's limit for people who want less is left out: the claim counts colleagues whom the arbiter, in the
        # same pass, does not count; it gives the touch back, and nothing is over the limit
        Limit.objects.create(
            slug=f"l{k}", most=dice.randint(0, 4), calendar=calendar, window=timedelta(days={"day": 1, "month": 31}.get(calendar, 7)),
            per=per, who=dice.choice(["", "", "less"]) if per == "person" else "", channel=dice.choice(["", "email"]),
            purpose=dice.choice(["", "email_marketing", "news"]), phase=dice.choice(["", "retention"]),
            overflow=dice.choice(["hold", "drop"]), name_en="l", name_de="l",
        )  # fmt: skip
    for touch in propose(world, people, 2, steps):
        at = NOW - timedelta(hours=dice.choice([1, 9, 12, 30, 100, 200]))
        purpose = dice.choice(["email_marketing", "news", "service"])
        Touch.objects.filter(pk=touch.pk).update(
            state=dice.choice(["sent", "unknown", "failed"]), decided_at=at, purpose=purpose
        )
    return people, steps


@pytest.mark.parametrize("seed", range(WORLDS))
def test_over_limit_agrees_with_the_arbiter(world, seed):
    dice = random.Random(seed)
    parent = Purpose.objects.get(slug="email_marketing")
    Purpose.objects.create(slug="news", parent=parent, enforcement="opt_out", name_en="n", name_de="n")
    Purpose.objects.filter(pk=parent.pk).update(enforcement="opt_out")
    people, steps = invent(dice, world, seed)
    Enrollment.objects.update(key="old")
    new = [touch.pk for touch in propose(world, people, 3, steps)]
    for pk in new:
        Touch.objects.filter(pk=pk).update(purpose=dice.choice(["email_marketing", "news", "service"]))
    with transaction.atomic():
        decide_touches(now=NOW, scope=EVERYBODY, batch=1000)
    decided = dict(Touch.objects.filter(pk__in=new).values_list("pk", "reason"))
    assert {pk: over(pk) for pk, reason in decided.items() if not reason} == {
        pk: "" for pk, reason in decided.items() if not reason
    }
    for pk, reason in decided.items():
        if not reason:
            continue
        assert reason.startswith("cap_") or reason == "outranked"
        with transaction.atomic():
            Touch.objects.filter(pk=pk).update(state="approved", decided_at=NOW)
            assert over(pk).startswith("cap_"), (reason, pk)
            transaction.set_rollback(True)
