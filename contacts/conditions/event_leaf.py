"""The leaf on events: count, window, property filter; behaviour only with the guard's leave."""

from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Func,
    JSONField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from contacts.conditions.comparisons import TypedKey, compile_json, say_brief, validate_comparison
from contacts.conditions.expressions import UNKNOWN, All, Either, IsTrue, Not
from contacts.conditions.names import Names, quoted, spaced
from contacts.conditions.parts import (
    NOT_ONCE,
    compile_count,
    count_problems,
    duration_problems,
    say_count,
    say_within,
)
from contacts.conditions.registry import Context, Leaf, behaviour_guard
from contacts.conditions.rules import Dependencies, Problem, at, parse_duration, show

FLAGGED = ("email_opened", "email_clicked")  # feedback that carries `likely_machine`


class EventLeaf(Leaf):
    """`{"event": "order_placed", "count": {"gte": 3}, "within": "7d", "where": [...]}`: unknown without the guard's leave."""

    key = "event"
    KEYS = ("event", "count", "within", "since", "where")

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = [
            Problem(at(path, key), f"unknown; expected one of {', '.join(self.KEYS)}")
            for key in node
            if key not in self.KEYS
        ]
        if not isinstance(node["event"], str) or not node["event"]:
            problems.append(Problem(at(path, "event"), f"expected the name of an event, got {show(node['event'])}"))
        if "within" in node and "since" in node:
            problems.append(Problem(path, "expected within or since, not both"))
        if "within" in node:
            problems += duration_problems(node["within"], at(path, "within"))
        if "since" in node and node["since"] not in ("entry", "step"):
            problems.append(Problem(at(path, "since"), f'expected "entry" or "step", got {show(node["since"])}'))
        if "count" in node:
            problems += count_problems(node["count"], at(path, "count"))
        return problems + self._where_problems(node.get("where", []), at(path, "where"))

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

    def events(self, node: dict[str, Any], context: Context) -> QuerySet[Any]:
        """The events that count, for one row of the outer query."""
        from contacts.events.models import Event

        found = Event.objects.filter(
            contact_id=OuterRef(context.subject.reference), name=node["event"], occurred_at__lte=context.now
        )
        if "within" in node:
            found = found.filter(occurred_at__gt=context.now - parse_duration(node["within"]))
        if "since" in node and context.subject.run:
            found = found.filter(occurred_at__gt=OuterRef("entered_at" if node["since"] == "entry" else "arrived_at"))
        if node["event"] in FLAGGED:  # machines open and click too: they move nobody
            machine = TypedKey("properties", "likely_machine", "boolean", BooleanField())
            found = found.filter(Not(IsTrue(machine)))
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
        return self._allowed(node, context, Coalesce(Subquery(count), Value(0)))

    def last_at(self, node: dict[str, Any], context: Context) -> Expression:
        """When the newest event that counts occurred."""
        newest = self.events(node, context).order_by().values("name").annotate(at=Max("occurred_at")).values("at")
        return self._allowed(node, context, Subquery(newest))

    def newest(self, node: dict[str, Any], context: Context) -> Expression:
        """The newest event that counts as JSON: name and properties."""
        parts = (Value("name"), F("name"), Value("properties"), F("properties"))
        json = Func(*parts, function="jsonb_build_object", output_field=JSONField())
        return self._allowed(
            node, context, Subquery(self.events(node, context).order_by("-occurred_at").values(json=json)[:1])
        )

    def _allowed(self, node: dict[str, Any], context: Context, shown: Any) -> Expression:
        """A value that is shown only where the event may be looked at."""
        allowed = Either(Exists(_not_behaviour(node["event"])), behaviour_guard(context.subject))
        return Case(When(allowed, then=shown), default=None)

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, say_count(node["count"], language) if "count" in node else "")

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        if node.get("count", {"gte": 1}) == {"gte": 1}:
            return self._say(node, language, names, NOT_ONCE[language])
        return super().say_not(node, language, names)

    def _say(self, node: dict[str, Any], language: str, names: Names | None, often: str) -> str:
        text = quoted(names, "event", node["event"], language)
        if often:
            text += f" {often}"
        if "within" in node:
            text += say_within(node["within"], language)
        if "since" in node:
            since = {
                "en": {"entry": " since the entry", "step": " since this step"},
                "de": {"entry": " seit dem Eintritt", "step": " seit diesem Schritt"},
            }
            text += since[language][node["since"]]
        parts = [say_brief(spaced(part["property"]), part, language) for part in node.get("where", [])]
        if parts:
            text += {"en": " with ", "de": " mit "}[language] + {"en": " and ", "de": " und "}[language].join(parts)
        return text

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(events={node["event"]}, timed="within" in node)


def _not_behaviour(name: str) -> QuerySet[Any]:
    from contacts.events.models import EventType

    return EventType.objects.filter(slug=name).exclude(kind=EventType.Kind.BEHAVIOUR)
