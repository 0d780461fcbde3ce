"""People with a row in every table that knows people, and what the tables say about them."""

from datetime import UTC, date, datetime, timedelta

from django.db import connection

from consent.records.operations import record_consent
from contacts.events.operations import open_months
from contacts.identity.registry import How, movers
from contacts.models import (
    ApartValue,
    Contact,
    Event,
    Handover,
    HandoverLog,
    Identifier,
    Import,
    ImportChange,
    MergeProposal,
    Score,
    ScoreValue,
    Segment,
    SegmentChange,
    SegmentMember,
    Signal,
    SignalFiring,
    Stage,
    StageChange,
)
from journeys.definitions.operations import import_journey
from journeys.models import Block, Enrollment, Journey, Refusal, Step, Touch, Transition
from orchestrator.models import Verdict

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = {"name_en": "x", "name_de": "x"}
TEXTS = {"en": "x", "de": "x"}
NOT_MOVED = {"contacts_news", "contacts_importchange", "consent_record"}


def person(name, **columns):
    columns.setdefault("created_at", NOW - DAY)
    return Contact.objects.create(external_id=name or None, updated_at=NOW - DAY, **columns)


def rules():
    """What the rows of people point at."""
    open_months(first=date(2026, 4, 1), last=date(2026, 6, 1))
    Stage.objects.create(slug="lead", phase="consideration", position=1, **NAMES)
    Segment.objects.create(slug="vip", condition={"attribute": "country", "is": "DE"}, **NAMES)
    Segment.objects.create(slug="fans", condition={"attribute": "country", "is": "DE"}, **NAMES)
    Score.objects.create(slug="fit", axis="fit", **NAMES)
    Signal.objects.create(
        slug="cart",
        kind="behaviour",
        condition={"event": "cart_updated", "within": "1h"},
        cooldown=DAY,
        holds_for=DAY,
        **NAMES,
    )
    Block.objects.create(slug="hello", phase="purchase", state="approved", changed_at=NOW, **NAMES)
    Import.objects.create(file_name="a.csv", size_bytes=1, sha256="0", by="test", created_at=NOW)
    for slug in ("welcome", "winback"):
        steps = [
            {
                "key": "mail",
                "kind": "send",
                "block": "hello",
                "purpose": "email_marketing",
                "expires": "7d",
                "next": "rest",
                "name": TEXTS,
            },
            {"key": "rest", "kind": "wait", "for": "1d", "next": "end", "name": TEXTS},
            {"key": "end", "kind": "end", "outcome": "done", "name": TEXTS},
        ]
        import_journey(
            definition={"slug": slug, "name": TEXTS, "phase": "purchase", "entry": {"signal": "cart"}, "steps": steps},
            now=NOW,
        )


def run(contact, slug="welcome", *, state="sent", step="rest", key="", left=None):
    """One run that sent, or is about to send, its mail."""
    journey = Journey.objects.get(slug=slug)
    version = journey.versions.latest("number")
    steps = {one.key: one for one in Step.objects.filter(version=version)}
    enrollment = Enrollment.objects.create(
        contact=contact,
        journey=journey,
        version=version,
        key=key,
        step=None if left else steps[step],
        seq=1,
        entered_at=NOW - DAY,
        arrived_at=NOW - DAY,
        due_at=None if left else NOW + DAY,
        left_at=left,
        reason="completed" if left else "",
    )
    for seq, before, after in ((0, None, steps["mail"]), (1, steps["mail"], None if left else steps[step])):
        Transition.objects.create(
            enrollment=enrollment,
            seq=seq,
            contact=contact,
            journey=journey,
            from_step=before,
            to_step=after,
            exit="next",
            at=NOW - DAY,
        )
    touch = Touch.objects.create(
        enrollment=enrollment,
        step=steps["mail"],
        visit=1,
        contact=contact,
        journey=journey,
        block=Block.objects.get(slug="hello"),
        channel="email",
        # nobody here agreed to anything: the guard of the table lets only what a contract asks for be sent
        purpose="service" if state == "sending" else "email_marketing",
        address="one@people.example" if state == "sending" else "",
        state=state,
        proposed_at=NOW - DAY,
        expires_at=NOW + DAY,
        hold_until=NOW + DAY if state in Touch.OPEN else None,
        decided_at=NOW - DAY,
        sent_at=NOW - DAY if state == "sent" else None,
    )
    Verdict.objects.create(touch=touch, contact=contact, outcome="approved", at=NOW - DAY)
    return enrollment


def everything(contact, other):
    """One row in every table."""
    stage, segment = Stage.objects.get(), Segment.objects.get(slug="vip")
    for name in ("page_viewed", "cart_updated"):
        Event.objects.create(
            contact=contact,
            name=name,
            occurred_at=NOW - DAY,
            received_at=NOW,
            source="t",
            message_id=f"{name}{contact.pk}",
        )
    Identifier.objects.create(
        kind="anonymous", value=f"a{contact.pk}", contact=contact, first_seen_at=NOW, last_seen_at=NOW
    )
    first, second = sorted((contact.pk, other.pk))
    MergeProposal.objects.create(first_id=first, second_id=second, kind="email", value="x", reason="emails", at=NOW)
    ApartValue.objects.create(contact=contact, key="shoe", value=contact.pk, source="t", at=NOW)
    ImportChange.objects.create(job=Import.objects.get(), contact_id=contact.pk, made=True)
    ScoreValue.objects.create(score=Score.objects.get(), contact=contact, value=contact.pk % 100, since=NOW)
    SegmentMember.objects.create(segment=segment, contact=contact, since=NOW)
    SegmentChange.objects.create(segment=segment, contact=contact, entered=True, at=NOW)
    SignalFiring.objects.create(signal=Signal.objects.get(), contact=contact, fired_at=NOW)
    StageChange.objects.create(contact=contact, to_stage=stage, at=NOW)
    handover = Handover.objects.create(contact=contact, team="inside", created_at=NOW, due_at=NOW + DAY)
    HandoverLog.objects.create(handover=handover, at=NOW, by="t", state="waiting")
    Refusal.objects.create(contact=contact, journey=Journey.objects.get(slug="winback"), reason="paused", at=NOW)
    run(contact)
    for purpose in ("email_marketing", "profiling"):
        record_consent(contact_id=contact.pk, purpose=purpose, decision="granted", source="t", now=NOW - DAY)


def rows_about(*ids, without=()):
    """Every row about some people, by table, as it is stored."""
    found = {}
    with connection.cursor() as cursor:
        for mover in movers():
            if mover.table in without:
                continue
            less = (
                " - 'id'" if mover.table == "consent_state" else ""
            )  # what holds now is derived again, under a new id
            about = f'"{mover.table}" t WHERE "{mover.column}" = ANY (%s) ORDER BY t.id'
            cursor.execute(f"SELECT to_jsonb(t){less} FROM {about}", [list(ids)])
            found[mover.table, mover.column] = [row[0] for row in cursor.fetchall()]
    return found


def orphans():
    """Rows that point at nobody, in all tables but those that keep the id of who is gone."""
    kept = {mover.table for mover in movers() if mover.how is How.KEPT}
    found = {}
    with connection.cursor() as cursor:
        for mover in movers():
            if mover.table not in kept:
                cursor.execute(
                    f'SELECT count(*) FROM "{mover.table}" t LEFT JOIN contacts_contact c ON c.id = t."{mover.column}" WHERE c.id IS NULL'
                )
                if count := cursor.fetchone()[0]:
                    found[mover.table] = count
    return found
