"""Leaves of the rooms of this app: attribute, account, segment, signal, stage, phase; events stand in event_leaf."""

from typing import Any

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, QuerySet, Value
from django.db.models.expressions import Expression
from django.db.models.fields.json import KeyTextTransform

from contacts.conditions.columns import ACCOUNT_COLUMNS, INSTANT_COLUMNS, TEXT_COLUMNS, column_name
from contacts.conditions.comparisons import (
    compile_column,
    compile_json,
    operator_of,
    say_comparison,
    validate_comparison,
)
from contacts.conditions.event_leaf import EventLeaf
from contacts.conditions.expressions import Compare
from contacts.conditions.names import Names, named, quoted, register_names, spaced
from contacts.conditions.parts import duration_problems, say_within, slug_problems
from contacts.conditions.registry import Context, Leaf, register
from contacts.conditions.rules import Dependencies, Problem, at, parse_duration, show
from contacts.stages.rules import PHASE_NAMES, Phase
from orchestrator.kernel.fields import translated


class AttributeLeaf(Leaf):
    """`{"attribute": "country", "in": ["DE", "AT"]}`: typed columns, and the team's own attributes."""

    key = "attribute"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        if not isinstance(node["attribute"], str) or not node["attribute"]:
            return [Problem(at(path, "attribute"), f"expected the name of an attribute, got {show(node['attribute'])}")]
        return validate_comparison(node, path, known={"attribute"})

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        name, prefix = node["attribute"], context.subject.prefix
        if name in TEXT_COLUMNS or name in INSTANT_COLUMNS:
            return compile_column(prefix + name, node, context, text=name in TEXT_COLUMNS)
        return compile_json(f"{prefix}attributes", name, node, context)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        name, prefix = node["attribute"], context.subject.prefix
        if name in TEXT_COLUMNS or name in INSTANT_COLUMNS:
            return F(prefix + name)  # type: ignore[return-value]
        return KeyTextTransform(name, f"{prefix}attributes")

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return f"{column_name(node['attribute'], language)} {say_comparison(node, language)}"

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(attributes={node["attribute"]}, timed=operator_of(node) in ("within", "before", "after"))


class AccountLeaf(Leaf):
    """`{"account": "industry", "is": "retail"}`: a column of the contact's account."""

    key = "account"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        if node["account"] not in ACCOUNT_COLUMNS:
            return [
                Problem(
                    at(path, "account"), f"expected one of {', '.join(ACCOUNT_COLUMNS)}, got {show(node['account'])}"
                )
            ]
        return validate_comparison(node, path, known={"account"})

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        return compile_column(f"{context.subject.prefix}account__{node['account']}", node, context, text=True)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        return F(f"{context.subject.prefix}account__{node['account']}")  # type: ignore[return-value]

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        text = {"en": "{} of the company", "de": "{} der Firma"}[language].format(
            column_name(node["account"], language)
        )
        return f"{text} {say_comparison(node, language)}"

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(attributes={"account"})


class SegmentLeaf(Leaf):
    """`{"segment": "big-spenders"}`: in the segment now."""

    key = "segment"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        return slug_problems(node, path, "segment", {"segment"})

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        from contacts.segments.models import SegmentMember

        return Exists(
            SegmentMember.objects.filter(contact_id=OuterRef(context.subject.reference), segment__slug=node["segment"])
        )

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        name = quoted(names, "segment", node["segment"], language)
        return {"en": "in segment {}", "de": "im Segment {}"}[language].format(name)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return {"en": "not {}", "de": "nicht {}"}[language].format(self.say(node, language, names))

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={f"segment:{node['segment']}"})


class SignalLeaf(Leaf):
    """`{"signal": "repeated-pricing", "within": "2d"}`: fired in the window, or (without one) still holding."""

    key = "signal"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, "signal", {"signal", "within"})
        return problems + (duration_problems(node["within"], at(path, "within")) if "within" in node else [])

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        from contacts.signals.models import SignalFiring

        fired = SignalFiring.objects.filter(
            contact_id=OuterRef(context.subject.reference), signal__slug=node["signal"], fired_at__lte=context.now
        )
        if "within" in node:
            return Exists(fired.filter(fired_at__gt=context.now - parse_duration(node["within"])))
        begin = ExpressionWrapper(Value(context.now) - F("signal__holds_for"), output_field=DateTimeField())
        return Exists(fired.filter(fired_at__gt=begin))

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        words = {"en": ("signal {} fired", "signal {} holds"), "de": ("Signal {} ausgelöst", "Signal {} gilt")}
        return self._say(node, language, names, words)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        words = {
            "en": ("signal {} did not fire", "signal {} does not hold"),
            "de": ("Signal {} nicht ausgelöst", "Signal {} gilt nicht"),
        }
        return self._say(node, language, names, words)

    def _say(self, node: dict[str, Any], language: str, names: Names | None, words: dict[str, tuple[str, str]]) -> str:
        fired, holds = words[language]
        name = quoted(names, "signal", node["signal"], language)
        return fired.format(name) + say_within(node["within"], language) if "within" in node else holds.format(name)

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={f"signal:{node['signal']}"}, timed=True)


class StageLeaf(Leaf):
    """`{"stage": "active"}` or `{"phase": "retention"}`: where the person stands now."""

    def __init__(self, key: str) -> None:
        self.key = key

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        return slug_problems(node, path, self.key, {self.key})

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        column = "slug" if self.key == "stage" else "phase"
        return Compare(F(f"{context.subject.prefix}stage__{column}"), "=", Value(node[self.key]))

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        return F(f"{context.subject.prefix}stage__{'slug' if self.key == 'stage' else 'phase'}")  # type: ignore[return-value]

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, {"en": "is", "de": "ist"})

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, {"en": "is not", "de": "ist nicht"})

    def _say(self, node: dict[str, Any], language: str, names: Names | None, verb: dict[str, str]) -> str:
        slug = node[self.key]
        if self.key == "phase":
            name = translated(PHASE_NAMES[Phase(slug)], language) if slug in list(Phase) else spaced(slug)
            return f"{ {'en': 'phase', 'de': 'Phase'}[language] } {verb[language]} {name}"
        return f"{ {'en': 'stage', 'de': 'Stufe'}[language] } {verb[language]} {named(names, 'stage', slug, language)}"

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={"stage"})


for leaf in (
    AttributeLeaf(),
    AccountLeaf(),
    EventLeaf(),
    SegmentLeaf(),
    SignalLeaf(),
    StageLeaf("stage"),
    StageLeaf("phase"),
):
    register(leaf)


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


for kind, source in (("event", _events), ("segment", _segments), ("signal", _signals), ("stage", _stages)):
    register_names(kind, source)
