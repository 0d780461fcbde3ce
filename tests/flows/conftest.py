"""The fixed cast and a small world: one shop, two blocks of content, a clock that the tests own."""

from datetime import UTC, datetime, time, timedelta

import pytest

from consent.models import Limit, QuietHours
from consent.records.operations import record_consent
from contacts.events.operations import NewEvent, record_events
from contacts.models import Contact, EventType, Signal
from journeys.definitions.operations import import_journey
from journeys.models import Block, Enrollment, Touch, Transition, Variant
from orchestrator.models import Verdict
from orchestrator.tick import loop

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)  # a Wednesday, 11:00 in Berlin


class World:
    """What the tests do: let time pass, let people do things, and look at what came of it."""

    def __init__(self):
        self.now = NOW

    def person(self, name, *, consents=("email_marketing", "profiling"), zone="Europe/Berlin", **columns):
        contact = Contact.objects.create(
            external_id=name,
            first_name=name.title(),
            email=f"{name}@people.example",
            time_zone=zone,
            created_at=self.now,
            updated_at=self.now,
            **columns,
        )
        for purpose in consents:
            record_consent(
                contact_id=contact.pk,
                purpose=purpose,
                decision="granted",
                source="test",
                now=self.now - timedelta(days=1),
            )
        return contact

    def does(self, contact, name, *, ago=timedelta(0), message_id="", **properties):
        event = NewEvent(contact.pk, name, self.now - ago, properties, message_id)
        return record_events(events=[event], source="shop", now=self.now)[0]

    def pulse(self):
        return loop.pulse(now=self.now)

    def later(self, **span):
        self.now += timedelta(**span)
        return loop.beat(now=self.now)

    def run(self, contact):
        return Enrollment.objects.select_related("step").get(contact=contact)

    def at(self, contact):
        run = self.run(contact)
        return run.step.key if run.step else f"left: {run.reason}"

    def touches(self, contact):
        return [
            (t.step.key, t.state, t.reason)
            for t in Touch.objects.filter(contact=contact).select_related("step").order_by("id")
        ]

    def path(self, contact):
        rows = Transition.objects.filter(contact=contact).select_related("from_step").order_by("enrollment_id", "seq")
        return [(row.from_step.key if row.from_step else "", row.exit or row.reason) for row in rows]

    def verdicts(self, contact):
        return [(v.outcome, v.reason) for v in Verdict.objects.filter(contact=contact).order_by("id")]

    def adds_up(self):
        """arrived = moved on + left + still here, on every step; and every chain of moves is unbroken."""
        for step_id in Transition.objects.exclude(to_step=None).values_list("to_step_id", flat=True).distinct():
            arrived = Transition.objects.filter(to_step_id=step_id).count()
            moved = Transition.objects.filter(from_step_id=step_id, to_step__isnull=False).count()
            left = Transition.objects.filter(from_step_id=step_id, to_step=None).count()
            here = Enrollment.objects.filter(step_id=step_id, left_at=None).count()
            assert arrived == moved + left + here, (step_id, arrived, moved, left, here)
        for run in Enrollment.objects.all():
            seqs = list(Transition.objects.filter(enrollment=run).order_by("seq").values_list("seq", flat=True))
            assert seqs == list(range(run.seq + 1))


def names(text):
    return {"en": text, "de": text}


def journey(slug, steps, *, signal="cart", **more):
    for step in steps:
        step.setdefault("name", names(step["key"]))
    entry = more.pop("entry", {"signal": signal})
    definition = {"slug": slug, "name": names(slug), "phase": "purchase", "entry": entry, "steps": steps, **more}
    return import_journey(definition=definition, now=NOW)


@pytest.fixture
def world(db):
    for slug, kind in (("order_placed", "transaction"), ("cart_updated", "behaviour"), ("email_clicked", "feedback")):
        EventType.objects.create(slug=slug, kind=kind, name_en=slug, name_de=slug)
    for slug in ("hello", "again"):
        block = Block.objects.create(
            slug=slug, phase="purchase", state="approved", changed_at=NOW, name_en=slug, name_de=slug
        )
        for language in ("en", "de"):
            body = '<mj-text>Hi {{ contact.first_name }}, <a href="https://shop.example/cart">your cart</a></mj-text>'
            Variant.objects.create(
                block=block, language=language, subject=f"{slug} {{{{ contact.first_name }}}}", body=body
            )
    Signal.objects.create(
        slug="cart", kind="behaviour", condition={"event": "cart_updated", "within": "1h"}, cooldown=timedelta(hours=1), holds_for=timedelta(hours=1),
        name_en="Cart", name_de="Warenkorb",
    )  # fmt: skip
    return World()


@pytest.fixture
def quiet_nights(world):
    QuietHours.objects.create(starts=time(21), ends=time(8))


@pytest.fixture
def two_a_week(world):
    Limit.objects.create(
        slug="email-week", channel="email", most=2, window=timedelta(days=7), name_en="2 a week", name_de="2 je Woche"
    )
