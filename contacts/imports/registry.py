"""Columns that a higher room understands (consent), and what it has to say about addresses; registered when it starts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from contacts.imports.models import Import
from contacts.imports.rules import Reason


class Refused(Exception):
    """A cell that does not come in. `detail` says more, for example what was in it."""

    def __init__(self, reason: Reason, detail: str = "", *, value: Any = None) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.value = reason, detail, value


class Said(NamedTuple):
    """What one row said in a registered column. at: when the person said it, None where the file does not know."""

    line: int
    contact_id: int
    name: str
    value: Any
    at: datetime | None


class Left(NamedTuple):
    """A cell that did not come in after all."""

    line: int
    column: str
    reason: Reason
    detail: str = ""


class Column(ABC):
    """A kind of column. `key` is the word before the colon of its targets: "consent" of "consent:email_marketing"."""

    key: str
    restricts = False  # whether it can only lower what may be done: such a column counts for who was erased too

    @abstractmethod
    def targets(self) -> list[tuple[str, str]]:
        """The places that a column of this kind may go to, with their names for people."""

    @abstractmethod
    def read(self, name: str, text: str, *, proven: bool) -> Any:
        """Read a cell; None when it says nothing. proven: the import names source, time and wording. Raises Refused.

        A refusal with a value counts as this value and is listed nevertheless.
        """

    @abstractmethod
    def record(
        self, *, job: Import, said: Sequence[Said], now: datetime, dry: bool = False, tell: bool = True
    ) -> list[Left]:
        """Write what a batch said; returns what was not taken. dry: only look. tell: give the pulse news of people."""

    @abstractmethod
    def undo(self, *, job: Import, now: datetime) -> None:
        """Take back what an import wrote, as far as that is still what holds."""

    @property
    @abstractmethod
    def tables(self) -> frozenset[str]:
        """Tables whose rows do not keep a person from being deleted by the undo: `spoke` looks at them."""

    @abstractmethod
    def spoke(self, contact_ids: Sequence[int], *, job: Import) -> set[int]:
        """Who of these people said something that this import did not write."""

    @abstractmethod
    def forget(self, contact_ids: Sequence[int]) -> None:
        """Delete what depends on people who are about to be deleted."""


Watch = Callable[[Mapping[int, str]], list[Left]]
_columns: dict[str, Column] = {}
_watches: list[Watch] = []
_derived: set[str] = set()


def register(column: Column) -> None:
    """Make a kind of column known."""
    _columns[column.key] = column


def register_derived(table: str) -> None:
    """Say that rows of a table are worked out about people: an undo takes them along, and they keep nobody."""
    _derived.add(table)


def derived_tables() -> set[str]:
    """The tables that rooms above have registered as derived."""
    return set(_derived)


def register_watch(watch: Watch) -> None:
    """Have a function look at the addresses of each batch, by line, and say what is to be listed."""
    if watch not in _watches:
        _watches.append(watch)


def columns() -> dict[str, Column]:
    """The kinds of columns by their key."""
    return _columns


def kind_of(target: str) -> Column | None:
    """The kind that a target belongs to, None when it is none of these."""
    key, colon, _ = target.partition(":")
    return _columns.get(key) if colon else None


def watch(addresses: Mapping[int, str]) -> list[Left]:
    """Ask everybody who watches addresses."""
    return [left for look in _watches for left in look(addresses)]
