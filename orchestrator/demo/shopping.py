"""What the live visitors do, decided from a seed: who comes, what they do when, and how they answer mails."""

import heapq
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from orchestrator.demo.config import Config
from orchestrator.demo.history import visit
from orchestrator.demo.inbox import Mail
from orchestrator.demo.people import Person, companies, person
from orchestrator.demo.reactions import CARTS, COMES_BACK, FOLLOWS, PROJECTS, Carts, Happening, buy, prices

NEW_PEOPLE = 0.27  # share of visits by somebody new
OPENS, CLICKS, UNSUBSCRIBES = 0.7, 0.6, 0.01
LOOKS_AT_LEADS = 100.0  # seconds between two looks of sales at the queue, on average
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)  # of every visit, which is planned in datetimes
HURRY = 12  # the minutes of a real visit pass as seconds
LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]+)"', re.IGNORECASE)
PICTURE = re.compile(r'<img\b[^>]*?\bsrc="([^"]+)"', re.IGNORECASE)
NUMBER = re.compile(r"\.([0-9]+)@")


@dataclass(order=True)
class Act:
    """Something a visitor does at `at` (seconds of the visitors' clock): an event, a sign-up, or a request to an address."""

    at: float
    turn: int
    kind: str = field(compare=False)  # "event", "sign_up", "get", "unsubscribe", "sales"
    number: int = field(compare=False)
    what: Any = field(compare=False, default=None)


class Shopping:
    """The visitors' intentions. The same seed and the same answers give the same acts."""

    def __init__(self, config: Config, *, run: int, newest: int) -> None:
        self.config = config
        self.run = run
        self.newest = newest  # the last number of a person that signed up
        self.dice = random.Random(f"{config.seed}:visitors:{run}")
        self._acts: list[Act] = []
        self._turn = 0
        self._next_visit = 0.0
        self._next_look = 180.0  # whoever looks first sees the queue as the past left it
        self.carts = Carts()
        self._accounts = companies(seed=config.seed, count=config.companies)

    def due(self, clock: float) -> Iterator[Act]:
        """What is to be done by now, in order."""
        while self._next_visit <= clock:
            self._plan_visit(self._next_visit)
            self._next_visit += self.dice.expovariate(self.config.visits_per_minute / 60)
        while self._next_look <= clock:
            self._add(self._next_look, "sales", 0)
            self._next_look += self.dice.expovariate(1 / LOOKS_AT_LEADS)
        while self._acts and self._acts[0].at <= clock:
            yield heapq.heappop(self._acts)

    def person(self, number: int) -> Person:
        """The person of a number, as at loading."""
        now = datetime.now(UTC)  # only the day of sign-up depends on it, and nobody asks for that here
        return person(seed=self.config.seed, number=number, accounts=self._accounts, start=now, now=now)

    def read(self, mail: Mail, clock: float) -> None:
        """Decide what becomes of a mail: opened, clicked, unsubscribed from, or nothing."""
        dice = random.Random(f"{self.config.seed}:{self.run}:{mail.message['to']}:{mail.message['subject']}")
        found = NUMBER.search(str(mail.message["to"]))
        if not found or dice.random() > OPENS:
            return
        number = int(found[1])
        away = unsubscribe_address(mail)
        at = clock + 3 + dice.expovariate(1 / 12)
        for picture in self._ours(PICTURE, mail.html)[:1]:
            self._add(at, "get", number, picture)
        links = [link for link in self._ours(LINK, mail.html) if link != away]
        if away and dice.random() < UNSUBSCRIBES:
            self._add(at + 5, "unsubscribe", number, away)
        elif links and dice.random() < CLICKS:
            at += 2 + dice.expovariate(1 / 10)
            self._add(at, "get", number, links[0])
            if away:  # a marketing mail: people come back into the shop
                self._come_back(number, at + 3)

    def _ours(self, pattern: re.Pattern[str], page: str) -> list[str]:
        """Addresses in a mail that lead to our own web server: nothing else is ever asked for."""
        return [link for link in map(unescape, pattern.findall(page)) if link.startswith(self.config.web + "/")]

    def _plan_visit(self, at: float) -> None:
        if self.dice.random() < NEW_PEOPLE:
            self.newest += 1
            self._add(at, "sign_up", self.newest)
            self._plan_events(self.newest, at + 4)
        else:
            self._plan_events(self.dice.randrange(1, self.newest + 1), at)

    def _plan_events(self, number: int, at: float) -> None:
        """Plan one visit, and what follows from it: some come back to a cart they left, or to the prices for projects."""
        person = self.person(number)
        seen = list(visit(self.dice, person, BEGIN, f"L{self.run}-{self._turn}"))
        self._do(number, at, seen)
        for name, _, properties in seen:
            self.carts.note(number, name, properties)
        if self.dice.random() < COMES_BACK:
            self._do(number, at + self.dice.uniform(90, 600), self.carts.order(self.dice, person, BEGIN))
        if any(name == "whitepaper_downloaded" for name, _, _ in seen) and self.dice.random() < FOLLOWS[PROJECTS]:
            self._do(number, at + self.dice.uniform(40, 200), prices(self.dice, BEGIN))

    def _come_back(self, number: int, at: float) -> None:
        """Have somebody who clicked a link order the cart that waits, buy a lamp, or look around."""
        person, dice = self.person(number), self.dice
        if dice.random() < FOLLOWS[CARTS] and (order := list(self.carts.order(dice, person, BEGIN))):
            self._do(number, at, order)
        elif dice.random() < FOLLOWS["onboarding"]:
            self._do(number, at, buy(dice, person, BEGIN, f"L{self.run}-{self._turn}"))
        else:
            self._plan_events(number, at)

    def _do(self, number: int, at: float, happenings: Iterable[Happening]) -> None:
        """Plan events: minutes pass as seconds, and what lies days ahead is left out."""
        for name, when, properties in happenings:
            if when - BEGIN < timedelta(hours=1):
                self._add(at + (when - BEGIN).total_seconds() / HURRY, "event", number, (name, properties))

    def _add(self, at: float, kind: str, number: int, what: Any = None) -> None:
        self._turn += 1
        heapq.heappush(self._acts, Act(at, self._turn, kind, number, what))


def unsubscribe_address(mail: Mail) -> str:
    """The address of the one-click header (RFC 8058), empty in service messages."""
    found = re.search(r"<(https?://[^>]+)>", str(mail.message["List-Unsubscribe"] or ""))
    return found[1] if found else ""
