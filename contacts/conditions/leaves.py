"""Leaves on people and their companies; importing this registers every leaf of the rooms of this app."""

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.expressions import Expression

from contacts.conditions.columns import ACCOUNT_COLUMNS, COLUMN_NAMES, INSTANT_COLUMNS, TEXT_COLUMNS, column_name
from contacts.conditions.comparisons import (
    compile_column,
    compile_json,
    operator_of,
    say_comparison,
    say_comparison_not,
    validate_comparison,
)
from contacts.conditions.context_leaf import ContextLeaf
from contacts.conditions.event_leaf import EventLeaf
from contacts.conditions.names import Names, named, register_names
from contacts.conditions.operands import DAY_OPERATORS
from contacts.conditions.parts import is_name, one_of_problems
from contacts.conditions.registry import Context, Leaf, register
from contacts.conditions.rules import Dependencies, Problem, at, show
from contacts.conditions.standing_leaves import SegmentLeaf, SignalLeaf, StageLeaf
from contacts.conditions.values import Json, JsonText

ACCOUNT_TEXT = {"en": "{} of the company", "de": "{} der Firma"}


class AttributeLeaf(Leaf):
    """`{"attribute": "country", "in": ["DE", "AT"]}`: typed columns, and the team's own attributes."""

    key = "attribute"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        if not is_name(node["attribute"]):
            return [Problem(at(path, "attribute"), f"expected the name of an attribute, got {show(node['attribute'])}")]
        return validate_comparison(node, path, known={"attribute"})

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        name, prefix = node["attribute"], context.subject.prefix
        if _is_column(name):
            return compile_column(prefix + name, node, context, text=name in TEXT_COLUMNS)
        return compile_json(f"{prefix}attributes", name, node, context)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        name, prefix = node["attribute"], context.subject.prefix
        return F(prefix + name) if _is_column(name) else Json(f"{prefix}attributes", name)  # type: ignore[return-value]

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        return JsonText(Json(f"{context.subject.prefix}attributes_at", node["attribute"]))

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return f"{self._named(node, language, names)} {say_comparison(node, language)}"

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return f"{self._named(node, language, names)} {say_comparison_not(node, language)}"

    def _named(self, node: dict[str, Any], language: str, names: Names | None) -> str:
        name = node["attribute"]
        return column_name(name, language) if _is_column(name) else named(names, "attribute", name, language)

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        given = node[operator_of(node) or ""]
        # a fixed day stays where it is, and so does the day of an instant
        moves = isinstance(given, dict) or (isinstance(given, str) and given[:1] in ("+", "-"))
        return Dependencies(attributes={node["attribute"]}, timed=operator_of(node) in DAY_OPERATORS and moves)


def _is_column(name: str) -> bool:
    return name in TEXT_COLUMNS or name in INSTANT_COLUMNS


class AccountLeaf(Leaf):
    """`{"account": "industry", "is": "retail"}`: a column of the contact's account."""

    key = "account"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = one_of_problems(node, path, "account", ACCOUNT_COLUMNS)
        return problems or validate_comparison(node, path, known={"account"})

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        return compile_column(f"{context.subject.prefix}account__{node['account']}", node, context, text=True)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        return F(f"{context.subject.prefix}account__{node['account']}")  # type: ignore[return-value]

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return f"{self._named(node, language)} {say_comparison(node, language)}"

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return f"{self._named(node, language)} {say_comparison_not(node, language)}"

    def _named(self, node: dict[str, Any], language: str) -> str:
        return ACCOUNT_TEXT[language].format(COLUMN_NAMES[node["account"]][language])

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(attributes={"account"})


for leaf in (
    AttributeLeaf(),
    AccountLeaf(),
    EventLeaf(),
    SegmentLeaf(),
    SignalLeaf(),
    StageLeaf("stage"),
    StageLeaf("phase"),
    ContextLeaf(),
):
    register(leaf)


def _attributes() -> QuerySet[Any]:
    from contacts.attributes.models import Attribute

    return Attribute.objects.annotate(slug=F("key"))


def _events() -> QuerySet[Any]:
    from contacts.events.models import EventType

    return EventType.objects.all()


def _segments() -> QuerySet[Any]:
    from contacts.segments.models import Segment

    return Segment.objects.all()


def _signals() -> QuerySet[Any]:
    from contacts.signals.models import Signal

    return Signal.objects.all()


def _stages() -> QuerySet[Any]:
    from contacts.stages.models import Stage

    return Stage.objects.all()


for kind, source in (
    ("attribute", _attributes),
    ("event", _events),
    ("segment", _segments),
    ("signal", _signals),
    ("stage", _stages),
):
    register_names(kind, source)
