"""Collects letters, closes batches, and records that one was taken out and printed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events
from journeys.enrollments.models import Touch
from orchestrator.channels.letters.models import Letter, LetterBatch, LetterDownload
from orchestrator.channels.letters.queries import letters_of
from orchestrator.channels.letters.rules import MOST, closes_at
from orchestrator.kernel import locks, sql

SOURCE = "letter"
PRINTED = "letter_printed"


class StillOpen(Exception):
    """The batch is open: letters still come in."""


@transaction.atomic
def add_letters(*, letters: Sequence[Letter], now: datetime) -> None:
    """Put letters into the open batch; a touch that has its letter already gets no second one."""
    locks.hold("letters")  # one batch is open at a time
    left = list(letters)
    while left:
        batch = LetterBatch.objects.filter(state=LetterBatch.State.OPEN).first()
        batch = batch or LetterBatch.objects.create(opened_at=now)
        room = MOST - batch.letters.count()
        if room <= 0:
            _close(batch, now)
            continue
        for letter in left[:room]:
            letter.batch = batch
        Letter.objects.bulk_create(left[:room], ignore_conflicts=True)
        left = left[room:]


@transaction.atomic
def close_batch(*, batch_id: int, now: datetime) -> bool:
    """Close a batch, so that it can be printed. Returns False when it was closed already."""
    locks.hold("letters")
    batch = LetterBatch.objects.filter(pk=batch_id, state=LetterBatch.State.OPEN).first()
    if batch is not None:
        _close(batch, now)
    return batch is not None


def close_due(*, now: datetime) -> bool:
    """Close the open batch where its day is over. Returns whether one was closed."""
    batch = LetterBatch.objects.filter(state=LetterBatch.State.OPEN).first()
    if batch is None:
        return False
    end = closes_at(batch.opened_at, hour=settings.LETTER_CLOSE_HOUR, zone=settings.TEAM_TIME_ZONE)
    return now >= end and close_batch(batch_id=batch.pk, now=now)


@transaction.atomic
def ready_letters(*, batch_id: int, now: datetime) -> list[Letter]:
    """Give the letters of a closed batch. Before the first print everybody is asked about once more. Raises StillOpen."""
    batch = LetterBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state == LetterBatch.State.OPEN:
        raise StillOpen
    if batch.printed_at is None:
        _sift(batch, now)
    return letters_of(batch_id)


@transaction.atomic
def record_download(*, batch_id: int, letters: Sequence[Letter], what: str, by: User | None, now: datetime) -> None:
    """Record that somebody took a file out. With the first letters the batch is printed, and each person's history says so."""
    LetterDownload.objects.create(batch_id=batch_id, what=what, letters=len(letters), by=by, at=now)
    waiting = LetterBatch.objects.filter(pk=batch_id, state=LetterBatch.State.CLOSED)
    if what != LetterDownload.What.PDF or not waiting.update(state=LetterBatch.State.PRINTED, printed_at=now):
        return
    lost = Touch.objects.filter(pk__in=[one.touch_id for one in letters], state=Touch.State.UNKNOWN)
    lost.update(state=Touch.State.SENT, reason="", sent_at=now)  # a worker died, but the letter is there
    EventType.objects.bulk_create(
        [EventType(slug=PRINTED, kind=EventType.Kind.FEEDBACK, name_en="Letter printed", name_de="Brief gedruckt")],
        ignore_conflicts=True,
    )
    record_events(events=[_event(one, now) for one in letters], source=SOURCE, now=now)


def _event(letter: Letter, now: datetime) -> NewEvent:
    properties: dict[str, Any] = {
        "touch": letter.touch_id,
        "journey": letter.touch.journey.slug,
        "batch": letter.batch_id,
    }
    return NewEvent(letter.contact_id, PRINTED, now, properties, f"{PRINTED}-{letter.touch_id}")


def _close(batch: LetterBatch, now: datetime) -> None:
    batch.state, batch.closed_at = LetterBatch.State.CLOSED, now
    batch.save(update_fields=["state", "closed_at"])
    _sift(batch, now)


def _sift(batch: LetterBatch, now: datetime) -> None:
    sql.rows(sql.statement("orchestrator/channels/letters/sql/sift.sql"), {"batch": batch.pk, "now": now})
