"""What delivery finds out is news to those who wait at a send step for it: the pulse comes at once."""

import pytest

from consent.records.operations import record_consent
from contacts.models import News
from journeys.models import Enrollment
from orchestrator.channels.operations import deliver_touches
from orchestrator.kernel import doorbell

from .conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivered(monkeypatch, clock, django_capture_on_commit_callbacks):
    """Deliver; gives the outcome, and whom the news that the bell rang for was about, ring by ring."""

    def deliver():
        rung = []
        waiting = News.objects.filter(name="touch").order_by("id").values_list("contact_id", flat=True)
        with monkeypatch.context() as patched, django_capture_on_commit_callbacks(execute=True):
            patched.setattr(doorbell, "_listeners", [lambda: rung.append(list(waiting.all()))])
            outcome = deliver_touches(now=clock)
        return outcome, rung

    return deliver


def test_deliver_rings_when_what_somebody_waits_for_cannot_be_sent(world, smtp, delivered):
    smtp.at_rcpt["anna@mail.example"] = "550 5.7.1 policy"
    anna, _ben = world.touch(world.person("Anna")), world.touch(world.person("Ben"))
    assert delivered() == ({"sent": 1, "provider_rejected": 1}, [[anna.contact_id]])


def test_deliver_rings_when_the_claim_finds_that_consent_is_gone(world, smtp, delivered):
    touch = world.touch(world.person())
    record_consent(contact_id=touch.contact_id, purpose="email_marketing", decision="withdrawn", source="form", now=NOW)
    assert delivered() == ({"unsubscribed": 1}, [[touch.contact_id]])


def test_deliver_rings_for_nobody_when_nobody_waits(world, smtp, delivered):
    smtp.at_rcpt["anna@mail.example"] = "550 5.7.1 policy"
    world.touch(world.person("Anna"))
    world.touch(world.person("Ben"))
    Enrollment.objects.update(step=None, due_at=None)
    assert delivered() == ({"sent": 1, "provider_rejected": 1}, [])
