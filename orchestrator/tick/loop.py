"""The flow: read STEPS first. `now` is passed in everywhere, so tests, replay and simulation own the clock."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from contacts.events.models import News
from contacts.identity.operations import leave_due_to_people, merge_due, reroute
from contacts.signals.operations import derive_signals
from contacts.signals.time_pass import looks
from journeys.enrollments.operations import (
    advance_enrollments,
    enter_journeys,
    leave_before_moving,
    leave_journeys,
    looks_at_time,
    take_turns,
)
from journeys.offers.granting import answer_offers, expire_grants
from journeys.versions.operations import end_pauses
from orchestrator.arbiter.lanes import decide_all
from orchestrator.arbiter.operations import decide_touches
from orchestrator.kernel import known, locks, planned, sql, statistics
from orchestrator.kernel.faults import fault
from orchestrator.kernel.scope import EVERYBODY, Scope

STEPS = (
    derive_signals,  # events and time     -> signals fired, stages moved, segments kept
    leave_journeys,  # goal, exit, consent -> enrollments closed, at once, also in a wait
    enter_journeys,  # signals ...         -> enrollments opened, or a refusal with its reason
    advance_enrollments,  # due enrollments     -> transitions, touches proposed
    decide_touches,  # proposed or held    -> approved, held until, suppressed: one reason each
)  # deliver_touches and roll_up_kpis run on their own beats
log = structlog.get_logger()
WORK = locks.TICK
TIME = Scope(timed=True, news=frozenset())
MOST_ROUNDS = 100_000
MANY = 500  # people from whom on a plan made for one row hurts
GROWTH_OF_EVENTS = 1.05  # they come in the order of time: see kernel.statistics
HOT = (
    "journeys_enrollment",
    "journeys_touch",
    "contacts_signalfiring",
    "contacts_segmentchange",
    "consent_state",
    "contacts_contact",
)


@dataclass
class TickReport:
    """What one tick did. decided counts by (outcome, reason), entered by reason ("" = taken in), left by reason."""

    contacts: int = 0
    changes: int = 0
    left: Counter[str] = field(default_factory=Counter)
    entered: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    decided: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def approved(self) -> int:
        """How many touches may be delivered now."""
        return sum(n for (outcome, _), n in self.decided.items() if outcome == "approved")

    def add(self, other: "TickReport") -> None:
        """Take in what another tick did."""
        self.contacts += other.contacts
        self.changes += other.changes
        self.moved += other.moved
        self.left += other.left
        self.entered += other.entered
        self.decided += other.decided


def tick(*, now: datetime, scope: Scope = EVERYBODY, batch: int | None = None) -> TickReport:
    """Run the flow once for a scope. A batch is one transaction, and every statement may run twice.

    Everything about a person is serialised by one lock: pulse, beat and replay never work at the same time.
    """
    batch = batch or settings.TICK_BATCH
    report = TickReport(contacts=len(scope.contacts or ()))
    with sql.joined:
        locks.hold(WORK)
        _look_at_statistics(now, scope)
        scope = scope.with_news(answer_offers(now=now, scope=scope))
        # what time alone changes in signals is looked at piece by piece before: see _look_at_time
        changed = set() if scope == replace(TIME, journeys=scope.journeys) else derive_signals(now=now, scope=scope)
        report.changes = len(changed)
        fault("condition_read")
        # what derived from the news (a segment, a stage) may end a run as well as the news itself
        wider = scope.with_news(changed)
        time_only = scope.contacts is None and scope.timed  # looked at piece by piece as well
        if not time_only:
            report.left += Counter(leave_journeys(now=now, scope=wider))
        if scope.contacts is None:
            report.left += Counter(leave_before_moving(now=now, scope=scope))
        report.entered += Counter(enter_journeys(now=now, scope=wider))
        _look_at_statistics(now, scope)
        report.moved += advance_enrollments(now=now, scope=wider, batch=batch, early=not time_only)
    _advance(now, scope, batch, report)
    _decide(now, scope, batch, report)
    return report


def _look_at_statistics(now: datetime, scope: Scope) -> None:
    if scope.contacts is None or len(scope.contacts) >= MANY:
        statistics.refresh(HOT)
        statistics.refresh((f"contacts_event_{now:%Y%m}",), growth=GROWTH_OF_EVENTS)


def _advance(now: datetime, scope: Scope, batch: int, report: TickReport) -> None:
    """Batch after batch, each a transaction of its own, until nobody is due."""
    for _ in range(MOST_ROUNDS):
        with sql.joined:
            locks.hold(WORK)
            moved = advance_enrollments(now=now, scope=scope, batch=batch, early=False)
        if not moved:
            break
        report.moved += moved
        fault("before_next")


def _decide(now: datetime, scope: Scope, batch: int, report: TickReport) -> None:
    _look_at_statistics(now, scope)
    report.decided += decide_all(now=now, scope=scope, batch=batch)


def pulse(*, now: datetime, batch: int | None = None, journeys: tuple[int, ...] | None = None) -> TickReport:
    """Take the contacts with news and run the flow for them, until there is no news; woken by the commit of an event.

    The news is deleted in the transaction that acts on it: a crash loses none.
    """
    batch = batch or settings.PULSE_BATCH
    report = TickReport()
    _merge_due(now)
    for _ in range(MOST_ROUNDS):
        with transaction.atomic():
            locks.hold(WORK)
            planned.prefer()
            taken = _claim(now, batch)
            if not taken:
                break
            fault("news_claimed")
            contacts = _who_now({contact for contact, _ in taken}, now)
            scope = Scope(contacts=contacts, news=frozenset(name for _, name in taken), journeys=journeys)
            with known.looked_at(known.TICK):
                report.add(tick(now=now, scope=scope))
            fault("before_step_commit")
        fault("after_step_commit")
        if len(taken) < batch:
            break
    return report


def beat(*, now: datetime, timed: bool = True, journeys: tuple[int, ...] | None = None) -> TickReport:
    """Look at time: news that no pulse took, everybody who is due, every held touch whose time has come.

    timed: also look at conditions that time alone can change (windows that run out, silences), for everybody.
    """
    if journeys is None:
        end_pauses(now=now)
    with sql.joined:
        locks.hold(WORK)
        expire_grants(now=now)
    report = pulse(now=now, journeys=journeys)
    if timed:
        report.add(_look_at_time(now, journeys))
    with sql.joined:
        locks.hold(WORK)
        take_turns(now=now, journeys=journeys)  # into the queue of entries, at which the tick below looks
    quiet = Scope(news=frozenset(), journeys=journeys)
    report.add(tick(now=now, scope=replace(TIME, journeys=journeys) if timed else quiet))
    return report


def rehearse(*, now: datetime) -> None:
    """Run the flow for nobody, in a process that begins: what a first pulse compiles and plans is there before somebody waits.

    Without it the first pulse of each process does that, and whoever waits for the lock waits with it.
    """
    with transaction.atomic():
        locks.hold(WORK)
        planned.prefer()
        with known.looked_at(known.TICK):
            tick(now=now, scope=Scope(contacts=(0,)))


def _look_at_time(now: datetime, journeys: tuple[int, ...] | None) -> TickReport:
    """Bring up to date what time alone changes, a transaction a definition, and act for those for whom it changed.

    What changed is written as news in the same transaction: a crash before the pulse takes it loses none.
    """
    wide: set[str] = set()
    for look in looks(now=now):
        with sql.joined:
            locks.hold(WORK)
            changed = look()
            people = changed.contacts
            if people is None:
                wide |= changed.names
            else:
                News.objects.bulk_create(News(contact_id=pk, name=n, since=now) for n in changed.names for pk in people)
    report = pulse(now=now, journeys=journeys)
    for ended in looks_at_time(now=now, journeys=journeys):
        with sql.joined:
            locks.hold(WORK)
            report.left += Counter(ended())
    if wide:
        report.add(tick(now=now, scope=Scope(news=frozenset(wide), journeys=journeys)))
    return report


def _merge_due(now: datetime) -> None:
    """Make one of two where rules have decided it; what the database refuses is left to people, and the tick goes on."""
    try:
        merge_due(now=now)
    except IntegrityError:
        log.exception("merges of rules are left to people")
        leave_due_to_people()


def _who_now(contacts: set[int], now: datetime) -> tuple[int, ...]:
    """People as they are after the merges; what came late for somebody who was merged goes to the survivor."""
    became = reroute(contact_ids=sorted(contacts), now=now)
    return tuple(sorted({became.get(contact, contact) for contact in contacts}))


def _claim(now: datetime, batch: int) -> list[tuple[Any, ...]]:
    return sql.rows(sql.statement("orchestrator/tick/sql/claim_news.sql"), {"batch": batch, "now": now})


__all__ = ["EVERYBODY", "STEPS", "Scope", "TickReport", "beat", "pulse", "tick"]
