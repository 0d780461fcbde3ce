"""A small scene for the screens: the demo company's rules and journeys, invented people, and what happened to them.

Written straight into the tables with a fixed seed, consistent as the engine would leave it: every move is a
transition, every verdict belongs to a touch, every stage has its change.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, User

from consent.purposes.models import Purpose
from consent.records.models import Record, State
from contacts.accounts.models import Account
from contacts.events.models import Event
from contacts.handover.models import Handover, HandoverLog
from contacts.profiles.models import Contact
from contacts.segments.models import Segment, SegmentMember
from contacts.signals.models import Signal, SignalFiring
from contacts.stages.models import Stage, StageChange
from journeys.content.models import Block
from journeys.definitions.models import Journey, Step
from journeys.enrollments.models import Enrollment, Refusal, Touch, Transition
from orchestrator.arbiter.models import Verdict
from orchestrator.demo import definitions

PASSWORD = "correct-horse-battery"
FIRST = ["Lena", "Jonas", "Mia", "Ben", "Anna", "Cem", "Ella", "Noah", "Ida", "Paul", "Zoë", "Jörg"]
LAST = ["Brandt", "Özdemir", "Keller", "Huber", "Weiß", "Novak", "Lindqvist", "Baumgartner", "Steiner", "Maier"]
GATES = {
    "journey": {"slug": "loyalty", "state": "live", "left": "", "expires_at": "2026-11-24T08:00:00+00:00"},
    "address": {"known": True, "suppression": None},
    "consent": {"purpose": "email_marketing", "needed": True, "granted": True, "since": "2026-03-03T10:00:00+00:00"},
    "holdout": {"arm": "contacted"},
    "sales": {"handover": None},
    "quiet_hours": {"zone": "Europe/Berlin", "until": None},
    "caps": [{"limit": "two-a-week", "used": 2, "most": 2, "free_at": "2026-11-24T08:00:00+00:00"}],
    "priority": {"priority": 30, "value": 1.3, "score": 39.0},
}


def write_scene(*, now: datetime, people: int = 60, seed: int = 7) -> None:
    """Write the whole scene into an empty, migrated database."""
    dice = random.Random(seed)
    definitions.write_facts()
    definitions.write_journeys(now=now - timedelta(days=60))
    write_users()
    contacts = _people(dice, now, people)
    _consents(dice, contacts, now)
    _stages(dice, contacts, now)
    _events(dice, contacts, now)
    _signals(dice, contacts, now)
    for journey in Journey.objects.all():
        own = random.Random(f"{seed} {journey.slug}")  # one more journey changes nothing in the others
        for contact in own.sample(contacts, max(4, int(people * 0.6))):
            _run(own, journey, contact, now)
    _handovers(dice, contacts, now)


def write_users() -> None:
    """Make a marketer, a person of sales and an administrator."""
    User.objects.create_user("maja", password=PASSWORD, first_name="Maja", last_name="Lindner")
    User.objects.create_superuser("ada", password=PASSWORD)
    sales = User.objects.create_user("sven", password=PASSWORD)
    sales.groups.add(Group.objects.get_or_create(name="Sales")[0])


def _people(dice: random.Random, now: datetime, count: int) -> list[Contact]:
    accounts = [
        Account.objects.create(external_id=f"A{n}", name=name, country="DE", created_at=now)
        for n, name in enumerate(("Nordwind GmbH", "Hotel Seeblick", "Praxis am Markt"))
    ]
    rows = []
    for n in range(count):
        first, last = FIRST[n % len(FIRST)], LAST[n % len(LAST)]
        rows.append(
            Contact(
                external_id=f"C-{n:04}",
                first_name=first,
                last_name=last,
                email=f"person{n}@example.org" if n % 9 else "",
                language="de" if n % 3 else "en",
                country=dice.choice(["DE", "AT", "CH"]),
                time_zone="Europe/Berlin" if n % 5 else "America/New_York",
                job_title="Head of Purchasing" if n % 4 == 0 else "",
                account=dice.choice(accounts) if n % 4 == 0 else None,
                attributes={"favourite_category": dice.choice(["outdoor", "office"]), "orders": n % 5},
                created_at=now - timedelta(days=90 - n % 60),
                updated_at=now,
            )
        )
    return Contact.objects.bulk_create(rows)


def _consents(dice: random.Random, contacts: Sequence[Contact], now: datetime) -> None:
    for purpose in Purpose.objects.exclude(slug="service"):
        for contact in contacts:
            if dice.random() < 0.2:
                continue
            granted, at = dice.random() < 0.75, now - timedelta(days=dice.randint(5, 80))
            decision = "granted" if granted else "refused"
            record = Record.objects.create(
                contact=contact, purpose=purpose, decision=decision, at=at, source="double opt-in"
            )
            State.objects.create(contact=contact, purpose=purpose, granted=granted, since=at, record=record)


def _stages(dice: random.Random, contacts: Sequence[Contact], now: datetime) -> None:
    stages = list(Stage.objects.order_by("-position"))
    changes = []
    for contact in contacts:
        at, here = now - timedelta(days=80), None
        for stage in stages[: dice.randint(1, len(stages))]:
            at += timedelta(days=dice.uniform(1, 12))
            if at > now:
                break
            changes.append(StageChange(contact=contact, from_stage=here, to_stage=stage, at=at))
            here, contact.stage, contact.stage_since = stage, stage, at
    StageChange.objects.bulk_create(changes)
    Contact.objects.bulk_update(contacts, ["stage", "stage_since"])


def _events(dice: random.Random, contacts: Sequence[Contact], now: datetime) -> None:
    names = ["product_viewed", "cart_updated", "order_placed", "pricing_viewed"]
    rows = []
    for contact in contacts:
        for n in range(dice.randint(3, 20)):
            at = now - timedelta(days=dice.uniform(0, 40))
            properties = {"category": "outdoor", "value": dice.randint(20, 400)}
            rows.append(_event(contact, dice.choice(names), at, properties, f"{contact.pk}-{n}"))
    Event.objects.bulk_create(rows)


def _event(contact: Contact, name: str, at: datetime, properties: dict, message_id: str) -> Event:
    return Event(
        contact=contact,
        name=name,
        occurred_at=at,
        received_at=at,
        properties=properties,
        source="scene",
        message_id=message_id,
    )


def _signals(dice: random.Random, contacts: Sequence[Contact], now: datetime) -> None:
    signals, segments = list(Signal.objects.all()), list(Segment.objects.all())
    for contact in contacts:
        for signal in dice.sample(signals, min(2, len(signals))):
            at = now - timedelta(hours=dice.uniform(1, 200))
            SignalFiring.objects.create(
                signal=signal,
                contact=contact,
                fired_at=at,
                evidence={"counts": {"pricing_viewed": 4}, "properties": {"plan": "team"}},
                taken_at=at,
            )
        for segment in dice.sample(segments, min(1, len(segments))):
            SegmentMember.objects.create(segment=segment, contact=contact, since=now - timedelta(days=3))


def _run(dice: random.Random, journey: Journey, contact: Contact, now: datetime) -> None:
    """Walk one person through a journey, step by step, until now."""
    if dice.random() < 0.1:
        reason = dice.choice(["already_in", "condition_unmet", "no_profiling_consent"])
        Refusal.objects.create(
            contact=contact, journey=journey, reason=reason, at=now - timedelta(days=dice.uniform(0, 6))
        )
        return
    version = journey.live_version
    steps = {step.pk: step for step in Step.objects.filter(version=version)}
    step = min(steps.values(), key=lambda one: one.position)
    at = now - timedelta(days=dice.uniform(0, 35))
    run = Enrollment.objects.create(
        contact=contact, journey=journey, version=version, step=step, entered_at=at, arrived_at=at, evidence={}
    )
    _move(run, None, step, "", "", at)
    wants = dice.random()
    while run.left_at is None:
        stay = timedelta(hours=dice.uniform(1, 60)) if step.kind == "wait" else timedelta(0)
        if run.arrived_at + stay > now:
            run.due_at = run.arrived_at + stay
            break
        at = run.arrived_at + stay
        if step.kind == "split":
            run.arm = "holdout" if dice.random() < 0.15 else "contacted"
        if step.kind == "send":
            _touch(dice, run, step, at, now)
        ends = "completed" if step.kind == "end" or not step.exits else ""
        if not ends and step.kind == "wait" and wants < (0.35 if run.arm != "holdout" else 0.15):
            ends = dice.choice(["goal", "goal", "goal", "consent_withdrawn"])
        label = "" if ends else dice.choice(sorted(step.exits))
        following = None if ends else steps[step.exits[label]]
        run.seq += 1
        _move(run, step, following, label, ends, at)
        run.step, run.arrived_at = following, at
        if ends:
            run.left_at, run.reason = at, ends
        step = following
    run.save()


def _move(run: Enrollment, from_step: Step | None, to_step: Step | None, label: str, reason: str, at: datetime) -> None:
    Transition.objects.create(
        enrollment=run, seq=run.seq, contact_id=run.contact_id, journey_id=run.journey_id, from_step=from_step, to_step=to_step,
        exit=label, reason=reason, at=at,
    )  # fmt: skip


def _touch(dice: random.Random, run: Enrollment, step: Step, at: datetime, now: datetime) -> None:
    fates = [
        ("sent", "approved", ""),
        ("sent", "approved", ""),
        ("sent", "approved", ""),
        ("held", "held", "quiet_hours"),
    ]
    fates += [
        ("suppressed", "suppressed", "no_consent"),
        ("held", "held", "outranked"),
        ("failed", "approved", "provider_rejected"),
    ]
    fates += [("suppressed", "suppressed", "sales_conversation")]
    state, outcome, reason = ("suppressed", "suppressed", "holdout") if run.arm == "holdout" else dice.choice(fates)
    block = Block.objects.get(slug=step.settings["block"])
    until = now + timedelta(hours=9) if state == "held" else None
    touch = Touch.objects.create(
        enrollment=run, step=step, visit=run.seq, contact_id=run.contact_id, journey_id=run.journey_id, block=block, channel="email",
        purpose="email_marketing", state=state, reason=reason, proposed_at=at, expires_at=at + timedelta(days=3), decided_at=at,
        hold_until=until, sent_at=at if state == "sent" else None, subject=block.name_en if state == "sent" else "",
        content_version=1 if state == "sent" else None,
    )  # fmt: skip
    told = reason if outcome != "approved" else ""
    Verdict.objects.create(
        touch=touch, contact_id=run.contact_id, outcome=outcome, reason=told, gates=GATES, at=at, hold_until=until
    )
    clicked_at = at + timedelta(minutes=40)
    if state == "sent" and dice.random() < 0.4 and clicked_at < now:
        properties = {"touch": touch.pk, "likely_machine": False}
        _event(run.contact, "email_clicked", clicked_at, properties, f"click-{touch.pk}").save()


def _handovers(dice: random.Random, contacts: Sequence[Contact], now: datetime) -> None:
    for n, contact in enumerate(contact for contact in contacts if contact.account_id):
        if n == 4:
            break
        created = now - timedelta(hours=3 + 5 * n)
        handover = Handover.objects.create(
            contact=contact,
            account=contact.account,
            team="inside-sales",
            created_at=created,
            due_at=created + timedelta(hours=7),
        )
        HandoverLog.objects.create(handover=handover, at=created, by="journey", state="waiting")
