"""Definitions kept in memory for as long as nobody wrote to their tables.

A row that was written is another version of it: another place in the table, or another transaction. So one statement over
the small tables of definitions says whether anything is new, in every process, without a counter that writers share.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from orchestrator.kernel import planned, sql

Kept = TypeVar("Kept")
MOST = 5_000
TICK, DELIVERY = "tick", "delivery"  # who looks
VERSIONS = "(SELECT coalesce(sum(hashtextextended(ctid::text || ':' || xmin::text, 0)), 0)::text FROM {table})"
_tables: dict[str, list[str]] = {TICK: [], DELIVERY: []}
_seen: ContextVar[dict[str, str] | None] = ContextVar("known_versions", default=None)
_kept: dict[Hashable, tuple[tuple[str, ...], Any]] = {}


def watch(*tables: str, by: Sequence[str] = (TICK,)) -> tuple[str, ...]:
    """Have tables of definitions looked at; they are small, since each look reads all of their rows."""
    for who in by:
        _tables[who] += [table for table in tables if table not in _tables[who]]
    return tables


@contextmanager
def looked_at(who: str) -> Iterator[None]:
    """Look once what the tables hold; inside, `kept` answers for that moment, so that it must be over soon."""
    columns = ", ".join(VERSIONS.format(table=sql.identifier(table)) for table in _tables[who])
    (versions,) = planned.rows(f"SELECT {columns}", ())
    token = _seen.set(dict(zip(_tables[who], versions, strict=True)))
    try:
        yield
    finally:
        _seen.reset(token)


def kept(key: Hashable, tables: tuple[str, ...], load: Callable[[], Kept]) -> Kept:
    """What `load` returned for this key while the tables held the same; loaded anew outside of `looked_at`.

    What was loaded is shared: whoever changes a part of it changes a copy.
    """
    seen = _seen.get()
    if seen is None or not seen.keys() >= set(tables):
        return load()
    versions = tuple(seen[table] for table in tables)
    found = _kept.get(key)
    if found is not None and found[0] == versions:
        return found[1]
    if len(_kept) >= MOST:
        _kept.clear()
    made = load()
    _kept[key] = (versions, made)
    return made
