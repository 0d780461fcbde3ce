"""Statements about a few people that Postgres plans once: planning one takes longer than looking at one person.

Instants, ids and uuids become parameters of a prepared statement; everything else, which a definition says, stands in its
text. The plan is made for any values of the parameters, as for about ten people: right for a few, wrong for a crowd.
"""

import json
import re
import uuid
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from psycopg.sql import Literal
from psycopg.types.json import Json, Jsonb

from orchestrator.kernel import sql
from orchestrator.kernel.scope import Scope

FEW = 50  # people
MOST_TEXTS = 2_000
MOST_PLANS = 300  # kept by one connection, some 100 KB each in its server process
PLACE = re.compile(r"%(?:\((\w+)\))?s(::\w+\[\] IS NULL)?|%%")
PLAIN = (str, int, float, Decimal, date, timedelta, type(None))  # equal and of one type: the same text in a statement
NOBODY = Scope(contacts=())
Params = Mapping[str, Any] | Sequence[Any]
_texts: OrderedDict[Hashable, str] = OrderedDict()


class Varying(NamedTuple):
    """A number or a text that is another one in each call, with its type in SQL."""

    value: Any
    kind: str


def prefer() -> None:
    """Have `rows` and `count` plan once in this transaction, instead of weighing the parameters each time."""
    sql.rows("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)")


def rows(text: str, params: Params, *, scope: Scope = NOBODY, n: int = 1) -> list[tuple[Any, ...]]:
    """Run one statement and return all its rows; planned once where the scope, if there is one, is a few people.

    n: how many things the parameters list, where there is no scope.
    """
    if n > FEW or not is_few(scope):
        return sql.rows(text, _plain(params))
    with _run(text, params) as cursor:
        return cursor.fetchall() if cursor.description else []


def count(text: str, params: Params, *, scope: Scope = NOBODY) -> int:
    """Run one statement and return how many rows it changed; planned once as for `rows`."""
    if not is_few(scope):
        return sql.count(text, _plain(params))
    with _run(text, params) as cursor:
        return int(cursor.rowcount)


def is_few(scope: Scope) -> bool:
    """Whether a scope is so few people that one plan is right for all of them."""
    return scope.contacts is not None and len(scope.contacts) <= FEW


def _plain(params: Params) -> Params:
    if not isinstance(params, Mapping):
        return params
    return {name: value.value if isinstance(value, Varying) else value for name, value in params.items()}


class _Cursor(psycopg.Cursor[Any]):
    """Binds on the server and keeps the plan; other cursors of the connection go on writing values into the text."""

    def execute(self, query: Any, params: Any = None, **given: Any) -> "_Cursor":
        self.connection.prepared_max = MOST_PLANS
        self.connection.prepare_threshold = 0
        try:
            return super().execute(query, params, prepare=True)
        finally:
            self.connection.prepare_threshold = None

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)  # Django's log asks for it, and psycopg forgets it here
        return self._query


def _run(text: str, params: Params) -> Any:
    """Run a statement by a cursor that Django makes, so that it is counted and logged like any other."""
    connection.ensure_connection()
    raw = connection.connection
    usual, raw.cursor_factory = raw.cursor_factory, _Cursor
    try:
        cursor = connection.cursor()
    finally:
        raw.cursor_factory = usual
    try:
        cursor.execute(*split(text, params))
    except BaseException:
        cursor.close()
        raise
    return cursor


def split(text: str, params: Params) -> tuple[str, dict[str, Any]]:
    """Part what changes from call to call, as parameters with their types, from what stands in the text.

    Equal values are one parameter, as they are one text where they are written out (GROUP BY compares such texts).
    """
    numbers: dict[Hashable, int] = {}
    bound: dict[str, Any] = {}
    places: list[tuple[Any, Hashable]] = []
    values = list(params.values()) if isinstance(params, Mapping) else params
    for value in values:
        kind = _kind(value)
        if kind is None:
            places.append((type(value), _constant(value)))
            continue
        # ids as text: small numbers would be of another type than large ones, and planned once more
        given = value.value if isinstance(value, Varying) else value
        given = "{" + ",".join(map(str, given)) + "}" if kind == "bigint[]" else given
        number = numbers.setdefault((kind, str(given)), len(numbers))
        bound[f"p{number}"] = given
        places.append((kind, number))
    names = tuple(params) if isinstance(params, Mapping) else ()
    key = (text, names, tuple(places))
    made = _texts.get(key)
    if made is None:
        made = _texts[key] = _written(text, names, values, places)
        if len(_texts) > MOST_TEXTS:
            _texts.popitem(last=False)
    return made, bound


def _kind(value: Any) -> str | None:
    """The type of a value that changes from call to call; None for a constant."""
    if isinstance(value, Varying):
        return value.kind
    if isinstance(value, datetime):
        return "timestamptz"
    if isinstance(value, uuid.UUID):
        return "uuid"
    if isinstance(value, list) and value:
        if all(type(one) is int for one in value):
            return "bigint[]"
        if any(isinstance(one, datetime) for one in value):
            return "timestamptz[]"
    return None


def _constant(value: Any) -> Hashable:
    """What tells a constant from others of its type."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, Json | Jsonb):
        return json.dumps(value.obj, default=repr)
    return Literal(value).as_string(connection.connection)


def _written(text: str, names: Sequence[str], values: Sequence[Any], places: Sequence[tuple[Any, Hashable]]) -> str:
    """The statement with its constants written out. A parameter is never null, which the planner cannot know."""
    raw = connection.connection
    parts = [
        f"%(p{what})s::{kind}" if isinstance(kind, str) else Literal(value).as_string(raw).replace("%", "%%")
        for value, (kind, what) in zip(values, places, strict=True)
    ]
    position = iter(range(len(parts)))

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        number = names.index(found[1]) if found[1] else next(position)
        if not found[2]:
            return parts[number]
        return "false" if isinstance(places[number][0], str) else parts[number] + found[2]

    return PLACE.sub(put, text)
