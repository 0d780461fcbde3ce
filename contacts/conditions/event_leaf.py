"""The leaf on events: count, sum, newest value ..., window, property filter; behaviour only with the guard's leave."""

from typing import Any

from django.db.models import Case, Count, Exists, F, Func, JSONField, Max, Subquery, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from contacts.conditions.comparisons import is_number, say_brief, validate_comparison
from contacts.conditions.event_rows import (
    MEASURES,
    events_of_one,
    measure_of,
    measured,
    newest_value,
    number_of,
    since_of,
)
from contacts.conditions.expressions import UNKNOWN, All, Either, Not
from contacts.conditions.names import Names, quoted, spaced
from contacts.conditions.operands import DAY_OPERATORS
from contacts.conditions.parts import (
    count_problems,
    is_name,
    one_of_problems,
    say_count,
    say_count_not,
    say_within,
    unknown_keys,
    window_problems,
)
from contacts.conditions.registry import Context, Leaf, behaviour_guard
from contacts.conditions.rules import Dependencies, Problem, at, show

NUMBERS = ("is", "is_not", "in", "lt", "lte", "gt", "gte", "between")
MOST_PARTS = 20
WORDS = {
    "en": {
        "sum": "sum of {}",
        "min": "smallest {}",
        "max": "largest {}",
        "last": "last {}",
        "entry": " since the entry",
        "step": " since this step",
        "with": " with ",
        "and": " and ",
    },
    "de": {
        "sum": "Summe von {}",
        "min": "kleinster Wert von {}",
        "max": "größter Wert von {}",
        "last": "letzter Wert von {}",
        "entry": " seit dem Eintritt",
        "step": " seit diesem Schritt",
        "with": " mit ",
        "and": " und ",
    },
}


class EventLeaf(Leaf):
    """`{"event": "order_placed", "count": {"gte": 3}, "within": "7d", "where": [...]}`: unknown without the guard's leave."""

    key = "event"
    KEYS = ("event", *MEASURES, "within", "since", "since_step", "where")

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = unknown_keys(node, path, self.KEYS)
        if not is_name(node["event"]):
            problems.append(Problem(at(path, "event"), f"expected the name of an event, got {show(node['event'])}"))
        problems += window_problems(node, path, "within", "since", "since_step")
        problems += one_of_problems(node, path, "since", ("entry", "step"))
        if "since_step" in node and node["since_step"] is not True:
            problems.append(Problem(at(path, "since_step"), f"expected true, got {show(node['since_step'])}"))
        used = [one for one in MEASURES if one in node]
        if len(used) > 1:
            problems.append(Problem(path, f"expected one of {', '.join(MEASURES)}, got {show(used)}"))
        for one in used:
            problems += self._measure_problems(one, node[one], at(path, one))
        return problems + self._where_problems(node.get("where", []), at(path, "where"))

    def _measure_problems(self, kind: str, asked: Any, path: str) -> list[Problem]:
        if kind == "count":
            return count_problems(asked, path)
        if not isinstance(asked, dict) or not is_name(asked.get("property")):
            return [Problem(path, f'expected an object with "property" and a comparison, got {show(asked)}')]
        if kind == "last":
            return validate_comparison(asked, path, known={"property"}, run=True)
        problems = validate_comparison(asked, path, known={"property"}, operators=NUMBERS)
        return problems or self._no_number(asked, path)

    def _no_number(self, asked: dict[str, Any], path: str) -> list[Problem]:
        """Sums and extremes are numbers, so that they are compared with numbers."""
        operator, given = next((key, value) for key, value in asked.items() if key != "property")
        values = given if isinstance(given, list) else [given]
        if all(is_number(value) for value in values):
            return []
        return [Problem(at(path, operator), f"expected a number, got {show(given)}")]

    def _where_problems(self, where: Any, path: str) -> list[Problem]:
        if not isinstance(where, list) or len(where) > MOST_PARTS:
            return [Problem(path, f"expected a list of at most {MOST_PARTS} parts, got {show(where)}")]
        problems = []
        for i, part in enumerate(where):
            if not isinstance(part, dict) or not is_name(part.get("property")):
                problems.append(Problem(f"{path}[{i}]", f'expected an object with "property", got {show(part)}'))
            else:
                problems += validate_comparison(part, f"{path}[{i}]", known={"property"}, run=True)
        return problems

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        if context.positive:
            parts = [allowed(node["event"], context), measured(node, context)]
            # grouped events are looked up at once, the guard for each row
            return All(*reversed(parts) if context.wide else parts)
        return Case(When(allowed(node["event"], context), then=measured(node, context)), default=UNKNOWN)

    def opposite(self, node: dict[str, Any], context: Context) -> Expression:
        if context.positive and measure_of(node)[0] in ("count", "sum"):  # these are never unknown themselves
            return All(Not(measured(node, context)), allowed(node["event"], context))
        return super().opposite(node, context)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        kind, asked = measure_of(node)
        found = events_of_one(node, context)
        if kind == "last":
            return self._allowed(node, context, newest_value(asked["property"], found))
        if kind != "count":
            return self._allowed(node, context, number_of(kind, asked["property"], found))
        return self.count(node, context)

    def count(self, node: dict[str, Any], context: Context) -> Expression:
        """How many events count."""
        count = events_of_one(node, context).order_by().values("name").annotate(n=Count("id")).values("n")
        return self._allowed(node, context, Coalesce(Subquery(count), Value(0)))

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        """When the event came that made the count full; where something else is measured, the newest one."""
        kind, asked = measure_of(node)
        if kind != "count":
            return self.last_at(node, context)
        operator, n = next(iter(asked.items()))
        nth = n + 1 if operator in ("gt", "lte") else max(n, 1)
        times = events_of_one(node, context).order_by("occurred_at", "id").values("occurred_at")
        return self._allowed(node, context, Subquery(times[nth - 1 : nth]))

    def last_at(self, node: dict[str, Any], context: Context) -> Expression:
        """When the newest event that counts occurred."""
        found = events_of_one(node, context)
        newest = found.order_by().values("name").annotate(at=Max("occurred_at")).values("at")
        return self._allowed(node, context, Subquery(newest))

    def newest(self, node: dict[str, Any], context: Context) -> Expression:
        """The newest event that counts as JSON: name and properties."""
        parts = (Value("name"), F("name"), Value("properties"), F("properties"))
        json = Func(*parts, function="jsonb_build_object", output_field=JSONField())
        found = events_of_one(node, context).order_by("-occurred_at").values(json=json)
        return self._allowed(node, context, Subquery(found[:1]))

    def _allowed(self, node: dict[str, Any], context: Context, shown: Any) -> Expression:
        """A value that is shown only where the event may be looked at."""
        return Case(When(allowed(node["event"], context), then=shown), default=None)

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, say_count(node["count"], language) if "count" in node else "")

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        kind, asked = measure_of(node)
        if kind == "count":
            return self._say(node, language, names, say_count_not(asked, language))
        return super().say_not(node, language, names)

    def _say(self, node: dict[str, Any], language: str, names: Names | None, often: str) -> str:
        words = WORDS[language]
        text = quoted(names, "event", node["event"], language)
        if often:
            text += f" {often}"
        if "within" in node:
            text += say_within(node["within"], language)
        if since_of(node):
            text += words[since_of(node) or ""]
        parts = [say_brief(spaced(part["property"]), part, language) for part in node.get("where", [])]
        kind, asked = measure_of(node)
        if kind != "count":
            parts.insert(0, say_brief(words[kind].format(spaced(asked["property"])), asked, language))
        return text + words["with"] + words["and"].join(parts) if parts else text

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(events={node["event"]}, timed="within" in node or reads_days(node))


def reads_days(node: dict[str, Any]) -> bool:
    """Whether days in the properties of events are compared, so that a new day may change the truth."""
    parts = [*node.get("where", []), measure_of(node)[1]]
    return any(operator in part for part in parts for operator in DAY_OPERATORS)


def allowed(name: str, context: Context) -> Expression:
    """Whether events of a name may be looked at: no behaviour, or the person agrees to profiling."""
    from contacts.events.models import EventType

    described = EventType.objects.filter(slug=name).exclude(kind=EventType.Kind.BEHAVIOUR)
    return Either(Exists(described), behaviour_guard(context.subject))
