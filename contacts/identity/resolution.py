"""Decides whom messages are about, one after the other, in memory: what is known goes in, what is to be written comes out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from contacts.identity.rules import (
    ANONYMOUS,
    EMAIL,
    MOST_LINKS,
    PHONE,
    PREVIOUS,
    USER,
    Key,
    Seen,
    apart_key,
    claims,
    linkable,
)


@dataclass(eq=False)
class Person:
    """Somebody who is known, or (id None) is about to be made."""

    id: int | None = None
    external_id: str | None = None
    email: str = ""
    phone: str = ""
    fills: bool = False  # a column gets its first value
    links: list[Key] = field(default_factory=list)  # identifiers that are new for them
    became: "Person | None" = None  # made in this call and found to be somebody else

    @property
    def known(self) -> bool:
        """Whether this is more than a visitor without a name."""
        return bool(self.external_id or self.email)


class Question(NamedTuple):
    """Two people who may be one. reason empty: rules have decided it, `other` goes into `base`."""

    base: Person
    other: Person
    key: Key
    reason: str


class Standing(NamedTuple):
    """What was decided before. pairs: two ids, the smaller first -> state; open, links: id of a person -> how many."""

    pairs: dict[tuple[int, int], str]
    open: Counter[int]
    links: Counter[int]


class Placed(NamedTuple):
    """Whom a message is about, and whether it may change what is known of them."""

    person: Person
    may_change: bool


NOTHING_STANDS = Standing({}, Counter(), Counter())


class Resolution:
    """What is known about the identifiers of a call, growing with each message."""

    def __init__(self, held: dict[Key, list[Person]], blocked: set[Key], standing: Standing) -> None:
        self.held = held
        self.blocked = blocked
        self.standing = standing
        self.made: list[Person] = []
        self.questions: list[Question] = []

    def place(self, seen: Seen, *, trusted: bool) -> Placed:
        """Say whom a message is about."""
        if seen.previous_id and not self._holder(Key(USER, seen.previous_id)):
            if not seen.anonymous_id:  # not a user id: the id of a browser or a device
                seen = seen._replace(anonymous_id=seen.previous_id)
            seen = seen._replace(previous_id=None)
        said = [key for key in claims(seen) if key not in self.blocked]
        visitor = Key(ANONYMOUS, seen.anonymous_id) if seen.anonymous_id else None
        if visitor and said and (visitor in self.blocked or not linkable(visitor.value)):
            visitor = None  # anybody could say this: it leads to nobody who is known
        if not said:
            return Placed(self._alone(seen, visitor), may_change=True)
        return self._with_proof(seen, said, visitor) if trusted else self._without_proof(seen, said, visitor)

    def _alone(self, seen: Seen, visitor: Key | None) -> Person:
        """Nothing says who this is: a visitor, or somebody with an identifier that means nobody."""
        key = visitor or apart_key(seen)
        person = self._holder(key) or self._make(seen._replace(user_id=None), key)
        if visitor is None:
            self._fill(person, seen._replace(user_id=None))
        return person

    def _with_proof(self, seen: Seen, said: list[Key], visitor: Key | None) -> Placed:
        base: Person | None = None
        others: list[tuple[Person, Key]] = []
        if seen.previous_id and (before := self._holder(Key(USER, seen.previous_id))):
            if self._holder(Key(USER, seen.user_id or "")):
                others.append((before, Key(PREVIOUS, seen.previous_id)))
            else:
                base = before  # one person, who has one more user id from now on
        for key in [*said, *([visitor] if visitor else [])]:
            for person in self._holders(key):
                if base is None and not _conflict(Person(None, seen.user_id, seen.email or ""), person, key):
                    base = person
                elif person is not base:
                    others.append((person, key))
        base = base or self._make(Seen())
        self._fill(base, seen if Key(USER, seen.user_id or "") in said else seen._replace(user_id=None))
        for other, key in others:
            self._settle(base, other, key)
        for key in [*said, *([visitor] if visitor else [])]:
            if not self.held.get(key) and key.value not in (base.external_id, base.email, base.phone):
                if key.kind not in (EMAIL, PHONE):
                    self._link(base, key)
        return Placed(base, may_change=True)

    def _without_proof(self, seen: Seen, said: list[Key], visitor: Key | None) -> Placed:
        """A browser says so: it may give a visitor a name that nobody has, and changes nobody who has one."""
        holders = [person for key in said for person in self._holders(key)]
        if visitor is None:
            person = self._holder(apart_key(seen)) or self._make(Seen(), apart_key(seen))
        else:
            person = self._holder(visitor) or self._make(Seen(), visitor)
            if person.known:
                named = Person(None, seen.user_id, seen.email or "")
                if self._holder(said[0]) is person or not _conflict(named, person, visitor):
                    return Placed(person, may_change=False)
                person = self._holder(apart_key(seen)) or self._make(Seen(), apart_key(seen))
            elif not holders:
                self._fill(person, seen if Key(USER, seen.user_id or "") in said else seen._replace(user_id=None))
                return Placed(person, may_change=True)
        for holder in holders[:1]:
            if holder is not person:
                self._ask(person, holder, said[0], "unproven")
        return Placed(person, may_change=True)

    def _settle(self, base: Person, other: Person, key: Key) -> None:
        """Somebody else has one of the identifiers: the same person, or a question for people."""
        if other is base:
            return
        if other.id is None and not other.known and not other.became:
            other.became = base  # made a moment ago
            for link in other.links:
                self.held[link] = [base]
                base.links.append(link)
            other.links = []
            return
        reason = _conflict(base, other, key) or ("both_known" if other.known else "")
        if not reason and self._linked(base) >= MOST_LINKS:
            reason = "many_links"
        self._ask(base, other, key, reason)

    def _ask(self, base: Person, other: Person, key: Key, reason: str) -> None:
        state = self.standing.pairs.get(_pair(base, other))
        if state and not (state == "open" and not reason):
            return
        if reason and max(self._asked(base), self._asked(other)) >= MOST_LINKS:
            return  # a key that so many share is no reason to ask once more
        self.questions.append(Question(base, other, key, reason))
        if not reason:
            self.held[key] = [base]
            base.links.append(key)

    def _linked(self, base: Person) -> int:
        return self.standing.links[base.id or 0] + sum(q.base is base and not q.reason for q in self.questions)

    def _asked(self, person: Person) -> int:
        now = sum(bool(q.reason) and person in (q.base, q.other) for q in self.questions)
        return now + self.standing.open[person.id or 0]

    def _holders(self, key: Key) -> Iterator[Person]:
        for person in self.held.get(key, ()):
            yield person.became or person

    def _holder(self, key: Key) -> Person | None:
        return next(self._holders(key), None)

    def _make(self, seen: Seen, *keys: Key) -> Person:
        person = Person()
        self.made.append(person)
        self._fill(person, seen)
        for key in keys:
            self._link(person, key)
        return person

    def _link(self, person: Person, key: Key) -> None:
        self.held[key] = [person]
        person.links.append(key)

    def _fill(self, person: Person, seen: Seen) -> None:
        """Give the columns that are empty their first value; what is there changes by the profile only."""
        for name, kind, value in (
            ("external_id", USER, seen.user_id),
            ("email", EMAIL, seen.email),
            ("phone", PHONE, seen.phone),
        ):
            if value and not getattr(person, name):
                setattr(person, name, value)
                person.fills = True
                holders = self.held.setdefault(Key(kind, value), [])
                if person not in holders:
                    holders.append(person)


def _conflict(one: Person, other: Person, key: Key) -> str:
    """What speaks against one being the other: two strong identifiers that differ."""
    if one.external_id and other.external_id and one.external_id != other.external_id and key.kind != USER:
        return "user_ids"
    if key.kind in (ANONYMOUS, PHONE) and one.email and other.email and one.email != other.email:
        if not (one.external_id and one.external_id == other.external_id):
            return "emails"
    return ""


def _pair(one: Person, other: Person) -> tuple[int, int]:
    first, second = one.id or 0, other.id or 0
    return (first, second) if first < second else (second, first)


def resolve(
    people: Sequence[Seen], *, trusted: bool, found: Sequence[tuple[Any, ...]], standing: Standing
) -> tuple[list[Placed], Resolution]:
    """Place every message in order; equal ones once. found: the rows of look_up."""
    known: dict[int, Person] = {}
    held: dict[Key, list[Person]] = {}
    for kind, value, _, contact_id, *columns in found:
        if contact_id is not None:
            person = known.setdefault(contact_id, Person(contact_id, *columns))
            holders = held.setdefault(Key(kind, value), [])
            if person not in holders:
                holders.append(person)
    blocked = {Key(kind, value) for kind, value, is_blocked, *_ in found if is_blocked}
    resolution = Resolution(held, blocked, standing)
    once: dict[tuple[object, ...], Placed] = {}
    placed = []
    for seen in people:
        same = (*seen[:4], seen.previous_id, *sorted(seen.ids.items()))
        if same not in once:
            once[same] = resolution.place(seen, trusted=trusted)
        one = once[same]
        placed.append(one)
    return [Placed(one.person.became or one.person, one.may_change) for one in placed], resolution
