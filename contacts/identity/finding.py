"""Looks up whom messages are about, and writes what was decided about them: a constant number of statements."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings

from contacts.identity.resolution import NOTHING_STANDS, Person, Placed, Resolution, Standing, resolve
from contacts.identity.rules import ANONYMOUS, BY_RULES, EMAIL, LINKS_COUNT_FOR, USER, Key, Seen, apart_key, claims
from contacts.profiles.arriving import tell_of_addresses
from contacts.profiles.keys import hold_keys
from contacts.profiles.rules import DEFAULT_LANGUAGE
from orchestrator.kernel import doorbell, sql


class Identified(NamedTuple):
    """Whom a message is about. may_change: whether it may change the profile (never somebody's known, by a public key)."""

    contact_id: int
    may_change: bool


class KeepsChanging(Exception):
    """Somebody outside of these operations took the same people away again and again."""


def find_or_make(people: list[Seen], *, now: datetime, source: str, trusted: bool) -> list[Identified]:
    """Say whom checked messages are about. Raises KeepsChanging."""
    keys = find_keys(people, trusted)
    for attempt in range(4):
        if attempt:  # user ids and addresses under the names by which profiles hold them
            hold_keys(key.value if key.kind in (USER, EMAIL) else f"{key.kind} {key.value}" for key in keys)
        placed, resolution = _resolve(people, keys, trusted, now)
        ids = _known_ids(placed, resolution)
        if ids is None and attempt:  # the first look holds no locks: most calls find everybody as they are
            ids = _write(placed, resolution, now, source)
        if ids is not None:
            return ids
    raise KeepsChanging(source)


def find_keys(people: Iterable[Seen], trusted: bool) -> list[Key]:
    """List the identifiers that say whom checked messages are about, each once."""
    keys: dict[Key, None] = {}
    for seen in people:
        keys.update(dict.fromkeys(claims(seen)))
        if seen.anonymous_id:
            keys[Key(ANONYMOUS, seen.anonymous_id)] = None
        if seen.previous_id:
            keys |= {Key(USER, seen.previous_id): None, Key(ANONYMOUS, seen.previous_id): None}
        if not trusted or not seen.anonymous_id:
            keys[apart_key(seen)] = None
    return list(keys)


def _resolve(clean: list[Seen], keys: list[Key], trusted: bool, now: datetime) -> tuple[list[Placed], Resolution]:
    """Decide in memory; what was decided before is only read when there is a question."""
    found = _look_up(keys)
    placed, resolution = resolve(clean, trusted=trusted, found=found, standing=NOTHING_STANDS)
    if resolution.questions:
        standing = _standing(resolution, now)
        placed, resolution = resolve(clean, trusted=trusted, found=found, standing=standing)
    return placed, resolution


def _look_up(keys: list[Key]) -> list[tuple[Any, ...]]:
    given = {"kinds": [key.kind for key in keys], "vals": [key.value for key in keys]}
    return sql.rows(sql.statement("contacts/identity/sql/look_up.sql"), given)


def _standing(resolution: Resolution, now: datetime) -> Standing:
    pairs = {
        (min(q.base.id, q.other.id), max(q.base.id, q.other.id))
        for q in resolution.questions
        if q.base.id and q.other.id
    }
    people = {person.id for q in resolution.questions for person in (q.base, q.other) if person.id}
    given = {
        "contacts": sorted(people),
        "firsts": [one for one, _ in pairs],
        "seconds": [other for _, other in pairs],
        "since": now - LINKS_COUNT_FOR,
        "by_rules": BY_RULES,
    }
    standing = Standing({}, Counter(), Counter())
    for what, first, second, state, n in sql.rows(sql.statement("contacts/identity/sql/standing.sql"), given):
        if what == "pair":
            standing.pairs[first, second] = state
        else:
            (standing.open if what == "open" else standing.links)[first] = n
    return standing


def _known_ids(placed: list[Placed], resolution: Resolution) -> list[Identified] | None:
    """The ids when there is nothing to write."""
    if resolution.made or resolution.questions or any(p.person.fills or p.person.links for p in placed):
        return None
    return [Identified(p.person.id or 0, p.may_change) for p in placed]


def _write(placed: list[Placed], resolution: Resolution, now: datetime, source: str) -> list[Identified] | None:
    """Write what was decided; None when somebody was merged meanwhile, or the user id was taken."""
    people: dict[Person, int] = {}
    for person in [p.person for p in placed] + [p for q in resolution.questions for p in (q.base, q.other)]:
        people.setdefault(person.became or person, len(people))
    rows = [
        {
            "place": place,
            "id": person.id,
            **({"external_id": person.external_id} if person.fills else {}),
            **({name: getattr(person, name) or None for name in ("email", "phone")} if person.fills else {}),
            "default_language": DEFAULT_LANGUAGE,
            "default_zone": settings.TEAM_TIME_ZONE,
        }
        for person, place in people.items()
    ]
    links = [
        {"n": n, "place": place, "kind": key.kind, "value": key.value}
        for person, place in people.items()
        for n, key in enumerate(person.links)
    ]
    questions = [
        {
            "base": people[q.base.became or q.base],
            "other": people[q.other.became or q.other],
            **q.key._asdict(),
            "reason": q.reason,
        }
        for q in resolution.questions
    ]
    given = {"people": rows, "links": links, "questions": questions}
    text = sql.statement("contacts/identity/sql/identify.sql")
    found = dict(
        sql.rows(text, {name: json.dumps(value) for name, value in given.items()} | {"source": source[:50], "now": now})
    )
    if len(found) < len(people):
        return None
    tell_of_addresses([row["email"] for row in rows if row.get("email")], now)
    doorbell.ring()
    return [Identified(found[people[p.person]], p.may_change) for p in placed]
