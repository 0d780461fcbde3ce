"""A purpose and a text for every channel, and a service on the loopback address that takes messages as Twilio documents it."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import pytest

from consent.models import Purpose
from consent.records.operations import record_consent
from journeys.models import Variant
from orchestrator.channels import operations
from tests.orchestrator.channels.conftest import NOW
from tests.orchestrator.kernel.test_outward import listen  # noqa: F401


@dataclass
class Reach:
    """The world of a channel: people who agreed to hear from us by it, and their touches."""

    world: object
    channel: str
    purpose: str

    def person(self, name="Anna", *, agrees=True, **fields):
        person = self.world.person(name, grant=("profiling",), language=fields.pop("language", "en"))
        for key, value in fields.items():
            setattr(person, key, value)
        person.save()
        if agrees:
            record_consent(contact_id=person.pk, purpose=self.purpose, decision="granted", source="form", now=NOW)
        return person

    def touch(self, person, **more):
        return self.world.touch(person, channel=self.channel, **{"purpose": self.purpose} | more)


@pytest.fixture
def reach(world, monkeypatch):
    """Make a channel with a courier of its own and texts in both languages."""

    def make(courier, *, subject="", **bodies):
        channel = courier.channel
        monkeypatch.setattr(operations, "COURIERS", (courier,))
        purpose = Purpose.objects.create(
            slug=f"{channel}_marketing", name_en=channel, name_de=channel, kind="communication", channel=channel,
            enforcement="opt_in", legal_basis="GDPR Art. 6(1)(a)",
        )  # fmt: skip
        for language, body in bodies.items():
            Variant.objects.create(
                block_id=world.block_id, channel=channel, language=language, subject=subject, body=body
            )
        return Reach(world, channel, purpose.slug)

    return make


def http(status, body):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status} x\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


@dataclass
class Service:
    """What a service took, as fields, and what it says to each number."""

    says: dict = field(default_factory=dict)  # number -> raw answer
    taken: list = field(default_factory=list)

    def __call__(self, request):
        head, _, body = request.partition(b"\r\n\r\n")
        fields = dict(parse_qsl(body.decode())) if b"urlencoded" in head else json.loads(body)
        self.taken.append((head.decode(), fields))
        number = fields.get("To") or fields.get("to")
        return self.says.get(number, http(201, {"sid": "SM1", "status": "queued", "error_code": None}))


@pytest.fixture
def twilio(listen, settings):  # noqa: F811
    service = Service()
    machine = listen(service)
    settings.WEBHOOK_ALLOW_PRIVATE = [machine.place]
    settings.SMS_PROVIDER, settings.SMS_FROM = "twilio", "+15005550006"
    settings.SMS_TWILIO_URL, settings.SMS_TWILIO_ACCOUNT, settings.SMS_TWILIO_TOKEN = machine.url[:-1], "AC1", "t0ken"
    settings.PUBLIC_URL = "https://track.example"
    service.machine = machine
    return service
