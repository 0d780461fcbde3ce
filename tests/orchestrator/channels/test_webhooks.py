"""Webhooks are called at least once with one key, repeated when that makes sense, and fill attributes typed."""

import base64
import hashlib
import hmac
import json
import uuid
from datetime import timedelta

import pytest

from contacts.attributes.operations import define_attributes
from contacts.models import ApartValue, Contact
from journeys.models import Enrollment, WebhookCall
from orchestrator.channels import webhooks
from orchestrator.channels.webhooks import call_webhooks
from orchestrator.kernel import outward, sql
from tests.flows.conftest import World, journey, world  # noqa: F401
from tests.orchestrator.kernel.test_outward import WRITTEN, listen  # noqa: F401
from tests.waiting import HUNG

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


def answer(body, status="200 OK"):
    content = json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def status(words, head=""):
    return f"HTTP/1.1 {words}\r\nContent-Length: 0\r\n{head}\r\n".encode()


class Outside:
    """A journey with one webhook step, and people who come to it."""

    def __init__(self, world):  # noqa: F811
        self.world = world

    def live(self, url, slug="hook", **more):
        steps = [
            {
                "key": "call",
                "kind": "webhook",
                "url": url,
                "at_most": "1h",
                "next": "done",
                "failed": "no",
                "timeout": "late",
            }
            | more,
            {"key": "done", "kind": "wait", "for": "30d", "next": "end"},
            {"key": "no", "kind": "wait", "for": "30d", "next": "end"},
            {"key": "late", "kind": "wait", "for": "30d"},
            {"key": "end", "kind": "end"},
        ]
        return journey(slug, steps)

    def come(self, *names, **more):
        people = [self.world.person(name, language="en", **more) for name in names]
        for person in people:
            self.world.does(person, "cart_updated")
        self.world.pulse()
        return people

    def call(self, **later):
        if later:
            self.world.now += timedelta(**later)
        outcomes = dict(call_webhooks(now=lambda: self.world.now))
        self.world.pulse()
        return outcomes


@pytest.fixture
def outside(world):  # noqa: F811
    return Outside(world)


@pytest.fixture
def machine(listen, settings):  # noqa: F811
    def make(*args, **more):
        made = listen(*args, **more)
        settings.WEBHOOK_ALLOW_PRIVATE = [*settings.WEBHOOK_ALLOW_PRIVATE, made.place]
        return made

    return make


def sent(machine, n=0):
    head, _, body = machine.requests[n].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return lines[0], {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}, body


def test_call_tells_who_and_where_and_the_person_goes_on(outside, machine):
    crm = machine(answer({}))
    outside.live(f"{crm.url}leads")
    (anna,) = outside.come("anna")
    assert outside.world.at(anna) == "call"
    assert crm.connections == 0  # never in a tick
    assert outside.call() == {"done": 1}
    assert outside.world.at(anna) == "done"
    line, headers, body = sent(crm)
    assert line == "POST /leads HTTP/1.1"
    told = json.loads(body)
    assert told["person"]["email"] == "anna@people.example"
    assert (told["journey"], told["step"]) == ("hook", "call")
    run = Enrollment.objects.get()
    assert headers["idempotency-key"] == headers["webhook-id"] == f"{run.pk}-call-0"
    assert headers["content-type"] == "application/json"
    assert "webhook-signature" not in headers
    call = WebhookCall.objects.get()
    assert (call.state, call.status, call.attempts, call.done_at) == ("done", 200, 1, outside.world.now)
    assert outside.call() == {}
    assert crm.connections == 1
    outside.world.adds_up()


def test_call_is_signed_so_that_the_other_side_can_check_it(outside, machine, settings):
    settings.WEBHOOK_SECRETS = {"crm": "s3cret", "token": "Bearer abc"}
    crm = machine(answer({}))
    outside.live(crm.url, secret="crm", headers={"Authorization": "secret:token", "X-Team": "growth"})
    outside.come("anna")
    outside.call()
    _, headers, body = sent(crm)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    good = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{good}"
    assert headers["webhook-timestamp"] == str(int(outside.world.now.timestamp()))
    assert (headers["authorization"], headers["x-team"]) == ("Bearer abc", "growth")


def test_call_without_its_secret_on_the_server_fails_and_calls_nobody(outside, machine, settings):
    settings.WEBHOOK_SECRETS = {}
    crm = machine(answer({}))
    outside.live(crm.url, secret="crm")
    (anna,) = outside.come("anna")
    assert outside.call() == {"failed": 1}
    assert outside.world.at(anna) == "no"
    assert crm.connections == 0


def test_answer_fills_attributes_typed_and_what_does_not_fit_stays_apart(outside, machine):
    from contacts.attributes.drafts import Draft

    drafts = [("plan", "text"), ("seats", "whole"), ("since", "date")]
    define_attributes(
        drafts=[Draft(key=key, kind=kind, name_en=key, name_de=key) for key, kind in drafts], now=outside.world.now
    )
    crm = machine(
        answer({"customer": {"plan": "pro", "seats": "many", "tags": ["a", "b"]}, "items": [{"on": "2026-03-01"}]})
    )
    kept = {"plan": "customer.plan", "seats": "customer.seats", "since": "items.0.on", "nothing": "customer.nope.x"}
    outside.live(crm.url, answer=kept)
    (anna,) = outside.come("anna")
    outside.call()
    assert Contact.objects.get(pk=anna.pk).attributes == {"plan": "pro", "since": "2026-03-01"}
    assert ApartValue.objects.get(contact=anna).key == "seats"
    assert WebhookCall.objects.get().answer == {"plan": "pro", "seats": "many", "since": "2026-03-01"}
    assert outside.world.at(anna) == "done"


@pytest.mark.parametrize(
    "body", [b"no json", b"[" * 100_000, b"\xff\xfe", b"null", b'{"a": 1e999}', b'{"a": {"b": {}}}']
)
def test_answer_that_cannot_be_used_is_still_an_answer(outside, machine, body):
    crm = machine(OK + body)
    outside.live(crm.url, answer={"plan": "a"})
    (anna,) = outside.come("anna")
    outside.call()
    assert outside.world.at(anna) == "done"
    assert Contact.objects.get(pk=anna.pk).attributes == {}


@pytest.mark.parametrize("said", ["400 Bad", "401 No", "404 Gone", "422 Bad", "301 Moved", "308 Moved"])
def test_refusal_is_for_good(outside, machine, said):
    crm = machine(status(said, "Location: http://127.0.0.1:1/\r\n"))
    outside.live(crm.url)
    (anna,) = outside.come("anna")
    assert outside.call() == {"failed": 1}
    assert outside.world.at(anna) == "no"
    assert WebhookCall.objects.get().error.startswith(f"answered {said[:3]}")
    assert crm.connections == 1


@pytest.mark.parametrize("said", ["500 Oh", "503 Busy", "429 Slow", "408 Late"])
def test_trouble_is_tried_again_with_the_same_key_and_jitter_then_fails(outside, machine, said):
    crm = machine(status(said))
    outside.live(crm.url, retries=2)
    (anna,) = outside.come("anna")
    assert outside.call() == {"again": 1}
    first = WebhookCall.objects.get()
    assert timedelta(seconds=10) <= first.next_at - outside.world.now <= timedelta(seconds=12)
    assert outside.call() == {}
    assert outside.call(seconds=13) == {"again": 1}
    assert timedelta(seconds=20) <= WebhookCall.objects.get().next_at - outside.world.now <= timedelta(seconds=24)
    assert outside.world.at(anna) == "call"
    assert outside.call(seconds=30) == {"failed": 1}
    assert outside.world.at(anna) == "no"
    assert len({sent(crm, n)[1]["idempotency-key"] for n in range(3)}) == 1
    assert crm.connections == 3


def test_trouble_that_names_a_time_is_heard(outside, machine):
    crm = machine(status("503 Busy", "Retry-After: 600\r\n"))
    outside.live(crm.url)
    outside.come("anna")
    outside.call()
    assert WebhookCall.objects.get().next_at - outside.world.now >= timedelta(seconds=600)


def test_nobody_answers_within_the_time_and_the_person_goes_the_way_of_it(outside, machine):
    crm = machine(status("503 Busy"))
    outside.live(crm.url, retries=10)
    (anna,) = outside.come("anna")
    outside.call()
    outside.world.later(minutes=59)
    assert outside.world.at(anna) == "call"
    outside.world.later(minutes=2)
    assert outside.world.at(anna) == "late"
    connections = crm.connections
    assert outside.call(hours=1) == {}
    assert crm.connections == connections
    assert (WebhookCall.objects.get().state, WebhookCall.objects.get().error) == ("failed", "the person had moved on")
    outside.world.adds_up()


def test_worker_that_died_is_followed_by_another_after_its_lease(outside, machine):
    crm = machine(answer({}))
    outside.live(crm.url)
    (anna,) = outside.come("anna")
    webhooks._claim(claim=uuid.uuid4(), now=outside.world.now)
    assert outside.call() == {}
    assert outside.call(minutes=4) == {"done": 1}
    assert WebhookCall.objects.get().attempts == 2
    assert outside.world.at(anna) == "done"


def test_claim_takes_no_more_than_may_be_called_at_once(outside, machine, settings):
    settings.WEBHOOK_CONCURRENCY = 3
    crm = machine(answer({}))
    outside.live(crm.url)
    outside.come(*(f"p{n}" for n in range(8)))
    assert len(webhooks._claim(claim=uuid.uuid4(), now=outside.world.now)) == 3
    assert webhooks._claim(claim=uuid.uuid4(), now=outside.world.now) == []


def test_statements_do_not_grow_with_people(outside, machine, django_assert_num_queries, settings, monkeypatch):
    settings.WEBHOOK_CONCURRENCY = 50
    monkeypatch.setattr(
        "orchestrator.channels.webhooks.PATIENCE", HUNG
    )  # who is slow on a loaded machine is waited for
    crm = machine(answer({"plan": "pro"}))
    outside.live(crm.url, answer={"plan": "plan"})

    def statements(*names):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        outside.come(*names)
        with CaptureQueriesContext(connection) as seen:
            call_webhooks(now=lambda: outside.world.now)
        outside.world.now += timedelta(hours=2)
        return len(seen)

    few = statements("a")
    assert statements(*(f"p{n}" for n in range(30))) <= few


def test_person_who_is_held_out_goes_on_and_nobody_hears_of_them(outside, machine):
    crm = machine(answer({}))
    steps = [
        {
            "key": "part",
            "kind": "split",
            "arms": [{"name": "a", "weight": 1, "holdout": True}, {"name": "b", "weight": 0.00001}],
        },
        {"key": "call", "kind": "webhook", "url": crm.url},
        {"key": "rest", "kind": "wait", "for": "30d"},
        {"key": "end", "kind": "end"},
    ]
    journey("held", steps)
    (anna,) = outside.come("anna")
    assert outside.world.at(anna) == "rest"
    assert outside.call() == {}
    assert crm.connections == 0


def test_journey_that_is_paused_calls_nobody(outside, machine):
    crm = machine(answer({}))
    version = outside.live(crm.url)
    outside.come("anna")
    type(version.journey).objects.update(state="paused")
    assert outside.call() == {}
    type(version.journey).objects.update(state="live")
    assert outside.call() == {"done": 1}


def test_body_of_ones_own_cannot_be_widened_by_a_value(outside, machine):
    crm = machine(answer({}))
    body = {"who": "{{ contact.first_name }}", "list": ["{{ contact.email }}", 1, None], "fixed": {"a": True}}
    outside.live(f"{crm.url}people/{{{{ contact.external_id | url_encode }}}}", method="PUT", body=body)
    (anna,) = outside.come("anna")
    Contact.objects.filter(pk=anna.pk).update(first_name='x", "admin": true, "y": "{{ 7 | times: 7 }}')
    outside.call()
    line, _, content = sent(crm)
    assert line == "PUT /people/anna HTTP/1.1"
    assert json.loads(content) == {
        "who": 'x", "admin": true, "y": "{{ 7 | times: 7 }}',
        "list": ["anna@people.example", 1, None],
        "fixed": {"a": True},
    }


def test_body_that_is_a_text_is_sent_as_one(outside, machine):
    crm = machine(answer({}))
    outside.live(crm.url, body="Hello {{ contact.first_name }}", headers={"Content-Type": "text/x-note"})
    outside.come("anna")
    outside.call()
    _, headers, content = sent(crm)
    assert content == b"Hello Anna"
    assert headers["content-type"] == "text/x-note"


def test_text_that_cannot_be_filled_fails_this_call_alone(outside, machine):
    crm = machine(answer({}))
    outside.live(crm.url, body="{{ 1 | divided_by: contact.attributes.n }}")
    anna, ben = outside.come("anna"), outside.come("ben", attributes={"n": 1})
    assert outside.call() == {"done": 1, "failed": 1}
    assert (outside.world.at(anna[0]), outside.world.at(ben[0])) == ("no", "done")


def test_value_cannot_name_another_machine_or_break_the_line(outside, machine):
    crm, other = machine(answer({})), machine(answer({}))
    outside.live(f"{crm.url}{{{{ run.key }}}}{{{{ contact.first_name }}}}")
    (anna,) = outside.come("anna")
    Contact.objects.filter(pk=anna.pk).update(first_name=f" HTTP/1.1\r\nHost: {other.place}\r\n\r\nGET /")
    assert outside.call() == {"failed": 1}
    assert (crm.connections, other.connections) == (0, 0)


def test_every_address_that_is_not_public_fails_and_nobody_is_connected_to(outside, listen, monkeypatch, settings):  # noqa: F811
    """The SSRF set through the whole delivery, past the check of the definition: 0 connections."""
    inside = listen()
    settings.WEBHOOK_CONCURRENCY = 100
    outside.live("https://ok.example.com/")
    monkeypatch.setattr(outward, "PORTS", frozenset({inside.port}))  # so that the port is not what saves us
    people = outside.come(*(f"p{n}" for n in range(len(WRITTEN))))
    monkeypatch.setattr(webhooks, "_texts", lambda step: [next(urls)])
    urls = iter(written.replace("{port}", str(inside.port)) for written in WRITTEN)
    monkeypatch.setattr(webhooks, "_same_machine", lambda url, written: True)
    assert outside.call() == {"failed": len(people)}
    assert len(WRITTEN) >= 45
    assert inside.connections == 0
    assert not [error for error in WebhookCall.objects.values_list("error", flat=True) if "127" in error]


def test_open_calls_twice_makes_one_call_a_visit(outside, machine):
    crm = machine(answer({}))
    version = outside.live(crm.url)
    outside.come("anna")
    step = version.steps.get(key="call")
    values = {"step": step.pk, "at_most": timedelta(hours=1), "scope": None, "now": outside.world.now}
    assert sql.count(sql.statement("journeys/enrollments/sql/open_calls.sql"), values) == 0
    assert WebhookCall.objects.count() == 1
