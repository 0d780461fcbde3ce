"""From an event to a mail and back: what is sent, what comes back as an event, and what a dying worker leaves behind."""

import re
from datetime import timedelta

import pytest

from consent.records.operations import record_consent
from contacts.models import Event
from journeys.models import Touch
from orchestrator.channels.operations import deliver_touches, release_leases
from tests.flows.conftest import journey, names

pytestmark = pytest.mark.django_db
STEPS = [
    {"key": "mail", "kind": "send", "block": "hello"},
    {
        "key": "react",
        "kind": "wait",
        "until": {"event": "email_clicked", "since": "step"},
        "at_most": "3d",
        "next": "keen",
        "timeout": "again",
    },
    {"key": "again", "kind": "send", "block": "again", "next": "end"},
    {"key": "keen", "kind": "wait", "for": "2d", "next": "end"},
    {"key": "end", "kind": "end", "outcome": "reminded"},
]
GOAL = {"name": names("Ordered"), "when": {"event": "order_placed", "since": "entry"}}


@pytest.fixture
def flow(world):
    journey("cart", STEPS, goal=GOAL)
    return world


def deliver(world):
    return deliver_touches(now=lambda: world.now)


def test_flow_of_entry_send_click_and_goal(flow, mailoutbox, client):
    anna = flow.person("anna", language="en")
    flow.does(anna, "cart_updated")
    flow.pulse()
    deliver(flow)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["anna@people.example"], "hello Anna")
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    flow.now += timedelta(minutes=10)
    link = re.search(r"/c/[^\"'\s)>]+", mail.body)[0]
    answer = client.get(link, headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"})
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/cart")
    event = Event.objects.get(name="email_clicked")
    Event.objects.filter(pk=event.pk).update(
        occurred_at=flow.now, properties={**event.properties, "likely_machine": False}
    )  # the door reads the clock
    flow.now += timedelta(seconds=1)
    from contacts.models import News

    News.objects.update(since=flow.now)
    flow.pulse()
    assert flow.at(anna) == "keen"
    flow.does(anna, "order_placed", value=30)
    flow.pulse()
    assert flow.at(anna) == "left: goal"
    flow.adds_up()


def test_click_of_a_machine_moves_nobody(flow):
    anna = flow.person("anna")
    flow.does(anna, "cart_updated")
    flow.pulse()
    flow.now += timedelta(minutes=1)
    flow.does(anna, "email_clicked", likely_machine=True)
    flow.pulse()
    assert flow.at(anna) == "react"
    flow.does(anna, "email_clicked", likely_machine=False)
    flow.pulse()
    assert flow.at(anna) == "keen"


def test_no_reaction_sends_the_second_mail(flow, mailoutbox):
    anna = flow.person("anna", language="de")
    flow.does(anna, "cart_updated")
    flow.pulse()
    deliver(flow)
    flow.later(days=3)
    deliver(flow)
    assert [mail.subject for mail in mailoutbox] == ["hello Anna", "again Anna"]
    assert flow.run(anna).outcome == "reminded"


def test_consent_withdrawn_between_verdict_and_claim_sends_nothing(flow, mailoutbox):
    anna = flow.person("anna")
    flow.does(anna, "cart_updated")
    flow.pulse()
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="withdrawn", source="t", now=flow.now)
    deliver(flow)
    assert mailoutbox == []
    assert flow.touches(anna) == [("mail", "suppressed", "unsubscribed")]


def test_worker_killed_between_claim_and_send_loses_and_doubles_nothing(flow, mailoutbox, monkeypatch):
    people = [flow.person(f"p{i}") for i in range(3)]
    for person in people:
        flow.does(person, "cart_updated")
    flow.pulse()
    monkeypatch.setattr("orchestrator.channels.operations.write_touches", _die)
    with pytest.raises(KeyboardInterrupt):
        deliver(flow)
    monkeypatch.undo()
    assert set(Touch.objects.values_list("state", flat=True)) == {"sending"}
    deliver(flow)
    assert mailoutbox == []  # the claim still holds
    flow.now += timedelta(minutes=2)
    release_leases(now=flow.now)
    deliver(flow)
    deliver(flow)
    assert sorted(mail.to[0] for mail in mailoutbox) == [f"p{i}@people.example" for i in range(3)]


def _die(**_):
    raise KeyboardInterrupt
