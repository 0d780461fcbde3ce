"""The last weeks of the demo's past: the real tick runs through them with a virtual clock; nothing is really sent."""

import heapq
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from consent.records.operations import Choice, record_consents
from contacts.events.models import News
from contacts.events.operations import NewEvent, record_events
from contacts.handover.rules import Action
from contacts.profiles.operations import upsert_contacts
from contacts.segments.lists import record_sizes
from contacts.segments.models import SegmentMember
from contacts.signals.models import SignalFiring
from contacts.stages.models import StageChange
from journeys.enrollments.models import Enrollment, Touch, Transition
from orchestrator.arbiter.models import Verdict
from orchestrator.demo.history import Fact
from orchestrator.demo.people import Person
from orchestrator.demo.reactions import ASKED_FOR, CARTS, CLICKS, OPENS, PROJECTS, Carts, Sent, follow
from orchestrator.demo.sales import SalesDesk
from orchestrator.kernel import sql
from orchestrator.kernel.scope import EVERYBODY, Scope
from orchestrator.tick.loop import tick

SOURCE = "demo"
HOURS = (
    4,
    15,
)  # UTC: when the clock of the past stops to look; never in the middle of a visit, never 12 hours after one
ASKING = tuple(
    timedelta(hours=hours) for hours in (100, 26, 11, 4)
)  # before the end: leads that nobody has answered yet
BATCH = 10_000
WHOLE_EVERY = 3  # days
ANALYZE_EVERY = 4  # days: tables grow from nothing, and stale statistics cost ten times
GROWING = (Enrollment, Transition, Touch, Verdict, SignalFiring, SegmentMember, StageChange)


def moments(start: datetime, now: datetime) -> Iterator[datetime]:
    """When the clock stops: twice a day, every third hour of the last day, and now."""
    at = start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while at < now:
        if at.hour in HOURS or (at.hour % 3 == 0 and now - at < timedelta(days=1)):
            yield at
        at += timedelta(hours=1)
    yield now


class Past:
    """What has still to happen in the past, in order, and who is known already (`ids`, by number)."""

    def __init__(self, people: Sequence[Person], facts: Sequence[Fact], *, seed: int, end: datetime) -> None:
        self.people = {person.number: person for person in people}
        self.numbers: dict[int, int] = {}
        self.ids: dict[int, int] = {}
        self.seed = seed
        self.end = end
        self.carts = Carts()
        self._reactions = 0
        self._last_run = 0
        self.asked: set[int] = set()
        self._asking = sorted(ASKING, reverse=True)
        self._newcomers = sorted(people, key=lambda person: person.created_at)
        self._facts = list(facts)
        heapq.heapify(self._facts)
        self._choices = sorted(_choices(people), key=lambda choice: choice[0])

    def happen(self, until: datetime, desk: SalesDesk | None = None) -> Scope:
        """Let everything happen until a time; returns whom it concerned, and what."""
        news = {"profile"} if self._arrive(until) else set()
        concerned: set[int] = set()
        for contact_id, at, action, value in desk.work(until, later=self.asked) if desk else ():
            concerned.add(contact_id)
            news |= {"handover", "stage"}
            if action is Action.WIN:
                self._deal(contact_id, at, value)
        choices = []
        while self._choices and self._choices[0][0] <= until:
            at, number, purpose, decision = self._choices.pop(0)
            wording = f"{purpose}/{self.people[number].said['language']}/1"
            choices.append(Choice(self.ids[number], purpose, decision, "sign-up form", wording, at=at))
        if choices:
            record_consents(choices=choices, now=until)
            news.add("consent")
        events = []
        while self._facts and self._facts[0].at <= until:
            at, number, message_id, name, properties = heapq.heappop(self._facts)
            events.append(NewEvent(self.ids[number], name, at, properties, message_id))
            self.carts.note(number, name, properties)
        for first in range(0, len(events), BATCH):
            record_events(events=events[first : first + BATCH], source=SOURCE, now=until)
        concerned.update(event.contact_id for event in events)
        concerned.update(choice.contact_id for choice in choices)
        News.objects.all().delete()  # whoever calls ticks for them
        return Scope(contacts=tuple(sorted(concerned)), news=frozenset(news | {event.name for event in events}))

    def _arrive(self, until: datetime) -> int:
        """Have people known who came until then; `now` is the day they came, so that the table says so."""
        count = 0
        while self._newcomers and self._newcomers[0].created_at <= until:
            day = self._newcomers[0].created_at.date()
            together = [p for p in self._newcomers if p.created_at.date() == day and p.created_at <= until]
            contacts = [person.contact() for person in together]
            found = upsert_contacts(people=contacts, now=together[0].created_at, source=SOURCE)
            self.ids.update(zip([person.number for person in together], found, strict=True))
            self.numbers.update(zip(found, [person.number for person in together], strict=True))
            del self._newcomers[: len(together)]
            count += len(together)
        return count

    def react(self, sent: Sequence[tuple[Any, ...]]) -> None:
        """Let people open and click what they got, and some do what the mail was about.

        Opens and clicks are known only of those who agreed to profiling; what they order is known of everybody.
        """
        for one in (Sent(*row) for row in sent):
            person = self.people[self.numbers[one.contact_id]]
            dice = random.Random(f"{self.seed}:mail:{person.number}:{one.at.isoformat()}:{one.block}")
            opens, clicks = ASKED_FOR.get(one.block, (OPENS, CLICKS))
            if dice.random() > opens:
                continue
            at = one.at + timedelta(minutes=dice.expovariate(1 / 140))
            mail = {"touch": one.touch, "journey": one.journey, "block": one.block, "likely_machine": False}
            clicked = dice.random() < clicks
            if person.consents["profiling"]:
                self._add(person, "email_opened", at, mail)
            at += timedelta(seconds=dice.randrange(8, 90))
            if clicked and person.consents["profiling"]:
                self._add(person, "email_clicked", at, mail)
            if clicked:
                for happening in follow(dice, person, one, at, self.carts):
                    self._add(person, *happening)

    def come_back(self) -> None:
        """Let some of those who left a cart come back by themselves, whether they are reminded or not."""
        runs = Enrollment.objects.filter(journey__slug=CARTS, pk__gt=self._last_run).order_by("pk")
        for pk, contact_id, arm, entered_at in list(runs.values_list("pk", "contact_id", "arm", "entered_at")):
            self._last_run = pk
            person = self.people[self.numbers[contact_id]]
            dice = random.Random(f"{self.seed}:cart:{person.number}:{entered_at.isoformat()}")
            for happening in self.carts.come_back(dice, person, arm, entered_at):
                self._add(person, *happening)

    def ask(self, at: datetime) -> None:
        """Have a project customer ask for a consultation now and then at the end: these leads wait when the demo begins."""
        while self._asking and self.end - at <= self._asking[0]:
            del self._asking[0]
            runs = Enrollment.objects.filter(journey__slug=PROJECTS, left_at=None, step__kind="wait", due_at__gt=at)
            runs = runs.filter(step__settings__has_key="at_most").exclude(contact__handover__isnull=False)
            for contact_id in runs.order_by("pk").values_list("contact_id", flat=True)[:1]:
                self.asked.add(contact_id)
                person = self.people[self.numbers[contact_id]]
                self._add(person, "pricing_viewed", at + timedelta(minutes=9), {"page": "projects"})
                self._add(person, "demo_requested", at + timedelta(minutes=16), {"topic": "lighting plan"})

    def _deal(self, contact_id: int, at: datetime, value: Decimal) -> None:
        person = self.people[self.numbers[contact_id]]
        self._add(
            person, "order_placed", at, {"order_id": f"P-{contact_id}", "value": int(value), "category": "office"}
        )

    def _add(self, person: Person, name: str, at: datetime, properties: dict[str, Any]) -> None:
        self._reactions += 1
        message_id = f"r-{person.number}-{self._reactions}"
        heapq.heappush(self._facts, Fact(at, person.number, message_id, name, properties))


def relive(past: Past, *, start: datetime, desk: SalesDesk, say: Callable[[str], None]) -> None:
    """Run the real tick through the last weeks. Nothing is sent: what is approved counts as sent at that time."""
    day = None
    tick(now=start, scope=EVERYBODY)
    for at in moments(start, past.end):
        scope = past.happen(at, desk)
        sql.count(sql.statement("orchestrator/demo/sql/count_orders.sql"), {"contacts": list(scope.contacts or ())})
        whole = False
        if day != at.date():
            day = at.date()
            whole = day.toordinal() % WHOLE_EVERY == 0
            if day.weekday() == 0:
                say(f"{day:%d %B}")
            if day.toordinal() % ANALYZE_EVERY == 0:
                _analyze(at)
        # now and then everything is looked at, else only who has news or is due
        tick(now=at, scope=EVERYBODY if whole else replace(scope, contacts=_with_due(scope, at)))
        past.react(sql.rows(sql.statement("orchestrator/demo/sql/pretend_sent.sql")))
        past.come_back()
        past.ask(at)
        record_sizes(now=at)


def _analyze(at: datetime) -> None:
    tables = [model._meta.db_table for model in GROWING]
    sql.count(f"ANALYZE {', '.join([*tables, f'contacts_event_{at:%Y%m}'])}")


def _with_due(scope: Scope, at: datetime) -> tuple[int, ...]:
    due = Enrollment.objects.filter(left_at=None, due_at__lte=at).values_list("contact_id", flat=True)
    held = Touch.objects.filter(state__in=Touch.OPEN).values_list("contact_id", flat=True)
    return tuple(sorted({*(scope.contacts or ()), *due, *held}))


def _choices(people: Sequence[Person]) -> Iterator[tuple[datetime, int, str, str]]:
    for person in people:
        for purpose, granted in person.consents.items():
            yield person.created_at, person.number, purpose, "granted" if granted else "refused"
            if granted and person.withdrawn_at:
                yield person.withdrawn_at, person.number, purpose, "withdrawn"
