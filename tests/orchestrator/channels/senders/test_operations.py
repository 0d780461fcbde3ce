"""Who mail is from, and a new sender's plan: real rows, a real mail server."""

import threading
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connections

from journeys.models import Touch
from orchestrator.arbiter.models import Verdict
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.senders.operations import _room, delete_sender, save_sender
from orchestrator.channels.senders.queries import senders_now, team_day
from orchestrator.models import Sender, SenderDay

from ..conftest import NOW

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


def sender(name="Nordlicht", address="hello@nordlicht.example", **more):
    return save_sender(sender=Sender(name=name, address=address, **more), now=NOW)


def test_mail_is_from_the_sender_of_its_purpose_else_from_the_default(world, smtp, clock):
    sender("Nordlicht & Söhne", reply_to="answers@nordlicht.example")
    sender("Service", "service@nordlicht.example", purposes=["service"])
    anna = world.person()
    first, second = world.touch(anna), world.touch(anna, purpose="service", key="c2")
    deliver_touches(now=clock)
    by_touch = {mail["X-Touch"]: mail for mail in smtp.mails}
    mine = by_touch[str(first.pk)]
    assert mine["From"] == "Nordlicht & Söhne <hello@nordlicht.example>"
    assert mine["Reply-To"] == "answers@nordlicht.example"
    assert by_touch[str(second.pk)]["From"] == "Service <service@nordlicht.example>"
    assert by_touch[str(second.pk)]["Reply-To"] is None
    assert sorted(smtp.senders) == ["hello@nordlicht.example", "service@nordlicht.example"]


def test_mail_is_from_the_setting_while_there_is_no_sender_and_a_change_holds_at_once(world, smtp, clock):
    world.touch(world.person())
    deliver_touches(now=clock)
    one = sender("New name", "new@nordlicht.example")
    world.touch(world.person("Ben"))
    deliver_touches(now=clock)
    one.name = "Newer name"
    save_sender(sender=one, now=NOW)
    world.touch(world.person("Cem"))
    deliver_touches(now=clock)
    assert [mail["From"] for mail in smtp.mails] == [
        "Nordlicht <hello@nordlicht.example>", "New name <new@nordlicht.example>", "Newer name <new@nordlicht.example>",
    ]  # fmt: skip


def test_save_sender_keeps_one_default():
    first = sender()
    assert first.is_default
    second = sender("Two", "two@nordlicht.example", is_default=True)
    assert list(Sender.objects.values_list("address", "is_default")) == [
        ("two@nordlicht.example", True),
        ("hello@nordlicht.example", False),
    ]
    assert not delete_sender(sender=second)
    first.refresh_from_db()
    assert delete_sender(sender=first)
    assert delete_sender(sender=second)
    assert senders_now().default.address == "hello@nordlicht.example"


def crowd(world, n, prefix):
    return [world.touch(world.person(f"{prefix}{i}", grant=("email_marketing",)), key=f"{prefix}{i}") for i in range(n)]


def test_what_is_over_the_plan_waits_until_tomorrow_with_its_reason(world, smtp, clock):
    one = sender(warm_up_from=date(2026, 3, 1), warm_up_first=3, warm_up_ceiling=100)  # the second day: 6
    touches = crowd(world, 10, "a")
    service = world.touch(world.person("Zoe"), purpose="service", key="z")
    clock.move(seconds=5)
    while deliver_touches(now=clock, limit=4):
        pass
    assert len(smtp.mails) == 7
    service.refresh_from_db()
    assert service.state == "sent"
    waiting = Touch.objects.filter(state="held", reason="warm_up")
    assert waiting.count() == 4
    tomorrow = team_day(NOW) + timedelta(days=1)
    assert set(waiting.values_list("hold_until", "claim", "called_at")) == {(tomorrow, None, None)}
    verdicts = Verdict.objects.filter(reason="warm_up")
    assert verdicts.count() == 4
    assert verdicts[0].gates["moment"] == "claim"
    assert list(SenderDay.objects.values_list("sender", "day", "count")) == [(one.pk, date(2026, 3, 2), 6)]
    assert len(touches) == 10
    # tomorrow the arbiter approves them again, and the plan has twice as many places
    waiting.update(state="approved", reason="", hold_until=None)
    clock.at = tomorrow + timedelta(hours=9)
    Touch.objects.filter(state="approved").update(expires_at=clock.at + timedelta(days=1))
    deliver_touches(now=clock)
    assert len(smtp.mails) == 11


def test_plan_counts_the_days_of_the_team_and_ends_at_the_ceiling(world, smtp, clock):
    sender(warm_up_from=date(2026, 3, 2), warm_up_first=2, warm_up_ceiling=4)
    clock.at = NOW.replace(hour=22, minute=59, second=30)  # 23:59 in Berlin
    for name in ("a", "b", "c"):
        (touch,) = crowd(world, 1, name)
        deliver_touches(now=clock)
    touch.refresh_from_db()
    assert (touch.state, touch.hold_until.astimezone(BERLIN).isoformat()) == ("held", "2026-03-03T00:00:00+01:00")
    clock.at = NOW.replace(hour=23, minute=0)  # the second day would have 4, which is the ceiling
    crowd(world, 9, "d")
    deliver_touches(now=clock)
    assert len(smtp.mails) == 2 + 9


def test_team_day_after_the_clocks_change_begins_at_midnight():
    for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25)):
        begins = team_day(NOW.replace(year=day.year, month=day.month, day=day.day, hour=12))
        tomorrow = team_day(begins + timedelta(hours=36))
        assert (tomorrow.hour, tomorrow.date() - begins.date()) == (0, timedelta(days=1))


@pytest.mark.django_db(transaction=True)
def test_places_of_a_day_are_given_once_however_many_ask():
    one, taken = sender(warm_up_from=date(2026, 3, 2)), []
    barrier = threading.Barrier(8)

    def ask():
        barrier.wait()
        try:
            for _ in range(5):
                taken.append(_room(one.pk, team_day(NOW), 3, 50))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 50
    assert SenderDay.objects.get().count == 50


def test_holding_many_takes_as_many_statements_as_holding_one(world, smtp, clock, django_assert_max_num_queries):
    sender(warm_up_from=date(2026, 3, 3))  # tomorrow: nothing today
    crowd(world, 1, "a")
    clock.move(seconds=5)
    with django_assert_max_num_queries(40) as one:
        assert deliver_touches(now=clock) == {"warm_up": 1}
    crowd(world, 30, "b")
    with django_assert_max_num_queries(len(one)):
        assert deliver_touches(now=clock) == {"warm_up": 30}
    assert smtp.mails == []
