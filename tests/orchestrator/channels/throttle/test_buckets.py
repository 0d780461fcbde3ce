"""Rate limits: exact over workers, in turn, service first, and nobody's token is spent on somebody who does not go."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from journeys.models import Touch
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.throttle.operations import drop_limit, set_limit
from orchestrator.models import Bucket

from ..conftest import NOW
from .test_stop import no_pool  # noqa: F401  # a fixture


def limit(kind="channel", name="email", per_second=5.0, most=5, now=NOW):
    return set_limit(kind=kind, name=name, per_second=per_second, most=most, now=now)


def waits():
    rows = (
        Touch.objects.filter(reason="rate_limited").order_by("lease_until", "id").values_list("lease_until", flat=True)
    )
    return [(at - NOW).total_seconds() for at in rows]


@pytest.mark.django_db
def test_deliver_takes_as_many_tokens_as_there_are_and_says_when_the_others_come(world, smtp, clock):
    for n in range(12):
        world.touch(world.person(f"P{n}"))
    limit()
    assert deliver_touches(now=clock) == {"sent": 5, "rate_limited": 7}
    assert waits() == [pytest.approx(n / 5) for n in range(1, 8)]
    assert set(Touch.objects.exclude(state="sent").values_list("state", "claim", "called_at")) == {
        ("approved", None, None)
    }
    assert deliver_touches(now=clock) == {}  # nobody is looked at again before their time
    clock.move(seconds=1)
    assert deliver_touches(now=clock) == {"sent": 5}
    clock.move(seconds=1)
    assert deliver_touches(now=clock) == {"sent": 2}
    assert Bucket.objects.get().tokens == pytest.approx(3)


@pytest.mark.django_db
def test_deliver_who_comes_new_stands_behind_who_waits_and_service_before_everybody(world, smtp, clock):
    for n in range(8):
        world.touch(world.person(f"P{n}"))
    limit()
    deliver_touches(now=clock)
    clock.move(milliseconds=250)
    new = world.touch(world.person("New"))
    service = world.touch(world.person("Asked", grant=()), purpose="service")
    assert deliver_touches(now=clock) == {"sent": 1, "rate_limited": 2}  # 1.25 tokens: the service message has it
    service.refresh_from_db()
    assert service.state == "sent"
    new.refresh_from_db()
    assert new.lease_until >= NOW + timedelta(seconds=0.8)
    clock.move(seconds=5)
    assert deliver_touches(now=clock)["sent"] == 4


@pytest.mark.django_db
def test_deliver_a_limit_of_a_domain_holds_nobody_else_back_and_spends_nothing_of_the_channel(world, smtp, clock):
    for n in range(6):
        world.touch(world.person(f"G{n}", email=f"g{n}@GMAIL.example"))
    for n in range(3):
        world.touch(world.person(f"P{n}"))
    limit("domain", "gmail.example", 1, 2)
    limit("channel", "email", 10, 10)
    limit("provider", "smtp", 100, 100)
    assert deliver_touches(now=clock) == {"sent": 5, "rate_limited": 4}
    assert dict(Bucket.objects.values_list("kind", "tokens")) == {"domain": 0, "channel": 5, "provider": 95}
    assert waits() == [pytest.approx(n) for n in (1, 2, 3, 4)]


@pytest.mark.django_db
def test_deliver_a_bucket_never_holds_more_than_its_most_and_a_clock_that_is_behind_takes_nothing(world, smtp, clock):
    limit(most=3)
    clock.move(hours=1)
    for n in range(5):
        world.touch(world.person(f"P{n}"))
    assert deliver_touches(now=clock) == {"sent": 3, "rate_limited": 2}
    clock.move(minutes=-30)
    world.touch(world.person("Late"))
    assert deliver_touches(now=clock)["sent"] == 0
    assert Bucket.objects.get().filled_at == NOW + timedelta(hours=1)


@pytest.mark.django_db
def test_deliver_without_its_limit_any_more_sends_when_the_time_has_come(world, smtp, clock):
    for n in range(3):
        world.touch(world.person(f"P{n}"))
    bucket = limit(most=1, per_second=0.1)
    assert deliver_touches(now=clock) == {"sent": 1, "rate_limited": 2}
    assert drop_limit(pk=bucket.pk)
    clock.move(minutes=1)
    assert deliver_touches(now=clock) == {"sent": 2}


@pytest.mark.django_db(transaction=True)
def test_deliver_by_eight_workers_at_once_is_exact(world, smtp, clock, no_pool):  # noqa: F811
    for n in range(90):
        world.touch(world.person(f"P{n}", email=f"p{n}@{'gmail' if n % 3 == 0 else 'mail'}.example"))
    limit("channel", "email", 20, 20)
    limit("domain", "gmail.example", 4, 4)
    totals = []

    def everybody():
        def work():
            totals.append(sum(deliver_touches(now=clock, limit=5)["sent"] for _ in range(12)))
            connections.close_all()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    everybody()
    assert (sum(totals), len(smtp.mails)) == (20, 20)
    assert sum("gmail" in mail["To"] for mail in smtp.mails) <= 4
    for second in (1, 2):
        clock.at = NOW + timedelta(seconds=second)
        everybody()
        assert len(smtp.mails) <= 20 * (second + 1)
    assert Touch.objects.filter(state="sent").count() == len(smtp.mails)
    assert sum("gmail" in mail["To"] for mail in smtp.mails) <= 12
    clock.at = NOW + timedelta(hours=1)
    while Touch.objects.filter(state="approved").exists():
        clock.at += timedelta(seconds=10)
        everybody()
    assert len(smtp.mails) == len({mail["X-Touch"] for mail in smtp.mails}) == 90
