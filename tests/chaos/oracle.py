"""The oracle: a fold over its own list of what was said tells whether somebody may be written to. It knows nothing of the product."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple

CONTRACT, OPT_IN, OPT_OUT = "none", "opt_in", "opt_out"
STOPS_ALL = {"bounced", "blocked"}
STOPS_MARKETING = {"complained", "objected"}


class Level(IntEnum):
    """What somebody said about a purpose, the narrowest first."""

    NO = 0
    NOTHING = 1
    CUSTOMER = 2  # bought, was told, did not object: § 7(3) UWG
    YES = 3


class Fact(NamedTuple):
    """One thing that was said or done: when, what, about whom, and the rest."""

    at: datetime
    what: str
    who: int
    more: dict[str, Any]


class Answer(NamedTuple):
    """What holds for a person and a purpose, and since when."""

    level: Level
    since: datetime


@dataclass
class Person:
    """Somebody as they are now."""

    address: str
    named: bool  # has a user id, an address or a phone number
    answers: dict[str, Answer] = field(default_factory=dict)
    restricted: bool = False
    erased: bool = False

    def level(self, purpose: str) -> Level:
        """What this person said about a purpose."""
        answer = self.answers.get(purpose)
        return answer.level if answer else Level.NOTHING


@dataclass
class Purpose:
    """What a message may be for."""

    enforcement: str
    active: bool = True
    channel: str = ""
    parent: str = ""
    customers: bool = False


@dataclass
class World:
    """What holds after the facts so far."""

    people: dict[int, Person] = field(default_factory=dict)
    became: dict[int, int] = field(default_factory=dict)
    before: dict[tuple[int, int], tuple[Person, Person]] = field(default_factory=dict)  # of each merge: loser, survivor
    purposes: dict[str, Purpose] = field(default_factory=dict)
    stopped: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def now_is(self, who: int) -> int:
        """Who somebody is after the merges."""
        while who in self.became:
            who = self.became[who]
        return who


class Oracle:
    """Keeps the list, and answers."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.world = World()

    def copy(self) -> "Oracle":
        """An oracle of its own that heard the same."""
        other = Oracle()
        other.facts, other.world = list(self.facts), deepcopy(self.world)
        return other

    def heard(self, at: datetime, what: str, who: int = 0, **more: Any) -> None:
        """Add a fact to the list."""
        fact = Fact(at, what, who, more)
        self.facts.append(fact)
        tell(self.world, fact)

    def fold(self) -> World:
        """What holds, from the first fact on."""
        world = World()
        for fact in self.facts:
            tell(world, fact)
        return world

    def behind(self, who: int) -> list[int]:
        """Everybody living with the address of a person, and the person."""
        return _behind(self.world, self.world.now_is(who))

    def addresses(self) -> dict[int, str]:
        """The address of each living person."""
        people = self.world.people.items()
        return {who: one.address for who, one in people if who not in self.world.became and not one.erased}

    def states(self) -> dict[tuple[int, str], bool]:
        """Whether each living person agrees to what they ever spoke about."""
        return {
            (who, purpose): answer.level > Level.NOTHING
            for who, person in self.world.people.items()
            if who not in self.world.became and not person.erased
            for purpose, answer in person.answers.items()
            if answer.level is not Level.NOTHING
        }

    def against(self, who: int, address: str, channel: str, purpose: str) -> list[str]:
        """Say all that speaks against a message to a person at an address; nothing: it may go."""
        world = self.world
        person = world.people.get(world.now_is(who))
        if person is None:
            return ["nobody knows this person"]
        found = []
        if person.erased:
            found.append("the person was erased")
        if address != person.address:
            found.append(f"{address} is not the person's address, which is {person.address}")
        what = world.purposes.get(purpose)
        reasons = world.stopped.get((channel, address), set())
        hard = reasons if what is None or what.enforcement != CONTRACT else reasons & STOPS_ALL
        found += [f"{address} is {reason}" for reason in sorted(hard)]
        return found + self._against_purpose(person, channel, purpose)

    def _against_purpose(self, person: Person, channel: str, purpose: str) -> list[str]:
        what = self.world.purposes.get(purpose)
        if what is None:
            return [f"{purpose} is no purpose"]
        if not what.active:
            return [f"{purpose} is off"]
        if what.channel not in ("", channel):
            return [f"{purpose} is not for {channel}"]
        if what.enforcement == CONTRACT:
            return []
        found = []
        if person.restricted:
            found.append("the person is restricted")
        level = person.level(purpose)
        if level is Level.NO:
            found.append(f"said no to {purpose}")
        elif what.enforcement == OPT_IN and level is Level.NOTHING:
            found.append(f"never agreed to {purpose}")
        elif level is Level.CUSTOMER and what.enforcement == OPT_IN and not what.customers:
            found.append(f"{purpose} is not for existing customers")
        return found + (self._against_purpose(person, channel, what.parent) if what.parent else [])


def tell(world: World, fact: Fact) -> None:
    """Let a world go on by one fact."""
    TELLS[fact.what](world, fact)


def _person(world: World, fact: Fact) -> None:
    world.people[fact.who] = Person(fact.more["address"], fact.more.get("named", True))


def _purpose(world: World, fact: Fact) -> None:
    more = dict(fact.more)
    slug = more.pop("slug")
    old = world.purposes.get(slug)
    world.purposes[slug] = Purpose(**{**(vars(old) if old else {}), **more})


def _said(world: World, fact: Fact) -> None:
    """Somebody said something about a purpose. `said_at`: when, if not now; without proof a yes is no answer."""
    more = fact.more
    level = more["level"]
    if level > Level.NOTHING and not more.get("proven", True):
        return
    _answer(world.people[world.now_is(fact.who)], more["purpose"], level, more.get("said_at", fact.at))


def _answer(person: Person, purpose: str, level: Level, since: datetime) -> None:
    old = person.answers.get(purpose)
    if old is None or since >= old.since:  # what is older than what holds changes nothing
        person.answers[purpose] = Answer(level, since)


def _behind(world: World, who: int) -> list[int]:
    """Everybody living with the address of a person: they are one reader."""
    address = world.people[who].address
    others = (n for n, one in world.people.items() if address and one.address == address)
    return sorted({who, *(n for n in others if n not in world.became and not world.people[n].erased)})


def _link(world: World, fact: Fact) -> None:
    """Somebody followed a link in a mail: whoever has the address takes back what they agreed to, or would not mind."""
    who = world.now_is(fact.who)
    for number in _behind(world, who):
        person = world.people[number]
        for purpose in fact.more["purposes"]:
            silent = person.level(purpose) is Level.NOTHING
            minds = world.purposes[purpose].enforcement == OPT_OUT or (number == who and purpose == fact.more["own"])
            if person.level(purpose) > Level.NOTHING or (silent and minds):
                _answer(person, purpose, Level.NO, fact.at)


def _objected(world: World, fact: Fact) -> None:
    """Art. 21: no direct marketing to this person and whoever has the address, for good."""
    who = world.now_is(fact.who)
    for number in _behind(world, who):
        for slug, purpose in world.purposes.items():
            if purpose.enforcement != CONTRACT and world.people[number].level(slug) is not Level.NO:
                _answer(world.people[number], slug, Level.NO, fact.at)
    if world.people[who].address:
        world.stopped.setdefault(("email", world.people[who].address), set()).add("objected")


def _restricted(world: World, fact: Fact) -> None:
    """Art. 18: begins or is lifted for everybody with the address."""
    for number in _behind(world, world.now_is(fact.who)):
        world.people[number].restricted = fact.more["on"]


def _address(world: World, fact: Fact) -> None:
    world.people[world.now_is(fact.who)].address = fact.more["address"]


def _merged(world: World, fact: Fact) -> None:
    """Two are one: of two answers the narrower holds; a visitor without a name narrows by a no only."""
    loser, survivor = world.now_is(fact.more["loser"]), world.now_is(fact.who)
    mine, theirs = world.people[survivor], world.people[loser]
    world.before[loser, survivor] = (deepcopy(theirs), deepcopy(mine))
    for purpose in {*mine.answers, *theirs.answers}:
        was, other = mine.level(purpose), theirs.level(purpose)
        if other is Level.NOTHING and not theirs.named:
            continue
        level = min(was, other)
        if level is Level.NOTHING and was > level:
            level = Level.NO  # somebody agreed and somebody did not: not agreed, and it is said
        if level < was:
            mine.answers[purpose] = Answer(level, fact.at)
    mine.restricted |= theirs.restricted
    mine.address = mine.address or theirs.address
    mine.named |= theirs.named
    world.became[loser] = survivor


def _parted(world: World, fact: Fact) -> None:
    """Two are two again: each has what they had, where that is not more than what held for both last."""
    loser, survivor = fact.more["loser"], fact.who
    theirs, mine = world.before.pop((loser, survivor))
    now = world.people[survivor]
    del world.became[loser]
    back = deepcopy(theirs)
    for purpose in {*mine.answers, *theirs.answers, *now.answers}:
        last = now.level(purpose)
        if last < theirs.level(purpose):
            back.answers[purpose] = Answer(Level.NO, fact.at)
        if mine.level(purpose) < last:
            now.answers[purpose] = Answer(Level.NO, fact.at)
    back.restricted |= now.restricted
    world.people[loser] = back
    if mine.address == "" and theirs.address == now.address:  # it came from the other
        now.address = ""


def _suppressed(world: World, fact: Fact) -> None:
    world.stopped.setdefault((fact.more["channel"], fact.more["address"]), set()).add(fact.more["reason"])


def _erased(world: World, fact: Fact) -> None:
    world.people[world.now_is(fact.who)].erased = True


TELLS = {
    "person": _person,
    "purpose": _purpose,
    "said": _said,
    "link": _link,
    "address": _address,
    "merged": _merged,
    "parted": _parted,
    "suppressed": _suppressed,
    "restricted": _restricted,
    "objected": _objected,
    "erased": _erased,
}
