"""Leaves of the rooms of this app: attribute, event, segment, signal, stage, phase, account."""

from typing import Any

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Expression
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from contacts.conditions.comparisons import (
    compile_column,
    compile_json,
    operator_of,
    say_comparison,
    validate_comparison,
)
from contacts.conditions.expressions import UNKNOWN, All, Compare, Either, Not
from contacts.conditions.registry import Context, Leaf, behaviour_guard, register
from contacts.conditions.rules import COUNT_OPERATORS, Dependencies, Problem, parse_duration, say_duration, show

TEXT_COLUMNS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "language",
    "country",
    "time_zone",
    "job_title",
    "external_id",
)
INSTANT_COLUMNS = ("created_at", "updated_at", "stage_since")
ACCOUNT_COLUMNS = ("name", "domain", "industry", "country")


class AttributeLeaf(Leaf):
    """`{"attribute": "country", "in": ["DE", "AT"]}`: typed columns, and the team's own attributes."""

    key = "attribute"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        if not isinstance(node["attribute"], str) or not node["attribute"]:
            return [
                Problem(_at(path, "attribute"), f"expected the name of an attribute, got {show(node['attribute'])}")
            ]
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

    def say(self, node: dict[str, Any], language: str) -> str:
        return f"{node['attribute'].replace('_', ' ')} {say_comparison(node, language)}"

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(attributes={node["attribute"]}, timed=operator_of(node) in ("within", "before", "after"))


class AccountLeaf(Leaf):
    """`{"account": "industry", "is": "retail"}`: a column of the contact's account."""

    key = "account"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        if node["account"] not in ACCOUNT_COLUMNS:
            return [
                Problem(
                    _at(path, "account"), f"expected one of {', '.join(ACCOUNT_COLUMNS)}, got {show(node['account'])}"
                )
            ]
        return validate_comparison(node, path, known={"account"})

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        return compile_column(f"{context.subject.prefix}account__{node['account']}", node, context, text=True)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        return F(f"{context.subject.prefix}account__{node['account']}")  # type: ignore[return-value]

    def say(self, node: dict[str, Any], language: str) -> str:
        return f"{ {'en': 'account', 'de': 'Firma'}[language] } {node['account']} {say_comparison(node, language)}"

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(attributes={"account"})


class EventLeaf(Leaf):
    """`{"event": "order_placed", "count": {"gte": 3}, "within": "7d", "where": [...]}`: unknown without the guard's leave."""

    key = "event"
    KEYS = ("event", "count", "within", "since", "where")

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = [
            Problem(_at(path, key), f"unknown; expected one of {', '.join(self.KEYS)}")
            for key in node
            if key not in self.KEYS
        ]
        if not isinstance(node["event"], str) or not node["event"]:
            problems.append(Problem(_at(path, "event"), f"expected the name of an event, got {show(node['event'])}"))
        if "within" in node and "since" in node:
            problems.append(Problem(path, "expected within or since, not both"))
        if "within" in node:
            problems += duration_problems(node["within"], _at(path, "within"))
        if "since" in node and node["since"] not in ("entry", "step"):
            problems.append(Problem(_at(path, "since"), f'expected "entry" or "step", got {show(node["since"])}'))
        if "count" in node:
            problems += count_problems(node["count"], _at(path, "count"))
        return problems + self._where_problems(node.get("where", []), _at(path, "where"))

    def _where_problems(self, where: Any, path: str) -> list[Problem]:
        if not isinstance(where, list):
            return [Problem(path, f"expected a list, got {show(where)}")]
        problems = []
        for i, part in enumerate(where):
            if not isinstance(part, dict) or not isinstance(part.get("property"), str):
                problems.append(Problem(f"{path}[{i}]", f'expected an object with "property", got {show(part)}'))
            else:
                problems += validate_comparison(part, f"{path}[{i}]", known={"property"}, run=True)
        return problems

    def events(self, node: dict[str, Any], context: Context) -> QuerySet:
        """The events that count, for one row of the outer query."""
        from contacts.events.models import Event

        found = Event.objects.filter(
            contact_id=OuterRef(context.subject.reference), name=node["event"], occurred_at__lte=context.now
        )
        if "within" in node:
            found = found.filter(occurred_at__gt=context.now - parse_duration(node["within"]))
        if "since" in node and context.subject.run:
            found = found.filter(occurred_at__gt=OuterRef("entered_at" if node["since"] == "entry" else "arrived_at"))
        for part in node.get("where", []):
            found = found.filter(compile_json("properties", part["property"], part, context))
        return found

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        counted = compile_count(self.events(node, context), node.get("count", {"gte": 1}))
        allowed = Either(Exists(_not_behaviour(node["event"])), behaviour_guard(context.subject))
        if context.positive:
            return All(allowed, counted)
        return Case(When(allowed, then=counted), default=UNKNOWN)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        count = self.events(node, context).order_by().values("name").annotate(n=Count("id")).values("n")
        allowed = Either(Exists(_not_behaviour(node["event"])), behaviour_guard(context.subject))
        return Case(When(allowed, then=Coalesce(Subquery(count), Value(0))), default=None)

    def say(self, node: dict[str, Any], language: str) -> str:
        text = node["event"].replace("_", " ")
        for i, part in enumerate(node.get("where", [])):
            joiner = ({"en": " where ", "de": " mit "} if i == 0 else {"en": " and ", "de": " und "})[language]
            text += f"{joiner}{part['property'].replace('_', ' ')} {say_comparison(part, language)}"
        if "count" in node:
            text += f" {say_count(node['count'], language)}"
        if "within" in node:
            text += {"en": " within ", "de": " innerhalb von "}[language] + say_duration(node["within"], language)
        if "since" in node:
            since = {
                "en": {"entry": " since the entry", "step": " since this step"},
                "de": {"entry": " seit dem Eintritt", "step": " seit diesem Schritt"},
            }
            text += since[language][node["since"]]
        return text

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(events={node["event"]}, timed="within" in node)


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

    def say(self, node: dict[str, Any], language: str) -> str:
        return f"{ {'en': 'in segment', 'de': 'im Segment'}[language] } {node['segment']}"

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={f"segment:{node['segment']}"})


class SignalLeaf(Leaf):
    """`{"signal": "repeated-pricing", "within": "2d"}`: fired in the window, or (without one) still holding."""

    key = "signal"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, "signal", {"signal", "within"})
        return problems + (duration_problems(node["within"], _at(path, "within")) if "within" in node else [])

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        from contacts.signals.models import SignalFiring

        fired = SignalFiring.objects.filter(
            contact_id=OuterRef(context.subject.reference), signal__slug=node["signal"], fired_at__lte=context.now
        )
        if "within" in node:
            return Exists(fired.filter(fired_at__gt=context.now - parse_duration(node["within"])))
        begin = ExpressionWrapper(Value(context.now) - F("signal__holds_for"), output_field=DateTimeField())
        return Exists(fired.filter(fired_at__gt=begin))

    def say(self, node: dict[str, Any], language: str) -> str:
        text = f"Signal {node['signal']}" if language == "de" else f"signal {node['signal']}"
        if "within" in node:
            return text + {"en": " within ", "de": " innerhalb von "}[language] + say_duration(node["within"], language)
        return text + {"en": " holds", "de": " gilt"}[language]

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

    def say(self, node: dict[str, Any], language: str) -> str:
        words = {"stage": {"en": "stage is", "de": "Stufe ist"}, "phase": {"en": "phase is", "de": "Phase ist"}}
        return f"{words[self.key][language]} {node[self.key]}"

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={"stage"})


def compile_count(found: QuerySet, count: dict[str, int]) -> Expression:
    """How often rows exist, as an expression that stops reading as early as it can."""
    operator, n = next(iter(count.items()))
    least = {"gte": n, "gt": n + 1, "is": n}.get(operator)
    most = {"lte": n, "lt": n - 1, "is": n}.get(operator)
    parts: list[Expression] = []
    if least is not None:
        parts.append(Exists(found[least - 1 : least]) if least > 0 else Compare(Value(1), "=", Value(1)))
    if most is not None:
        parts.append(Not(Exists(found[most : most + 1])))
    return All(*parts) if len(parts) > 1 else parts[0]


def say_count(count: dict[str, int], language: str) -> str:
    """A count as a part of a sentence: `at least 3 times`."""
    operator, n = next(iter(count.items()))
    words = {
        "en": {
            "is": "exactly {} times",
            "gte": "at least {} times",
            "gt": "more than {} times",
            "lte": "at most {} times",
            "lt": "fewer than {} times",
        },
        "de": {
            "is": "genau {}-mal",
            "gte": "mindestens {}-mal",
            "gt": "öfter als {}-mal",
            "lte": "höchstens {}-mal",
            "lt": "seltener als {}-mal",
        },
    }
    return words[language][operator].format(n)


def count_problems(count: Any, path: str) -> list[Problem]:
    """Problems of a count like `{"gte": 3}`."""
    if not isinstance(count, dict) or len(count) != 1 or next(iter(count)) not in COUNT_OPERATORS:
        return [Problem(path, f"expected one of {', '.join(COUNT_OPERATORS)} with a number, got {show(count)}")]
    operator, n = next(iter(count.items()))
    if not isinstance(n, int) or isinstance(n, bool):
        return [Problem(_at(path, operator), f"expected a number, got {show(n)}")]
    least = 1 if operator == "lt" else 0
    if not least <= n <= 1_000_000:
        return [Problem(_at(path, operator), f"expected a number from {least} to 1000000, got {n}")]
    return []


def duration_problems(text: Any, path: str) -> list[Problem]:
    """Problems of a duration."""
    try:
        parse_duration(text)
    except ValueError as error:
        return [Problem(path, str(error))]
    return []


def slug_problems(node: dict[str, Any], path: str, key: str, known: set[str]) -> list[Problem]:
    """Problems of a leaf that names one thing."""
    problems = [
        Problem(_at(path, other), f"unknown; expected one of {', '.join(sorted(known))}")
        for other in node
        if other not in known
    ]
    if not isinstance(node[key], str) or not node[key]:
        problems.append(Problem(_at(path, key), f"expected a name, got {show(node[key])}"))
    return problems


def _not_behaviour(name: str) -> QuerySet:
    from contacts.events.models import EventType

    return EventType.objects.filter(slug=name).exclude(kind=EventType.Kind.BEHAVIOUR)


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


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
