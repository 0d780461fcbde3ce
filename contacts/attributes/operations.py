"""Define attributes, adopt or ignore what arrives, and let values go when their time is over."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction

from contacts.attributes.drafts import Draft, Said, draft_problems
from contacts.attributes.models import ApartValue, Attribute
from contacts.attributes.rules import typed
from contacts.conditions.uses import Use, uses_of
from orchestrator.kernel import doorbell, sql

PORTION = 50_000  # people in one transaction: a second or two, so that nobody who writes to them waits long
_DECODE = msgspec.json.Decoder().decode
_ENCODE = msgspec.json.Encoder(decimal_format="number").encode


class InvalidAttribute(Exception):
    """Something is wrong with a definition; `problems` lists field and sentence."""

    def __init__(self, problems: list[tuple[str, Said]]) -> None:
        super().__init__("; ".join(f"{field}: {said['en']}" for field, said in problems))
        self.problems = problems


class DoesNotFit(Exception):
    """Values that are stored do not fit the wanted type: `people` have one, `example` is one of them."""

    def __init__(self, people: int, example: str) -> None:
        super().__init__(f"{people} people have a value that does not fit, for example {example}")
        self.people, self.example = people, example


class StillUsed(Exception):
    """Rules name the attribute; `uses` lists them."""

    def __init__(self, uses: list[Use]) -> None:
        super().__init__(", ".join(f"{use.room} {use.user}" for use in uses))
        self.uses = uses


class Adoption(NamedTuple):
    """What adopting a key came to, in people.

    moved: got a value; waiting: more than a portion, they follow by take_over_values; left: theirs does not fit.
    """

    attribute: Attribute
    moved: int
    waiting: int
    left: int


class Deletion(NamedTuple):
    """What deleting an attribute came to: people who lost a value, and whether more follow by remove_values."""

    people: int
    more: bool


class _Looked(NamedTuple):
    """What a look at values found: by JSON text how many people have one that does not fit, and the form of those that get one."""

    refused: dict[str, int]
    changed: dict[str, Any]
    fitting: int


@transaction.atomic
def save_attribute(*, draft: Draft, now: datetime, attribute_id: int | None = None) -> Attribute:
    """Define an attribute, or change its definition; the key of one that is there stays.

    Raises InvalidAttribute, and DoesNotFit when stored values are not of the new type: nothing was written.
    """
    old = Attribute.objects.select_for_update().get(pk=attribute_id) if attribute_id else None
    draft = draft._replace(key=old.key) if old else draft
    problems = draft_problems(draft)
    if not problems:
        problems = _taken(draft.key, old)
    if problems:
        raise InvalidAttribute(problems)
    fields = draft._asdict() | {"choices": list(draft.choices), "state": Attribute.State.ACTIVE}
    fields |= {
        "name_en": draft.name_en or draft.name_de or draft.key,
        "name_de": draft.name_de or draft.name_en or draft.key,
    }
    if old is None:
        return Attribute.objects.create(created_at=now, **fields)
    if (draft.kind, list(draft.choices)) != (old.kind, old.choices):
        _rewrite(draft, now)
    for name, value in fields.items():
        setattr(old, name, value)
    old.save()
    return old


def _taken(key: str, old: Attribute | None) -> list[tuple[str, Said]]:
    """Why a key cannot be defined now: it is already, or its values are still being removed."""
    there = old or Attribute.objects.filter(key=key).first()
    if there is not None and there.state == Attribute.State.LEAVING:
        return [("key", {"en": f"{key} is being deleted", "de": f"{key} wird gerade gelöscht"})]
    if there is not None and old is None:
        return [("key", {"en": f"{key} is defined already", "de": f"{key} ist schon definiert"})]
    return []


@transaction.atomic
def adopt_key(*, draft: Draft, now: datetime) -> Adoption:
    """Define a key that arrives, and take over the values that fit, of PORTION people at once; the others stay apart.

    Raises InvalidAttribute: nothing was written.
    """
    attribute = save_attribute(draft=draft, now=now)
    moved, waiting = _take_over(attribute, now)
    apart = ApartValue.objects.filter(key=attribute.key).count()
    return Adoption(attribute, moved, waiting, apart - waiting)


@transaction.atomic
def ignore_key(*, key: str, now: datetime) -> int:
    """Decide not to know a key: what is kept apart is deleted, what arrives is dropped. Returns the people concerned.

    Raises InvalidAttribute when the key is defined.
    """
    made = Attribute.objects.get_or_create(
        key=key, defaults={"state": Attribute.State.IGNORED, "name_en": key, "name_de": key, "created_at": now}
    )[0]
    if made.state != Attribute.State.IGNORED:
        raise InvalidAttribute([("key", {"en": f"{key} is defined", "de": f"{key} ist definiert"})])
    return ApartValue.objects.filter(key=key).delete()[0]


@transaction.atomic
def delete_attribute(*, attribute_id: int, now: datetime) -> Deletion:
    """Delete a definition and its values, those of PORTION people at once; from now on nothing is kept under its key.

    Raises StillUsed: nothing was written.
    """
    attribute = Attribute.objects.select_for_update().get(pk=attribute_id)
    if uses := uses_of("attribute", attribute.key):
        raise StillUsed(uses)
    attribute.state = Attribute.State.LEAVING
    attribute.save(update_fields=["state"])
    return Deletion(_remove(now), Attribute.objects.filter(pk=attribute_id).exists())


@transaction.atomic
def remove_values(*, now: datetime) -> bool:
    """Go on removing the values of attributes that are being deleted, of PORTION people; returns whether more may wait."""
    if not Attribute.objects.filter(state=Attribute.State.LEAVING).exists():
        return False  # nobody has to be read
    _remove(now)
    return Attribute.objects.filter(state=Attribute.State.LEAVING).exists()


@transaction.atomic
def define_attributes(*, drafts: Iterable[Draft], now: datetime) -> None:
    """Define the keys that are not defined yet, e.g. those of a file's mapping. Raises InvalidAttribute."""
    wanted = {draft.key: draft for draft in drafts}
    for key in Attribute.objects.filter(key__in=wanted).values_list("key", flat=True):
        del wanted[key]
    for draft in wanted.values():
        save_attribute(draft=draft, now=now)


@transaction.atomic
def expire_values(*, now: datetime) -> int:
    """Remove the values that are older than their definition keeps them; returns how many people lost one.

    PORTION people at once: called again until nobody is left.
    """
    if not Attribute.objects.exclude(keep_days=None).exists():
        return 0  # nobody has to be read
    given = {"now": now, "most": PORTION}
    ((people,),) = sql.rows(sql.statement("contacts/attributes/sql/expire.sql"), given)
    if people:
        doorbell.ring()
    return int(people)


@transaction.atomic
def take_over_values(*, now: datetime) -> int:
    """Take over what is kept apart although it is defined by now; returns how many people got a value.

    One statement and a look at the values for each key that is concerned, PORTION people at once: called again until
    nobody is left.
    """
    sql.rows(sql.statement("contacts/attributes/sql/tidy.sql"))
    apart = ApartValue.objects.values("key")
    found = Attribute.objects.filter(state=Attribute.State.ACTIVE, key__in=apart)
    return sum(_take_over(attribute, now)[0] for attribute in found)


def _remove(now: datetime) -> int:
    """Remove a portion, and the definitions when it was the last one; returns how many people had a value."""
    given = {"most": PORTION, "now": now}
    ((people, apart),) = sql.rows(sql.statement("contacts/attributes/sql/remove.sql"), given)
    if max(people, apart) < PORTION:
        Attribute.objects.filter(state=Attribute.State.LEAVING).delete()
    if people:
        doorbell.ring()
    return int(people)


def _take_over(attribute: Attribute, now: datetime) -> tuple[int, int]:
    """Move a portion of the values that fit; returns how many people have one by this, and how many still wait."""
    looked = _look(
        attribute.kind,
        attribute.choices,
        "SELECT value::text, count(*) FROM contacts_apartvalue "
        "WHERE key = %s AND value <> 'null' AND (%s = '' OR source = %s) GROUP BY value",
        attribute.key,
        attribute.source,
        attribute.source,
    )
    given = {
        "key": attribute.key,
        "source": attribute.source,
        "refused": json.dumps(list(looked.refused)),
        "changed": _ENCODE(looked.changed).decode(),
        "most": PORTION,
        "now": now,
    }
    ((moved,),) = sql.rows(sql.statement("contacts/attributes/sql/take_over.sql"), given)
    ApartValue.objects.filter(key=attribute.key, value=None).delete()
    if moved:
        doorbell.ring()
    return int(moved), max(0, looked.fitting - PORTION)


def _rewrite(draft: Draft, now: datetime) -> None:
    """Let stored values follow a new type; raises DoesNotFit."""
    looked = _look(
        draft.kind,
        draft.choices,
        "SELECT (attributes -> %s)::text AS value, count(*) FROM contacts_contact WHERE attributes ? %s GROUP BY value",
        draft.key,
        draft.key,
    )
    if looked.refused:
        raise DoesNotFit(sum(looked.refused.values()), next(iter(looked.refused)))
    if looked.changed:
        given = {"key": draft.key, "changed": _ENCODE(looked.changed).decode(), "now": now}
        sql.rows(sql.statement("contacts/attributes/sql/rewrite.sql"), given)
        doorbell.ring()


def _look(kind: str, choices: Iterable[Mapping[str, Any]], text: str, *params: Any) -> _Looked:
    """Look at every different value once, in portions, and keep only those that do not fit or change."""
    refused: dict[str, int] = {}
    changed: dict[str, Any] = {}
    fitting = 0
    listed = list(choices)
    with connection.chunked_cursor() as cursor:
        cursor.execute(text, params)
        while rows := cursor.fetchmany(10_000):
            for written, people in rows:
                value = _DECODE(written)
                try:
                    form = typed(kind, value, listed)
                except ValueError:
                    refused[written] = people
                    continue
                fitting += people
                if form != value or type(form) is not type(value):
                    changed[written] = form
    return _Looked(refused, changed, fitting)
