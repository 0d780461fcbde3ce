"""Reads of the team's attributes: definitions, how many people have one, and what is kept apart."""

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db.models import Q, QuerySet

from contacts.attributes.models import Attribute
from contacts.attributes.rules import Kind, fits, guess_kind, show
from contacts.attributes.special import Special, special_of
from contacts.conditions.uses import Use, load_uses
from orchestrator.kernel import sql

READ_WHOLE = 20_000  # people; of a larger table about as many are read
MOST_COUNTED = 10_000  # a list says "more than" from here on instead of counting on
LOOKED_AT = 500  # values of a key kept apart, for its guessed type and its examples
MOST_KEYS = 200
EXAMPLES = 3
_DECODE = msgspec.json.Decoder().decode


class Definition(NamedTuple):
    """What is known of one attribute. choices: [{"value", "en", "de"}]; source: who delivers it, empty for anybody."""

    key: str
    kind: str
    choices: tuple[dict[str, Any], ...]
    name_en: str
    name_de: str
    source: str
    sensitive: bool
    keep_days: int | None
    state: str

    @property
    def active(self) -> bool:
        """Whether values are kept; those of an ignored key are dropped on arrival."""
        return self.state == Attribute.State.ACTIVE


class Filled(NamedTuple):
    """How many people have each attribute; estimated: from a sample."""

    people: dict[str, int]
    estimated: bool


class ApartKey(NamedTuple):
    """A key of values kept apart. people ends at MOST_COUNTED; kind is guessed, None when none fits; examples: the most
    frequent values, shown.

    attribute_id: of its definition, when these are values that do not fit it.
    """

    key: str
    people: int
    more: bool
    sources: list[str]
    kind: Kind | None
    values: list[Any]
    examples: list[str]
    last_at: datetime
    special: Special | None
    attribute_id: int | None


_COLUMNS = ("key", "kind", "choices", "name_en", "name_de", "source", "sensitive", "keep_days", "state")


def definitions() -> dict[str, Definition]:
    """Read every definition by its key, the ignored ones too, in one statement."""
    found = Attribute.objects.order_by("key").values_list(*_COLUMNS)
    return {row[0]: Definition(row[0], row[1], tuple(row[2]), *row[3:]) for row in found}


def attributes(words: str = "") -> QuerySet[Attribute]:
    """List the definitions, by key; every word must be in the key, a name, the source or the purpose."""
    found = Attribute.objects.order_by("key")
    for word in words.split()[:6]:
        names = Q(key__icontains=word) | Q(name_en__icontains=word) | Q(name_de__icontains=word)
        found = found.filter(names | Q(source__icontains=word) | Q(purpose__icontains=word))
    return found


def uses_by_key() -> dict[str, list[Use]]:
    """List who names each attribute."""
    found: dict[str, list[Use]] = {}
    for use in load_uses():
        if use.kind == "attribute":
            found.setdefault(use.slug, []).append(use)
    return found


def filled() -> Filled:
    """Count how many people have each attribute, in two statements; of many people a sample is read."""
    ((rows,),) = sql.rows("SELECT reltuples::bigint FROM pg_class WHERE oid = 'contacts_contact'::regclass")
    share = min(1.0, READ_WHOLE / rows) if rows > READ_WHOLE * 2 else 1.0
    counts = dict(sql.rows(sql.statement("contacts/attributes/sql/filled.sql"), {"share": share * 100}))
    return Filled({key: round(n / share) for key, n in counts.items()}, share < 1)


def apart_keys(words: str = "", *, key: str = "") -> list[ApartKey]:
    """List the keys of values kept apart (at most MOST_KEYS), those of most people first, in one statement.

    words: a part of the key. key: this one only.
    """
    given = {"words": words.strip(), "key": key, "most": MOST_COUNTED + 1, "looked": LOOKED_AT, "keys": MOST_KEYS}
    return [_apart_key(*row) for row in sql.rows(sql.statement("contacts/attributes/sql/apart_keys.sql"), given)]


def one_apart_key(key: str) -> ApartKey | None:
    """Read what is kept apart under one key, None when nothing is."""
    return next(iter(apart_keys(key=key)), None) if key else None


def _apart_key(
    key: str,
    people: int,
    sources: list[str],
    samples: list[str],
    first_at: datetime,
    last_at: datetime,
    attribute_id: int | None,
) -> ApartKey:
    often = [text for text, _ in Counter(samples).most_common(50) if text != "null"]
    values = [_DECODE(text) for text in samples if text != "null"]
    kind = guess_kind(values)
    return ApartKey(
        key=key,
        people=min(people, MOST_COUNTED),
        more=people > MOST_COUNTED,
        sources=sorted(sources),
        kind=kind if kind is Kind.CHOICE or any(fits(kind, value) for value in values) else None,
        values=values,
        examples=[show(_DECODE(text)) for text in often[:EXAMPLES]],
        last_at=last_at,
        special=special_of(key),
        attribute_id=attribute_id,
    )
