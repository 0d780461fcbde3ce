"""Webhooks as Standard Webhooks has them: signatures, rotation, 410, Retry-After; and a dead receiver is nobody else's trouble."""

import base64
import contextlib
import threading
from datetime import UTC, datetime, timedelta

import pytest

from journeys.models import WebhookCall
from orchestrator.channels.adapters import webhook
from orchestrator.channels.adapters.webhook import Outcome, keys_of, signatures, understood
from orchestrator.channels.webhooks import WAITS, call_webhooks
from orchestrator.kernel.outward import Answer
from orchestrator.models import Receiver
from tests.flows.conftest import World, world  # noqa: F401
from tests.orchestrator.channels.test_webhooks import answer, machine, outside, sent, status  # noqa: F401
from tests.orchestrator.kernel.test_outward import listen  # noqa: F401
from tests.waiting import HUNG

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, STAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
GOOD = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_signature_is_the_one_of_the_specification():
    assert signatures(SECRET, ID, STAMP, BODY) == GOOD
    assert signatures(SECRET, ID, STAMP, BODY + b" ") != GOOD
    assert signatures(SECRET, ID, "1614265331", BODY) != GOOD


def test_signatures_while_a_secret_is_changed_are_two_and_one_is_the_old():
    other = "whsec_" + base64.b64encode(b"n" * 32).decode()
    both = signatures(f"{other} {SECRET}", ID, STAMP, BODY).split(" ")
    assert len(both) == 2
    assert both[1] == GOOD


@pytest.mark.parametrize(
    ("secret", "keys"),
    [
        ("s3cret", [b"s3cret"]),
        ("two words", [b"two words"]),
        ("whsec_!!!", [b"whsec_!!!"]),
        ("whsec_YWJj", [b"abc"]),
        ("whsec_YWJj whsec_eHl6", [b"abc", b"xyz"]),
    ],
)
def test_keys_of(secret, keys):
    assert keys_of(secret) == keys


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("600", 600),
        ("999999999999", webhook.LONGEST_WAIT),
        ("Mon, 02 Mar 2026 09:10:00 GMT", 600),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0),
        ("Mon, 02 Mar 2099 08:00:00 GMT", webhook.LONGEST_WAIT),
        ("-5", 0),
        ("soon", 0),
        ("", 0),
        ("٦٠", 0),
    ],
)
def test_retry_after_is_heard_as_seconds_and_as_a_date(said, wait):
    assert understood(Answer(503, b"", True, said), now=NOW) == Outcome("again", "answered 503", 503, wait=wait)


def test_repetitions_reach_over_days():
    assert sum(WAITS) > 2 * 24 * 3600
    assert list(WAITS) == sorted(WAITS)


def test_receiver_that_is_gone_is_called_no_more_and_people_go_on(outside, machine):  # noqa: F811
    crm = machine(status("410 Gone"))
    outside.live(crm.url)
    (anna,) = outside.come("anna")
    assert outside.call() == {"failed": 1}
    assert outside.world.at(anna) == "no"
    assert Receiver.objects.get().gone_at == outside.world.now
    (ben,) = outside.come("ben")
    assert outside.call() == {}
    assert outside.world.at(ben) == "no"
    assert crm.connections == 1
    assert WebhookCall.objects.latest("pk").error == "the receiver said that it is gone (410)"
    Receiver.objects.all().delete()  # a colleague knows better
    crm.answer = answer({})
    (cem,) = outside.come("cem")
    assert outside.call() == {"done": 1}
    assert outside.world.at(cem) == "done"
    outside.world.adds_up()


def test_receiver_that_does_not_answer_gets_one_call_at_a_time_until_it_does(outside, machine, settings):  # noqa: F811
    settings.WEBHOOK_CONCURRENCY = 8
    crm = machine(b"")
    outside.live(crm.url, retries=9)
    outside.come(*(f"p{n}" for n in range(12)))
    assert outside.call() == {"again": 6}  # three quarters of the places, as nobody knew
    assert Receiver.objects.get().away_since
    assert outside.call() == {}
    assert outside.call(seconds=10) == {"again": 1}
    crm.answer = answer({})
    assert outside.call(seconds=10) == {"done": 1}
    assert Receiver.objects.get().away_since is None
    assert outside.call() == {"done": 6}


def test_dead_receiver_costs_others_no_call(outside, machine, settings):  # noqa: F811
    """One hangs until all calls of the other one are made: who waited for it would wait for ever."""
    settings.WEBHOOK_CONCURRENCY = 8
    hangs, all_made, released = threading.Event(), threading.Event(), []

    def hang(_request):
        hangs.set()
        released.append(all_made.wait(HUNG))
        return b""

    def well_answers(_request):
        hangs.wait(HUNG)
        if len(well.requests) == 30:
            all_made.set()
        return answer({})

    dead, well = machine(hang), machine(well_answers)
    outside.live(dead.url, slug="dead")
    outside.live(well.url, slug="well")
    outside.come(*(f"p{n}" for n in range(30)))
    Receiver.objects.create(step_id=WebhookCall.objects.filter(journey__slug="dead").first().step_id, away_since=NOW)
    outcomes = call_webhooks(now=lambda: outside.world.now, seconds=HUNG / 2)
    assert released
    assert all(released)  # the dead one hung until all thirty had gone out
    assert outcomes["done"] == 30
    assert dead.connections <= 2


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (status("500 Broken"), "again"),
        (status("302 Found", "Location: http://127.0.0.1:1/\r\n"), "failed"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n" + b"x" * 200_000,
            "done",
        ),  # ten gigabytes: 64 KiB are read
        (b"", "again"),  # reset
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "again"),
        (b"nonsense\r\n\r\n", "again"),
    ],
)
def test_bad_receivers_end_as_they_should(outside, machine, said, state):  # noqa: F811
    crm = machine(said)
    outside.live(crm.url)
    outside.come("anna")
    assert outside.call() == {state: 1}
    assert crm.connections == 1


def test_slow_drip_ends_when_the_time_of_the_call_is_over(outside, machine):  # noqa: F811
    crm = machine(b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" + b"x" * 60, pause=1.0)
    outside.live(crm.url, answer_within="1s")
    outside.come("anna")
    with contextlib.closing(crm):
        assert outside.call() == {"again": 1}
    assert WebhookCall.objects.get().error == "no answer in time"


def test_three_times_500_then_it_arrives_with_one_id(outside, machine):  # noqa: F811
    crm = machine(status("500 Broken"))
    outside.live(crm.url)
    (anna,) = outside.come("anna")
    for seconds in (0, 13, 30):
        assert outside.call(seconds=seconds) == {"again": 1}
    crm.answer = answer({})
    outside.world.now += timedelta(minutes=5)
    assert outside.call() == {"done": 1}
    assert outside.world.at(anna) == "done"
    assert len({sent(crm, n)[1]["webhook-id"] for n in range(4)}) == 1
