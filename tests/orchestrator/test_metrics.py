"""What /metrics and /readyz say, to whom, and that neither figures nor logs name anybody."""

import json
import logging
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import Error
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from orchestrator import health
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.throttle.operations import set_limit, stop_sending
from orchestrator.tick.operations import record_heartbeat
from tests.orchestrator.channels.conftest import Clock, clock, smtp, world  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db
CANARY = "Zugvogelina"


def scrape(client, token="t0ken"):
    return client.get("/metrics", headers={"Authorization": f"Bearer {token}"})


def figures(answer):
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_metrics_without_the_token_are_not_there(client, settings):
    assert scrape(client, "").status_code == 404
    settings.METRICS_TOKEN = "t0ken"
    assert client.get("/metrics").status_code == 404
    assert scrape(client, "other").status_code == 404
    assert scrape(client).status_code == 200


def test_metrics_say_what_waits_what_went_wrong_and_who_lives(client, settings, world):  # noqa: F811
    settings.METRICS_TOKEN, now = "t0ken", timezone.now()
    given = {"decided_at": now - timedelta(seconds=90), "expires_at": now + timedelta(days=1)}
    for n in range(3):
        world.touch(world.person(f"P{n}"), **given)
    world.touch(world.person("Failed"), state="failed", reason="provider_rejected", **given)
    world.touch(world.person("Doubt"), state="unknown", reason="unknown_outcome", **given)
    sent = world.touch(world.person("Sent"), state="sent", sent_at=now, **given)
    sent.enrollment.evidence = {"name": "cart", "at": (now - timedelta(seconds=3)).isoformat()}
    sent.enrollment.entered_at = sent.proposed_at
    sent.enrollment.save()
    from contacts.models import Event

    Event.objects.create(contact=sent.contact, name="cart", occurred_at=now - timedelta(seconds=3), received_at=now - timedelta(seconds=2),
                         properties={}, source="x", message_id="m")  # fmt: skip
    record_heartbeat(part="worker", now=now - timedelta(seconds=4))
    record_heartbeat(part="took beat", now=now, seconds=1.5)
    record_heartbeat(part="time", now=now)
    set_limit(kind="domain", name="gmail.com", per_second=5, most=5, now=now)
    stop_sending(by="maja", why=CANARY, now=now, channel="sms")
    found = figures(scrape(client))
    assert found["orchestrator_queue", "due", "email"] == 3
    assert found["orchestrator_oldest_due_seconds", "email"] >= 90
    assert (found["orchestrator_failed",], found["orchestrator_in_doubt",], found["orchestrator_sent_last_hour",]) == (
        1,
        1,
        1,
    )
    assert found["orchestrator_event_to_send_seconds_bucket", "2.5"] == 1
    assert found["orchestrator_event_to_send_seconds_bucket", "1.0"] == 0
    assert found["orchestrator_part_age_seconds", "worker"] >= 4
    assert found["orchestrator_run_seconds", "beat"] == 1.5
    assert ("orchestrator_run_seconds", "time") not in found
    assert (found["orchestrator_stopped", "all"], found["orchestrator_stopped", "sms"]) == (0, 1)
    assert found["orchestrator_rate_limit", "domain", "gmail.com"] == 5
    assert CANARY not in scrape(client).content.decode()


def test_readyz_with_everything_there_answers_200_and_does_not_need_the_broker(client, monkeypatch):
    monkeypatch.setattr(health, "_broker_answers", lambda: False)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (200, [])
    assert answer.json()["parts"] == {"database": True, "migrations": True, "renderer": True, "broker": False}


def test_readyz_without_a_migration_or_the_database_answers_503(client, monkeypatch):
    monkeypatch.setattr(health, "_all_applied", lambda: False)
    assert client.get("/readyz").json()["missing"] == ["migrations"]

    def away():
        raise Error

    monkeypatch.setattr(health, "_all_applied", away)
    assert client.get("/readyz").json()["missing"] == ["database", "migrations"]


def test_logs_of_a_delivery_name_nobody(world, smtp, clock, monkeypatch, caplog):  # noqa: F811
    """The canary stands in name, address, phone and in what the server answers; no line of ours holds it."""
    lines = []
    own = logging.Handler()
    formatter = configured.LOGGING["formatters"]["json"]
    built = formatter["()"](processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"])
    own.emit = lambda record: lines.append(built.format(record)) if not record.name.startswith("mail.log") else None
    logging.getLogger().addHandler(own)
    try:
        for n, answer in enumerate(
            ("554 5.7.1 {} refused", "550 5.1.1 no {}", "451 4.7.1 {} later", "552 5.2.2 {} full")
        ):
            address = f"{CANARY.lower()}{n}@mail.example"
            smtp.at_rcpt[address] = answer.format(f"{address} {CANARY} +49 171 5550{n}77")
            person = world.person(CANARY, email=address)
            type(person).objects.filter(pk=person.pk).update(last_name=CANARY, phone=f"+49171555{n}77")
            world.touch(person)
        smtp.hang_up.add(f"{CANARY.lower()}9@mail.example")
        world.touch(world.person(CANARY, email=f"{CANARY.lower()}9@mail.example"))
        deliver_touches(now=clock)
    finally:
        logging.getLogger().removeHandler(own)
    ours = [json.loads(line) for line in lines]
    assert len([line for line in ours if line["event"] == "message not sent"]) == 5
    text = "\n".join(lines).lower()
    assert CANARY.lower() not in text
    assert "@mail.example" not in text
    numbers = ("timestamp", "touch")  # they may hold any digits
    assert not [line for line in ours if "171" in json.dumps({k: v for k, v in line.items() if k not in numbers})]
