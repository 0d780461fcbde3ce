"""A journey of whose mails too many come back stops itself, at most fifty mails later, and a person lets it go on."""

from datetime import timedelta

import pytest

from contacts.models import Contact, Event
from journeys.definitions.brake_rules import STOP, WARN, brake_level
from journeys.definitions.operations import resume
from journeys.models import Enrollment, Journey, Touch
from orchestrator.channels.feedback.bounces import take_reports
from orchestrator.channels.feedback.rules import Kind, Report
from orchestrator.channels.operations import deliver_touches

from ..conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "level"),
    [
        (1000, 0, 0, ""), (1000, 0, 1, ""), (1000, 0, 2, WARN), (1000, 0, 3, WARN), (1000, 0, 4, STOP),
        (1000, 50, 0, ""), (1000, 51, 0, STOP), (100, 6, 0, STOP), (99, 99, 99, ""), (100, 0, 1, WARN), (100, 0, 2, STOP), (0, 0, 0, ""),
    ],
)  # fmt: skip
def test_brake_level_at_its_limits(sent, bounced, complained, level):
    assert brake_level(sent=sent, bounced=bounced, complained=complained) == level


def crowd(world, n, *, start=0, at=NOW):
    """Mails that were sent a minute apart."""
    people = Contact.objects.bulk_create(
        Contact(first_name="P", email=f"p{start + i}@mail.example", created_at=NOW, updated_at=NOW) for i in range(n)
    )
    runs = Enrollment.objects.bulk_create(
        Enrollment(contact=p, journey=world.journey, version=world.step.version, step=world.step, entered_at=NOW, arrived_at=NOW) for p in people
    )  # fmt: skip
    return Touch.objects.bulk_create(
        Touch(
            enrollment=run, step=world.step, visit=1, contact=run.contact, journey=world.journey, block_id=world.block_id, channel="email",
            purpose="service", state="sent", address=run.contact.email, proposed_at=at + timedelta(seconds=i), decided_at=at, called_at=at, sent_at=at, expires_at=at + timedelta(days=2),
        )
        for i, run in enumerate(runs)
    )  # fmt: skip


def back(touches, kind, now=NOW + timedelta(hours=1)):
    return take_reports(reports=[Report(kind, t.address, t.pk, now, signed=True) for t in touches], now=now)


def state(world):
    journey = Journey.objects.get(pk=world.journey.pk)
    return journey.state, journey.brake.get("level", "")


def test_complaints_above_a_thousandth_warn_and_above_three_stop(world):
    touches = crowd(world, 1000)
    back(touches[:1], Kind.COMPLAINT)
    assert state(world) == ("live", "")
    back(touches[1:2], Kind.COMPLAINT)
    assert state(world) == ("live", WARN)
    assert "2" in Journey.objects.get(pk=world.journey.pk).brake_sentence
    back(touches[2:3], Kind.COMPLAINT)
    assert state(world) == ("live", WARN)
    back(touches[3:4], Kind.COMPLAINT)
    assert state(world) == ("paused", STOP)
    brake = Journey.objects.get(pk=world.journey.pk).brake
    assert (brake["sent"], brake["complained"], brake["bounced"]) == (1000, 4, 0)


def test_bounces_above_five_percent_of_the_last_thousand_stop_and_older_ones_do_not_count(world):
    old = crowd(world, 60)
    crowd(world, 1000, start=60, at=NOW + timedelta(minutes=30))
    back(old, Kind.HARD)
    assert state(world) == ("live", "")
    touches = list(Touch.objects.order_by("-proposed_at")[:51])
    back(touches[:50], Kind.SOFT)
    assert state(world) == ("live", "")
    back(touches[50:], Kind.HARD)
    assert state(world) == ("paused", STOP)


def test_repetitions_and_other_journeys_do_not_count(world):
    touches = crowd(world, 1000)
    for _ in range(5):
        back(touches[:3], Kind.COMPLAINT)
    assert state(world) == ("live", WARN)


def test_after_a_person_lets_it_go_on_only_what_is_sent_since_counts(world):
    touches = crowd(world, 1000)
    back(touches[:4], Kind.COMPLAINT)
    assert state(world)[0] == "paused"
    assert resume(journey=world.journey)
    back(touches[4:5], Kind.COMPLAINT)
    assert state(world)[0] == "live"
    later = NOW + timedelta(hours=2)
    back(crowd(world, 200, start=1000, at=later)[:2], Kind.COMPLAINT, later + timedelta(minutes=1))
    assert state(world) == ("paused", STOP)


def test_delivery_stops_at_most_fifty_mails_after_the_limit(world, smtp, clock):
    """Mails go out, and complaints arrive in the midst of it: real rows, a real server."""
    crowd(world, 200, at=NOW - timedelta(hours=1))
    people = [world.person(f"Q{n}", grant=("email_marketing",)) for n in range(120)]
    touches = [world.touch(person, key=f"q{n}") for n, person in enumerate(people)]
    sent_before = []

    def ticking():
        # the delivery asks for the time before each call: here other processes get their turn
        if len(smtp.mails) >= 20 and not sent_before:
            back(list(Touch.objects.filter(purpose="service")[:2]), Kind.COMPLAINT, NOW)
            sent_before.append(len(smtp.mails))
        return clock()

    clock.move(seconds=5)
    while deliver_touches(now=ticking, limit=50):
        pass
    assert state(world) == ("paused", STOP)
    assert sent_before
    assert len(smtp.mails) - sent_before[0] <= 50
    assert len(smtp.mails) < len(touches)
    assert Touch.objects.filter(state="held", reason="journey_paused").exists()


def test_feedback_without_a_message_is_no_news_about_a_journey(world):
    crowd(world, 1000)
    reports = [Report(Kind.COMPLAINT, f"p{n}@mail.example", None, NOW, f"k{n}") for n in range(20)]
    take_reports(reports=reports, now=NOW)
    assert state(world) == ("live", "")
    assert Event.objects.count() == 20
    assert deliver_touches(now=lambda: NOW) == {}
