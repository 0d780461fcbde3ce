"""Promise A9: a task that the broker delivers five times at once sends each message once."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from journeys.models import Touch
from orchestrator.tick import tasks
from tests.waiting import HUNG

from .throttle.test_stop import no_pool  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)


def test_deliver_five_times_at_once_sends_each_message_once(world, smtp, no_pool, settings):  # noqa: F811
    settings.DELIVERY_LEASE_SECONDS = HUNG  # by the clock of the wall: nobody is as slow as one who has died
    at = timezone.now()
    for n in range(40):
        world.touch(world.person(f"P{n}"), proposed_at=at, decided_at=at, expires_at=at + timedelta(days=1))

    def work():
        tasks.deliver()
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(mail["X-Touch"]) for mail in smtp.mails) == list(
        Touch.objects.order_by("pk").values_list("pk", flat=True)
    )
    assert set(Touch.objects.values_list("state", flat=True)) == {"sent"}
