"""Parts that several leaves share: counts, durations, names, each checked, said and compiled."""

import operator as operators
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Expression

from contacts.conditions.comparison_words import OPPOSITES
from contacts.conditions.comparisons import SIGNS, is_number
from contacts.conditions.expressions import Among, Compare, Not
from contacts.conditions.rules import COUNT_OPERATORS, Problem, at, parse_duration, say_duration, show
from contacts.conditions.values import instant

STANDING = ("for", "within")
STANDING_WORDS = {
    "en": {"for": "for at least {}", "within": "since at most {}"},
    "de": {"for": "seit mindestens {}", "within": "seit höchstens {}"},
}
MOST_TIMES = 1_000_000
LONGEST_NAME = 200
SINCE = ("since", "since_step")  # keys beside durations that say the beginning of a window
COUNTED: dict[str, Callable[[Any, Any], bool]] = {
    "is": operators.eq,
    "is_not": operators.ne,
    "lt": operators.lt,
    "lte": operators.le,
    "gt": operators.gt,
    "gte": operators.ge,
}
NONE = (("is", 0), ("lte", 0), ("lt", 1))  # not once
SOME = (("gte", 1), ("gt", 0))  # at least once


class UpTo(Subquery):
    """How many rows a query finds, counted no further than needed."""

    template = "(SELECT count(*) FROM (%(subquery)s LIMIT %%s) AS found)"
    output_field = IntegerField()

    def __init__(self, queryset: QuerySet, most: int) -> None:
        super().__init__(queryset.order_by().values("pk"))
        self.most = most

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        """The limit is a parameter, so that the text of the statement is the same for every count."""
        sql, params = super().as_sql(*args, **kwargs)
        return sql, (*params, self.most)


def compile_count(found: QuerySet, count: dict[str, int]) -> Expression:
    """How often rows exist, as an expression that stops reading as early as it can."""
    operator, n = next(iter(count.items()))
    if (operator, n) in SOME:
        return Exists(found)
    if (operator, n) in NONE:
        return Not(Exists(found))
    return Compare(UpTo(found, n + 1), SIGNS[operator], Value(n))


def compile_count_wide(found: QuerySet, count: dict[str, int], subject: str) -> Expression:
    """How often rows exist for each of many people: read once and grouped by `contact_id`. subject: the column of the person."""
    operator, n = next(iter(count.items()))
    if (operator, n) in (*SOME, *NONE):  # nothing to count
        return compile_count(found.filter(contact_id=OuterRef(subject)), count)
    groups = found.order_by().values("contact_id")
    if COUNTED[operator](0, n):  # who has none is meant as well
        fails = Not(Compare(Count("*"), SIGNS[operator], Value(n)))
        return Not(Among(F(subject), Subquery(groups.annotate(n=Count("*")).filter(fails).values("contact_id"))))
    holds = Compare(Count("*"), SIGNS[operator], Value(n))
    return Among(F(subject), Subquery(groups.annotate(n=Count("*")).filter(holds).values("contact_id")))


COUNT_WORDS = {
    "en": {
        "is": "exactly {}",
        "is_not": "not exactly {}",
        "gte": "at least {}",
        "gt": "more than {}",
        "lte": "at most {}",
        "lt": "less than {}",
    },
    "de": {
        "is": "genau {}",
        "is_not": "nicht genau {}",
        "gte": "mindestens {}",
        "gt": "mehr als {}",
        "lte": "höchstens {}",
        "lt": "weniger als {}",
    },
}
TIMES = {"en": {1: "once", 2: "twice"}, "de": {1: "einmal", 2: "zweimal"}}
NOT_ONCE = {"en": "not once", "de": "kein Mal"}


def say_times(n: int, language: str) -> str:
    """How often: `once`, `twice`, `3 times`."""
    return TIMES[language].get(n) or {"en": "{} times", "de": "{}-mal"}[language].format(n)


def say_count(count: dict[str, int], language: str) -> str:
    """A count as a part of a sentence: `at least 3 times`."""
    operator, n = next(iter(count.items()))
    if (operator, n) in NONE:
        return NOT_ONCE[language]
    return COUNT_WORDS[language][operator].format(say_times(n, language))


def say_within(text: str, language: str) -> str:
    """A window as the end of a sentence: ` within 7 days`."""
    return {"en": " within ", "de": " innerhalb von "}[language] + say_duration(text, language, dative=True)


def say_count_not(count: dict[str, int], language: str) -> str:
    """The opposite of a count as a part of a sentence: `less than 3 times`."""
    operator, n = next(iter(count.items()))
    if (operator, n) in SOME:
        return NOT_ONCE[language]
    return say_count({"gte": 1} if (operator, n) in NONE else {OPPOSITES[operator]: n}, language)


def say_standing(node: dict[str, Any], language: str, *, comma: bool = False) -> str:
    """For how long, or since when somebody stands somewhere: ` for at least 30 days`."""
    for key in STANDING:
        if key in node:
            text = STANDING_WORDS[language][key].format(say_duration(node[key], language, dative=True))
            return f", {text}" if comma else f" {text}"
    return ""


def window_q(node: dict[str, Any], column: str, now: datetime) -> Q:
    """The rows whose instant lies in the window of a node: `within` half open, `for` at least so long ago."""
    if "within" in node:
        return Q(**{f"{column}__gt": now - parse_duration(node["within"]), f"{column}__lte": now})
    if "for" in node:
        return Q(**{f"{column}__lte": now - parse_duration(node["for"])})
    return Q()


def since_in_window(node: dict[str, Any], since: Expression, now: datetime) -> list[Expression]:
    """The same of one instant, as parts of a condition; an unknown instant stays unknown."""
    if "within" in node:
        begin = now - parse_duration(node["within"])
        return [Compare(since, ">", instant(begin)), Compare(since, "<=", instant(now))]
    if "for" in node:
        return [Compare(since, "<=", instant(now - parse_duration(node["for"])))]
    return []


def count_problems(count: Any, path: str) -> list[Problem]:
    """Problems of a count like `{"gte": 3}`."""
    if not isinstance(count, dict) or len(count) != 1 or next(iter(count)) not in COUNT_OPERATORS:
        return [Problem(path, f"expected one of {', '.join(COUNT_OPERATORS)} with a number, got {show(count)}")]
    operator, n = next(iter(count.items()))
    if not is_number(n):
        return [Problem(at(path, operator), f"expected a number, got {show(n)}")]
    least = 1 if operator == "lt" else 0
    if not isinstance(n, int) or not least <= n <= MOST_TIMES:
        return [Problem(at(path, operator), f"expected a whole number from {least} to {MOST_TIMES}, got {show(n)}")]
    return []


def duration_problems(text: Any, path: str) -> list[Problem]:
    """Problems of a duration."""
    try:
        parse_duration(text)
    except ValueError as error:
        return [Problem(path, str(error))]
    return []


def slug_problems(node: dict[str, Any], path: str, key: str, known: set[str]) -> list[Problem]:
    """Problems of a leaf that names one thing. known: the keys it may have."""
    problems = unknown_keys(node, path, known)
    if not is_name(node[key]):
        problems.append(Problem(at(path, key), f"expected a name, got {show(node[key])}"))
    return problems


def unknown_keys(node: dict[str, Any], path: str, known: Collection[str]) -> list[Problem]:
    """A problem for each key that a node may not have."""
    expected = ", ".join(sorted(known))
    return [Problem(at(path, str(key)), f"unknown; expected one of {expected}") for key in node if key not in known]


def one_of_problems(node: dict[str, Any], path: str, key: str, values: Collection[str]) -> list[Problem]:
    """Problems of a key, if it is there, whose value must be one of some."""
    if key not in node or (isinstance(node[key], str) and node[key] in values):
        return []
    return [Problem(at(path, key), f"expected one of {', '.join(values)}, got {show(node[key])}")]


def window_problems(node: dict[str, Any], path: str, *keys: str) -> list[Problem]:
    """Problems of the durations of a node, of which it may have one."""
    used = [key for key in keys if key in node]
    if len(used) > 1:
        return [Problem(path, f"expected {' or '.join(used)}, not both")]
    return [problem for key in used if key not in SINCE for problem in duration_problems(node[key], at(path, key))]


def is_name(given: Any) -> bool:
    """Whether a value can be the name of something."""
    return isinstance(given, str) and 0 < len(given) <= LONGEST_NAME
