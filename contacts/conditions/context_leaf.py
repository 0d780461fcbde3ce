"""The leaf on the moment: weekday, hour, month and season where the person lives."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, IntegerField, Value
from django.db.models.expressions import Expression

from contacts.conditions.expressions import Between, Boolean, Compare, Either
from contacts.conditions.names import Names
from contacts.conditions.parts import one_of_problems, unknown_keys
from contacts.conditions.registry import Context, Leaf
from contacts.conditions.rules import Dependencies, Problem, at, show
from contacts.conditions.values import instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # 1 to 7
SEASONS = {"spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "winter": (12, 1, 2)}  # of the north
KINDS = ("weekday", "hour", "month", "season")
FIELDS = {"weekday": "isodow", "hour": "hour", "month": "month", "season": "month"}
HOURS = 24
NAMES = {
    "en": {
        "weekday": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        "month": [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        "season": {"spring": "spring", "summer": "summer", "autumn": "autumn", "winter": "winter"},
    },
    "de": {
        "weekday": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        "month": [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
        "season": {"spring": "Frühling", "summer": "Sommer", "autumn": "Herbst", "winter": "Winter"},
    },
}
WORDS = {
    "en": {
        "weekday": "it is {}",
        "month": "it is {}",
        "season": "it is {}",
        "hour": "it is between {}:00 and {}:00",
        "or": " or ",
    },
    "de": {
        "weekday": "es ist {}",
        "month": "es ist {}",
        "season": "es ist {}",
        "hour": "es ist zwischen {} und {} Uhr",
        "or": " oder ",
    },
}
NOT_WORDS = {
    "en": {
        "weekday": "it is not {}",
        "month": "it is not {}",
        "season": "it is not {}",
        "hour": "it is not between {}:00 and {}:00",
    },
    "de": {
        "weekday": "es ist nicht {}",
        "month": "es ist nicht {}",
        "season": "es ist nicht {}",
        "hour": "es ist nicht zwischen {} und {} Uhr",
    },
}


class ContextLeaf(Leaf):
    """`{"context": "weekday", "in": ["sat", "sun"]}`, `{"context": "hour", "between": [8, 18]}`: from 8:00 until before 18:00."""

    key = "context"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = one_of_problems(node, path, "context", KINDS)
        if problems:
            return problems
        operator = "between" if node["context"] == "hour" else "in"
        problems = unknown_keys(node, path, {"context", operator})
        if problems or operator not in node:
            return problems or [Problem(path, f"expected {operator} with the {node['context']}s that are meant")]
        return self._value_problems(node["context"], node[operator], at(path, operator))

    def _value_problems(self, kind: str, given: Any, path: str) -> list[Problem]:
        if kind == "hour":
            hours = isinstance(given, list) and len(given) == 2 and all(_whole(hour, 0, HOURS) for hour in given)
            fits = hours and given[0] != given[1] and given[0] < HOURS
            return [] if fits else [Problem(path, f"expected two hours like [8, 18], got {show(given)}")]
        allowed = {"weekday": WEEKDAYS, "season": tuple(SEASONS), "month": tuple(range(1, 13))}[kind]
        if (
            isinstance(given, list)
            and given
            and len(given) <= len(allowed)
            and all(_one_of(one, allowed) for one in given)
        ):
            return []
        return [Problem(path, f"expected a list of {', '.join(map(str, allowed))}, got {show(given)}")]

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        kind, value = node["context"], self._part(node, context)
        if kind == "hour":
            first, end = node["between"]
            if first < end:
                return Between(value, Value(first), Value(end - 1))
            return Either(Compare(value, ">=", Value(first)), Compare(value, "<", Value(end)))
        numbers = {
            "weekday": lambda: [WEEKDAYS.index(day) + 1 for day in node["in"]],
            "month": lambda: list(node["in"]),
            "season": lambda: [month for season in node["in"] for month in SEASONS[season]],
        }[kind]()
        wanted = Value(numbers, output_field=ArrayField(IntegerField()))
        return Boolean(value, wanted, template="(%(expressions)s::int[]))", arg_joiner=" = ANY (")

    def _part(self, node: dict[str, Any], context: Context) -> Expression:
        """Weekday, hour or month of now where the person lives, as a whole number."""
        return Func(
            instant(context.now),
            F(f"{context.subject.prefix}time_zone"),
            template=f"(extract({FIELDS[node['context']]} FROM %(expressions)s)::int)",
            arg_joiner="::timestamptz AT TIME ZONE ",
            output_field=IntegerField(),
        )

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        return self._part(node, context)

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, WORDS)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, NOT_WORDS)

    def _say(self, node: dict[str, Any], language: str, verbs: dict[str, dict[str, str]]) -> str:
        kind, words = node["context"], WORDS[language]
        if kind == "hour":
            return verbs[language]["hour"].format(*node["between"])
        called: Any = NAMES[language][kind]
        spoken = {
            "weekday": lambda one: called[WEEKDAYS.index(one)],
            "month": lambda one: called[one - 1],
            "season": lambda one: called[one],
        }[kind]
        said = [spoken(one) for one in node["in"]]
        return verbs[language][kind].format(words["or"].join(filter(None, [", ".join(said[:-1]), said[-1]])))

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(attributes={"time_zone"}, timed=True)


def _whole(given: Any, least: int, most: int) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and least <= given <= most


def _one_of(given: Any, allowed: tuple[Any, ...]) -> bool:
    return type(given) in (str, int) and given in allowed
