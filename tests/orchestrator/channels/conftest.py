"""A journey with a mail in it, a small cast, and a real SMTP server on a free port of the loopback address."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from consent.models import Purpose
from consent.records.operations import record_consent
from contacts.models import Contact
from journeys.content.operations import import_blocks
from journeys.models import Enrollment, Journey, Step, Touch, Version
from tests.mailserver import MailServer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BODY = """
<mj-text>Hello {{ contact.first_name }}, your cart {{ run.key }} waits.</mj-text>
<mj-button href="https://shop.example/cart?id={{ run.key }}&amp;from=mail">To the cart</mj-button>
<mj-text><a href="https://shop.example/help">Help</a></mj-text>
"""


@dataclass
class Clock:
    """A clock that tests move."""

    at: datetime = NOW

    def __call__(self):
        return self.at

    def move(self, **by):
        self.at += timedelta(**by)
        return self.at


@dataclass
class World:
    """One live journey that sends one mail."""

    journey: Journey
    step: Step
    block_id: int
    touches: list = field(default_factory=list)

    def person(self, name="Anna", *, grant=("email_marketing", "profiling"), language="en", email=None):
        email = f"{name.lower()}@mail.example" if email is None else email
        contact = Contact.objects.create(
            first_name=name, email=email, language=language, created_at=NOW, updated_at=NOW
        )
        for purpose in grant:
            record_consent(
                contact_id=contact.pk, purpose=purpose, decision="granted", source="form", now=NOW - timedelta(days=9)
            )
        return contact

    def touch(self, contact, *, purpose="email_marketing", state="approved", left="", key="c1", **more):
        enrollment = Enrollment.objects.create(
            contact=contact,
            journey=self.journey,
            version=self.step.version,
            key=key,
            step=None if left else self.step,
            entered_at=NOW - timedelta(hours=1),
            arrived_at=NOW,
            left_at=NOW if left else None,
            reason=left,
        )
        values = {
            "block_id": self.block_id,
            "channel": "email",
            "purpose": purpose,
            "state": state,
            "proposed_at": NOW - timedelta(minutes=1),
            "decided_at": NOW - timedelta(minutes=1),
            "expires_at": NOW + timedelta(days=2),
        } | more
        return Touch.objects.create(
            enrollment=enrollment, step=self.step, visit=1, contact=contact, journey=self.journey, **values
        )


class Glance:
    """In place of the module `time` of an adapter: remembers, by thread, when the adapter last looked at the clock.

    That look is what decides whether a call may begin. A thread may be put to sleep right behind it, and no code prevents that.
    """

    def __init__(self):
        self._own = threading.local()

    def monotonic(self):
        self._own.at = time.monotonic()
        return self._own.at

    @property
    def at(self):
        return self._own.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def world(db):
    assert Purpose.objects.count() == 4
    texts = {"subject": "Your cart, {{ contact.first_name }}", "preheader": "It waits", "body": BODY}
    german = texts | {"subject": "Ihr Warenkorb"}
    (block_id,) = import_blocks(
        blocks=[
            {
                "slug": "cart-mail",
                "name": {"en": "Cart", "de": "Korb"},
                "phase": "purchase",
                "variants": {"en": texts, "de": german},
            }
        ],
        now=NOW,
    )
    journey = Journey.objects.create(
        slug="cart", name_en="Abandoned cart", name_de="Warenkorb", phase="purchase", state="live", created_at=NOW
    )
    version = Version.objects.create(journey=journey, number=1, definition={}, created_at=NOW, published_at=NOW)
    step = Step.objects.create(version=version, key="mail", kind="send", position=1, name_en="Mail", name_de="Mail")
    return World(journey, step, block_id)


@dataclass
class Sink:
    """What the SMTP server took, and how it shall answer: by recipient, at RCPT or at DATA."""

    mails: list = field(default_factory=list)
    contents: list = field(default_factory=list)  # the same as bytes, as they came over the line
    senders: list = field(default_factory=list)  # of the envelopes
    at_rcpt: dict = field(default_factory=dict)
    at_data: dict = field(default_factory=dict)
    hang_up: set = field(default_factory=set)  # recipients whose mail is taken, but the answer gets lost
    on_data: object = None
    sessions: int = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if answer := self.at_rcpt.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        (to,) = envelope.rcpt_tos
        if answer := self.at_data.get(to):
            return answer
        self.contents.append(envelope.content)
        self.senders.append(envelope.mail_from)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.on_data:
            self.on_data(self.mails[-1])
        if to in self.hang_up:
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def smtp(settings):
    """A running SMTP server; Django sends to it."""
    sink = Sink()
    controller = MailServer(sink)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.PUBLIC_URL = "https://track.example"
    yield sink
    controller.stop()
