"""Set-based SQL: statements from files, and querysets compiled into parts of statements."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg import sql as pgsql

# Part of whatever transaction runs already: no savepoint, since an error anywhere undoes the whole batch.
joined = transaction.atomic(savepoint=False)
ROOT = Path(__file__).resolve().parent.parent.parent


class Part(NamedTuple):
    """A compiled queryset: SQL text with %s places, and their values in order."""

    text: str
    params: tuple[Any, ...]


def compiled(queryset: QuerySet) -> Part:
    """Compile a queryset into a part of a larger statement."""
    text, params = queryset.query.sql_with_params()
    return Part(text, tuple(params))


@cache
def statement(path: str) -> str:
    """Load one `.sql` file, given from the project's root, e.g. `journeys/enrollments/sql/enter.sql`."""
    return (ROOT / path).read_text(encoding="utf-8")


def rows(text: str, params: Mapping[str, Any] | Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """Run one statement and return all its rows (empty when it returns none)."""
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.fetchall() if cursor.description else []


def count(text: str, params: Mapping[str, Any] | Sequence[Any] | None = None) -> int:
    """Run one statement and return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return int(cursor.rowcount)


def make_room() -> None:
    """Let the statements of this transaction, which are about everybody, hash a million ids in memory.

    A `NOT IN` or an `OR` over a set that does not fit is looked up once a row instead of once: minutes, not a second.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', %s, true)", [settings.BULK_MEMORY])


def fill(text: str, **parts: Part) -> tuple[str, tuple[Any, ...]]:
    """Put compiled querysets into the places `/*name*/` of a statement, each place once, in text order.

    Returns the text and the parameters. Every other parameter of such a statement must be a
    part as well: see `value`.
    """
    found = sorted((text.index(f"/*{name}*/"), name) for name in parts)
    params: list[Any] = []
    for _, name in found:
        params.extend(parts[name].params)
    for name, part in parts.items():
        text = text.replace(f"/*{name}*/", part.text, 1)
    return text, tuple(params)


def value(given: Any) -> Part:
    """Make a part of one plain value."""
    return Part("%s", (given,))


def identifier(name: str) -> str:
    """Quote a table's or a column's name."""
    return pgsql.Identifier(name).as_string(None)
