"""Kinds of leaves, registered by the room that owns the facts; and the guard on behaviour."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.db.models.expressions import Expression

from contacts.conditions.expressions import Not
from contacts.conditions.names import Names
from contacts.conditions.rules import Dependencies, Problem


@dataclass(frozen=True)
class Subject:
    """Whose rows a condition is compiled for.

    reference: the column with the contact's id, for subqueries. prefix: the way to columns of the contact.
    run: the rows are enrollments, so `since: entry`, `since: step` and the run's key exist.
    """

    reference: str
    prefix: str
    run: bool = False


CONTACT = Subject(reference="pk", prefix="")
RUN = Subject(reference="contact_id", prefix="contact__", run=True)


@dataclass(frozen=True)
class Context:
    """How a leaf is compiled: at which time, for whose rows, and whether only truth matters (no `not` above).

    wide: for everybody, so that reading events once and grouping them is cheaper than looking them up for each row.
    """

    now: datetime
    subject: Subject
    positive: bool = True
    wide: bool = False

    def under_not(self) -> "Context":
        """The context of a part whose falsehood matters as well."""
        return replace(self, positive=False)


class Moments(NamedTuple):
    """Rows of people with an instant: so long after it, time alone may change a truth. Names of the two columns."""

    rows: QuerySet[Any]
    instant: str
    person: str = "contact_id"


class Leaf(ABC):
    """One kind of leaf. `key` is the key of its node; the methods take the node."""

    key: str

    @abstractmethod
    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        """Every problem of a node."""

    @abstractmethod
    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        """The node as a boolean expression: true, false, or unknown (NULL)."""

    def opposite(self, node: dict[str, Any], context: Context) -> Expression:
        """An expression that is true where the node is false; where it is unknown, it is not true."""
        return Not(self.compile(node, context.under_not()))

    def value(self, node: dict[str, Any], context: Context) -> Expression | None:
        """What to show beside the truth in an explanation, e.g. the count of events."""
        return None

    def since(self, node: dict[str, Any], context: Context) -> Expression | None:
        """Since when the truth is what it is, as an instant (or a text of one); None where the room does not know."""
        return None

    @abstractmethod
    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        """The node as a part of a sentence."""

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        """The opposite of the node as a part of a sentence."""
        return {"en": "not ({})", "de": "nicht ({})"}[language].format(self.say(node, language, names))

    def moments(self, node: dict[str, Any]) -> list[Moments] | None:
        """The rows whose instants a window (`within`, `for`) of the node is about; None where that cannot be told."""
        return None

    @abstractmethod
    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        """What the node reads."""


class MissingGuard(Exception):
    """Nobody registered the guard on behaviour: conditions on events are refused rather than compiled without it."""


_leaves: dict[str, Leaf] = {}
_guard: list[Callable[[Subject], Expression]] = []


def register(leaf: Leaf) -> None:
    """Add a kind of leaf."""
    _leaves[leaf.key] = leaf


def register_behaviour_guard(guard: Callable[[Subject], Expression]) -> None:
    """Set the expression that says whether a person's behaviour may be looked at."""
    _guard[:] = [guard]


def behaviour_guard(subject: Subject) -> Expression:
    """The guard for some rows. Raises MissingGuard."""
    if not _guard:
        raise MissingGuard
    return _guard[0](subject)


def leaf_of(node: Any) -> Leaf | None:
    """The kind of a node, None when no key of it names one."""
    if not isinstance(node, dict):
        return None
    return next((_leaves[key] for key in node if key in _leaves), None)


def leaf_keys() -> list[str]:
    """Every registered kind, sorted."""
    return sorted(_leaves)
