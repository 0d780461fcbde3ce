"""The last weeks of the demo's past: the real tick runs through them with a virtual clock; nothing is really sent."""

import heapq
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from consent.records.operations import Choice, record_consents
from contacts.events.models import News
from contacts.events.operations import NewEvent, record_events
from contacts.profiles.operations import upsert_contacts
from orchestrator.demo.history import Fact, visit
from orchestrator.demo.people import Person
from orchestrator.kernel import sql
from orchestrator.kernel.scope import EVERYBODY, Scope
from orchestrator.tick.loop import tick

SOURCE = "demo"
HOURS = (16, 8)  # UTC: when the clock of the past stops to look
NEAR = timedelta(days=25)  # from when on it looks more often
OPENS, CLICKS, ORDERS = 0.46, 0.30, 0.30  # of those who got a mail, opened it, clicked
BATCH = 10_000
WHOLE_EVERY = 2  # days
ANALYZE_EVERY = 4  # days: months and tables grow from nothing, and stale statistics cost ten times


def moments(start: datetime, now: datetime) -> Iterator[datetime]:
    """When the clock stops: once a day, later twice, every third hour of the last day, and now."""
    at = start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while at < now:
        left = now - at
        if at.hour == HOURS[0] or (at.hour in HOURS and left < NEAR) or (at.hour % 3 == 0 and left < timedelta(days=1)):
            yield at
        at += timedelta(hours=1)
    yield now


class Past:
    """What has still to happen in the past, in order, and who is known already (`ids`, by number)."""

    def __init__(self, people: Sequence[Person], facts: Sequence[Fact], *, seed: int) -> None:
        self.people = {person.number: person for person in people}
        self.numbers: dict[int, int] = {}
        self.ids: dict[int, int] = {}
        self.seed = seed
        self._reactions = 0
        self._newcomers = sorted(people, key=lambda person: person.created_at)
        self._facts = list(facts)
        heapq.heapify(self._facts)
        self._choices = sorted(_choices(people), key=lambda choice: choice[0])

    def happen(self, until: datetime) -> Scope:
        """Let everything happen until a time; returns whom it concerned, and what."""
        news = {"profile"} if self._arrive(until) else set()
        concerned: set[int] = set()
        choices = []
        while self._choices and self._choices[0][0] <= until:
            at, number, purpose, decision = self._choices.pop(0)
            choices.append(Choice(self.ids[number], purpose, decision, "sign-up form", "2025-05", at=at))
        if choices:
            record_consents(choices=choices, now=until)
            news.add("consent")
        events = []
        while self._facts and self._facts[0].at <= until:
            at, number, message_id, name, properties = heapq.heappop(self._facts)
            events.append(NewEvent(self.ids[number], name, at, properties, message_id))
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
        """Let people open and click what they got, and now and then come back and buy."""
        for touch_id, contact_id, sent_at, purpose, journey, block in sent:
            number = self.numbers[contact_id]
            dice = random.Random(f"{self.seed}:mail:{number}:{sent_at.isoformat()}:{block}")
            person = self.people[number]
            if dice.random() > OPENS or not person.consents["profiling"]:
                continue
            at = sent_at + timedelta(minutes=dice.expovariate(1 / 140))
            mail = {"touch": touch_id, "journey": journey, "block": block, "likely_machine": False}
            self._add(person, at, "email_opened", mail)
            if dice.random() > CLICKS:
                continue
            at += timedelta(seconds=dice.randrange(8, 90))
            self._add(person, at, "email_clicked", mail)
            if purpose != "service" and dice.random() < ORDERS:
                for name, when, properties in visit(dice, person, at + timedelta(seconds=5), f"m{touch_id}"):
                    self._add(person, when, name, properties)

    def _add(self, person: Person, at: datetime, name: str, properties: dict[str, Any]) -> None:
        self._reactions += 1
        message_id = f"r-{person.number}-{self._reactions}"
        heapq.heappush(self._facts, Fact(at, person.number, message_id, name, properties))


def relive(past: Past, *, start: datetime, now: datetime, say: Callable[[str], None]) -> None:
    """Run the real tick through the last weeks. Nothing is sent: what is approved counts as sent at that time."""
    day = None
    tick(now=start, scope=EVERYBODY)
    for at in moments(start, now):
        scope = past.happen(at)
        sql.count(sql.statement("orchestrator/demo/sql/count_orders.sql"), {"contacts": list(scope.contacts or ())})
        whole = day != at.date() and at.toordinal() % WHOLE_EVERY == 0
        if day != at.date():
            day = at.date()
            say(f"{day:%d %B}")
            if day.toordinal() % ANALYZE_EVERY == 0:
                sql.count("ANALYZE")
        if whole:  # now and then everything is looked at, else only who has news or is due
            tick(now=at, scope=EVERYBODY)
        else:
            tick(now=at, scope=scope)
            tick(now=at, scope=Scope(news=frozenset()))
        past.react(sql.rows(sql.statement("orchestrator/demo/sql/pretend_sent.sql")))


def _choices(people: Sequence[Person]) -> Iterator[tuple[datetime, int, str, str]]:
    for person in people:
        for purpose, granted in person.consents.items():
            yield person.created_at, person.number, purpose, "granted" if granted else "refused"
            if granted and person.withdrawn_at:
                yield person.withdrawn_at, person.number, purpose, "withdrawn"
