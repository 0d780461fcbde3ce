"""Brings audiences in step: plan, then batch after batch: take, commit, call, record. No transaction is open in a call."""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from contacts.segments.lists import remove_people
from contacts.segments.models import Segment
from orchestrator.channels.adapters import google_audience, meta_audience
from orchestrator.channels.adapters.audience import Batch, Outcome
from orchestrator.channels.audiences.models import Audience, AudienceBatch, AudienceMember, AudienceRun
from orchestrator.channels.audiences.queries import JUDGED, judged, kept_out
from orchestrator.channels.audiences.rules import MOST_A_CALL, WORDS_LIMIT, wait_after
from orchestrator.kernel import sql, statistics

LEASE = timedelta(minutes=3)
HOT = ("orchestrator_audiencemember", "contacts_contact", "contacts_segmentmember", "consent_state")
SQL = "orchestrator/channels/audiences/sql"
PLATFORMS = {Audience.Destination.GOOGLE: google_audience, Audience.Destination.META: meta_audience}
TAKES = {"remove": ("take_removals", "removing"), "add": ("take_additions", "adding")}
NEVER_ANSWERED = "the worker ended before an answer was recorded"
log = structlog.get_logger(__name__)


class Held(NamedTuple):
    """An audience that this worker holds, with its open run."""

    audience: Audience
    run: AudienceRun
    claim: uuid.UUID


class Taken(NamedTuple):
    """A batch that is about to be sent. people: (member, hash of the address, hash of the number)."""

    batch: AudienceBatch
    people: list[tuple[int, str, str]]
    left: int


def sync_audiences(*, now: Callable[[], datetime], batch: int = MOST_A_CALL) -> Counter[str]:
    """Bring every audience in step that is due. Returns how many runs ended how.

    now: read again before each step, since calls take their time. A run that a dead worker left goes on, once its
    lease is over; who was in a batch without an answer is sent again, which platforms take as once.
    """
    ended: Counter[str] = Counter()
    for audience_id in _due(now()):
        held = _begin(audience_id=audience_id, now=now())
        if held is None:
            continue  # another worker was faster
        outcome = _send(held, now, batch)
        ended[_end(held, outcome, now())] += 1
    return ended


def _due(now: datetime) -> list[int]:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = Audience.objects.filter(free, next_at__lte=now).exclude(destination=Audience.Destination.FILE)
    return list(due.order_by("next_at").values_list("pk", flat=True))


@transaction.atomic
def _begin(*, audience_id: int, now: datetime) -> Held | None:
    """Claim an audience and plan who comes and who goes."""
    claim = uuid.uuid4()
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    taken = Audience.objects.filter(free, pk=audience_id, next_at__lte=now)
    if not taken.update(claim=claim, lease_until=now + LEASE):
        return None
    audience = Audience.objects.select_related("purpose", "people").get(pk=audience_id)
    run = AudienceRun.objects.filter(audience=audience, finished_at=None).order_by("-id").first()
    if run is None:
        run = AudienceRun.objects.create(audience=audience, started_at=now)
    else:
        lost = AudienceBatch.objects.filter(run=run, state=AudienceBatch.State.CALLING)
        AudienceMember.objects.filter(batch__in=lost).update(batch=None)
        lost.update(state=AudienceBatch.State.UNKNOWN, words=NEVER_ANSWERED, done_at=now)
    run.kept_out = _plan(audience, now)
    run.save(update_fields=["kept_out"])
    return Held(audience, run, claim)


def _plan(audience: Audience, now: datetime) -> dict[str, int]:
    """Write the difference between who may be in and who is; returns who is kept out, by reason. Eight statements."""
    part = judged(audience)
    statistics.refresh(HOT)
    sql.make_room()
    sql.count(f"DROP TABLE IF EXISTS {JUDGED}")
    sql.count(f"CREATE TEMP TABLE audience_judged ON COMMIT DROP AS {part.text}", part.params)
    over = audience.state == Audience.State.ENDED
    values = {"audience": audience.pk, "now": now}
    left = sql.count(sql.statement(f"{SQL}/leave.sql"), {**values, "ended": "ended" if over else ""})
    came = 0
    if audience.state == Audience.State.ACTIVE:
        came = sql.count(sql.statement(f"{SQL}/come.sql"), values)
    if audience.people and audience.people.kind == Segment.Kind.FIXED:
        _clear_list(audience.people, now)
    statistics.refresh(HOT)  # the batches that follow join what was just written
    log.info("audience planned", audience=audience.slug, come=came, leave=left)
    return kept_out(JUDGED)


def _clear_list(people: Segment, now: datetime) -> None:
    """Whoever withdrew is taken off the list itself: journeys that look at it, and other exports, see it too."""
    gone = sql.rows(
        f"SELECT j.contact_id FROM {JUDGED} j JOIN contacts_segmentmember m ON m.contact_id = j.contact_id"
        " WHERE j.against = 'withdrawn' AND m.segment_id = %(list)s ORDER BY 1",
        {"list": people.pk},
    )
    if gone:
        remove_people(segment=people, contact_ids=[pk for (pk,) in gone], now=now)


def _send(held: Held, now: Callable[[], datetime], most: int) -> Outcome:
    """Send removals, then additions, until nothing is left or the platform wants no more for now."""
    platform = PLATFORMS[Audience.Destination(held.audience.destination)]
    token: str | Outcome | None = None
    for kind in ("remove", "add"):
        after = total = 0
        while taken := _take(held, kind=kind, after=after, most=most, now=now()):
            after = max(pk for pk, _, _ in taken.people)
            total = total or len(taken.people) + taken.left
            said = _batch(held, taken, total)
            outcome = Outcome("done")
            if said.people:  # else somebody else with the same address and number stays in: nothing to say
                token = platform.token() if token is None else token
                outcome = platform.send(said, token) if isinstance(token, str) else token
            if not _settle(held, taken, outcome, now()):
                return Outcome("claim_over")
            if outcome.state == "again":
                return outcome
    return Outcome("done")


@transaction.atomic
def _take(held: Held, *, kind: str, after: int, most: int, now: datetime) -> Taken | None:
    """Put the next people into a batch, and hold the audience for longer. None: there is nobody, or it was lost."""
    mine = Audience.objects.filter(pk=held.audience.pk, claim=held.claim, lease_until__gt=now)
    if not mine.update(lease_until=now + LEASE):
        return None
    verb, state = TAKES[kind]
    number = AudienceBatch.objects.filter(run=held.run, kind=kind).count() + 1
    batch = AudienceBatch.objects.create(run=held.run, kind=kind, number=number, at=now)
    values: dict[str, Any] = {"audience": held.audience.pk, "batch": batch.pk, "after": after, "most": most}
    if kind == "add":
        values |= {"purpose": held.audience.purpose.slug, "now": now}
    people = sql.rows(sql.statement(f"{SQL}/{verb}.sql"), values)
    if not people:
        batch.delete()
        return None
    batch.size = len(people)
    batch.save(update_fields=["size"])
    waiting = AudienceMember.objects.filter(audience=held.audience, state=state, batch=None)
    left = waiting.filter(pk__gt=max(pk for pk, _, _ in people)).count()
    return Taken(batch, people, left)


def _batch(held: Held, taken: Taken, total: int) -> Batch:
    audience, batch = held.audience, taken.batch
    people = [(email, phone) for _, email, phone in taken.people if email or phone]
    return Batch(
        kind=batch.kind,
        people=people,
        session=held.run.pk * 2 + (batch.kind == AudienceBatch.Kind.ADD),
        number=batch.number,
        last=not taken.left,
        total=total,
        account=audience.account,
        manager=audience.manager,
        remote_list=audience.remote_list,
    )


@transaction.atomic
def _settle(held: Held, taken: Taken, outcome: Outcome, now: datetime) -> bool:
    """Record an answer. False: the lease ran out meanwhile, and another worker says what becomes of these people."""
    mine = Audience.objects.select_for_update().filter(pk=held.audience.pk, claim=held.claim)
    if not mine.exists():
        return False
    batch, done = taken.batch, outcome.state == "done"
    batch.state, batch.words, batch.refused = outcome.state, outcome.words[:WORDS_LIMIT], outcome.refused
    batch.remote_id, batch.done_at = outcome.remote_id, now
    batch.save(update_fields=["state", "words", "refused", "remote_id", "done_at"])
    sql.count(sql.statement(f"{SQL}/settle.sql"), {"batch": batch.pk, "done": done, "now": now})
    counted = ("added" if batch.kind == AudienceBatch.Kind.ADD else "removed") if done else "failed"
    changes: dict[str, Any] = {counted: F(counted) + batch.size}
    if outcome.refused:
        changes["refused"] = F("refused") + outcome.refused
    if outcome.words:
        changes["words"] = outcome.words[:WORDS_LIMIT]
    AudienceRun.objects.filter(pk=held.run.pk).update(**changes)
    if not done:
        log.warning("batch of an audience", audience=held.audience.slug, state=outcome.state, words=outcome.words[:100])
    return True


@transaction.atomic
def _end(held: Held, outcome: Outcome, now: datetime) -> str:
    """Close a run, say when the next one is, and let the audience go. Returns how it ended."""
    audience = Audience.objects.select_for_update().filter(pk=held.audience.pk, claim=held.claim).first()
    if audience is None or outcome.state == "claim_over":
        return "claim_over"
    run = AudienceRun.objects.get(pk=held.run.pk)
    moved = run.added + run.removed
    run.state = "done" if not run.failed and outcome.state == "done" else "partly" if moved else "failed"
    run.finished_at = now
    run.save(update_fields=["state", "finished_at"])
    audience.failures = 0 if run.state == "done" else audience.failures + 1
    wait = timedelta(minutes=settings.AUDIENCE_EVERY_MINUTES)
    if audience.failures:
        wait = timedelta(seconds=wait_after(audience.failures, asked=outcome.wait, spread=audience.pk))
    # somebody asked for a further run while this one was going on: it follows at once
    asked = audience.next_at > run.started_at
    audience.next_at = audience.next_at if asked and not audience.failures else now + wait
    audience.last_run_at, audience.kept_out = now, run.kept_out
    audience.members = AudienceMember.objects.filter(audience=audience, state="in").count()
    audience.claim = audience.lease_until = None
    audience.save()
    return run.state
