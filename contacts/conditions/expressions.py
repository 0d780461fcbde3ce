"""Boolean expressions with SQL's three values: what is unknown stays unknown, also under `not`."""

from typing import Any

from django.db.models import BooleanField, Func, Value
from django.db.models.expressions import Expression


class Boolean(Func):
    """A function with a boolean result that may stand in filter()."""

    output_field = BooleanField()
    conditional = True


class All(Boolean):
    """True when every part is true, unknown when one is unknown and none is false."""

    template = "(%(expressions)s)"
    arg_joiner = " AND "


class Either(Boolean):
    """True when one part is true, unknown when one is unknown and none is true."""

    template = "(%(expressions)s)"
    arg_joiner = " OR "


class Not(Boolean):
    """The opposite; unknown stays unknown."""

    template = "(NOT (%(expressions)s))"
    arity = 1


class Compare(Boolean):
    """Two values and an operator between them."""

    arity = 2

    def __init__(self, left: Any, operator: str, right: Any) -> None:
        super().__init__(left, right, template="(%(expressions)s)", arg_joiner=f" {operator} ")


class Between(Boolean):
    """Whether a value lies between two others, which count as inside."""

    arity = 3

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        """The value stands once, so that it is computed once."""
        parts = [compiler.compile(part) for part in self.source_expressions]
        value, least, most = (text for text, _ in parts)
        return f"({value} BETWEEN {least} AND {most})", [param for _, params in parts for param in params]


class Among(Boolean):
    """Whether a value is one of those that a query of groups finds.

    Written as EXISTS, so that Postgres may join the groups once for all rows, hash them, or look at the groups of one
    row only, whichever is cheapest; IN would be read again and again where its hash does not fit into the memory.
    """

    arity = 2

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        """The value belongs to the outer query, the groups to the inner one."""
        value, params = compiler.compile(self.source_expressions[0])
        groups, group_params = compiler.compile(self.source_expressions[1])
        return f"EXISTS (SELECT 1 FROM {groups} AS one (id) WHERE one.id = {value})", [*group_params, *params]


class IsTrue(Boolean):
    """True or false: unknown counts as false."""

    template = "((%(expressions)s) IS TRUE)"
    arity = 1


class IsUnknown(Boolean):
    """Whether a truth is unknown."""

    template = "((%(expressions)s) IS NULL)"
    arity = 1


TRUE = Value(True, output_field=BooleanField())
UNKNOWN = Value(None, output_field=BooleanField())


def both(parts: list[Expression]) -> Expression:
    """Join parts with AND; no part at all is true."""
    return All(*parts) if len(parts) > 1 else parts[0] if parts else TRUE
