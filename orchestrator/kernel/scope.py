"""Who a tick is about: contacts with news (the pulse), or everybody (the beat)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Value


@dataclass(frozen=True)
class Scope:
    """contacts: whose turn it is, None for everybody. news: what happened to them, None when anything may have.

    journeys: ids of the only journeys that may move (a replay), None for all.
    """

    contacts: tuple[int, ...] | None = None
    news: frozenset[str] | None = None
    timed: bool = False  # only what time alone can change is looked at
    journeys: tuple[int, ...] | None = None

    def concerns(self, names: set[str], *, timed: bool) -> bool:
        """Whether a definition that listens to `names` may have changed in this scope."""
        if self.timed and timed:
            return True
        if self.news is None:
            return not self.timed
        return bool(self.news & names)

    def after(self, changed: set[str]) -> "Scope":
        """The same people, with what has just changed for them as the news."""
        return replace(self, news=frozenset(changed), timed=False)

    def with_news(self, more: set[str]) -> "Scope":
        """The same people, with more news about them; looked at as news even where only time was."""
        return self if self.news is None or not more else replace(self, news=self.news | more)

    def ids(self) -> list[int] | None:
        """The contacts as a parameter: None for everybody."""
        return None if self.contacts is None else list(self.contacts)


EVERYBODY = Scope()


class AnyOf(Func):
    """`column = ANY(array)`: one parameter however many ids."""

    template = "(%(expressions)s::bigint[]))"
    arg_joiner = " = ANY("
    conditional = True

    def __init__(self, column: str, ids: Sequence[int]) -> None:
        super().__init__(
            F(column), Value(list(ids), output_field=ArrayField(BigIntegerField())), output_field=BooleanField()
        )


def among(queryset: Any, column: str, ids: Sequence[int] | None) -> Any:
    """Keep the rows whose column is one of the ids; all rows when ids is None."""
    return queryset if ids is None else queryset.filter(AnyOf(column, ids))
