"""Parts that several leaves share: counts, durations, names, each checked, said and compiled."""

from typing import Any

from django.db.models import Exists, QuerySet, Value
from django.db.models.expressions import Expression

from contacts.conditions.expressions import All, Compare, Not
from contacts.conditions.rules import COUNT_OPERATORS, Problem, at, parse_duration, say_duration, show


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


COUNT_WORDS = {
    "en": {"is": "exactly {}", "gte": "at least {}", "gt": "more than {}", "lte": "at most {}", "lt": "less than {}"},
    "de": {
        "is": "genau {}",
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
    if (operator, n) in (("is", 0), ("lte", 0), ("lt", 1)):
        return NOT_ONCE[language]
    return COUNT_WORDS[language][operator].format(say_times(n, language))


def say_within(text: str, language: str) -> str:
    """A window as the end of a sentence: ` within 7 days`."""
    return {"en": " within ", "de": " innerhalb von "}[language] + say_duration(text, language, dative=True)


def count_problems(count: Any, path: str) -> list[Problem]:
    """Problems of a count like `{"gte": 3}`."""
    if not isinstance(count, dict) or len(count) != 1 or next(iter(count)) not in COUNT_OPERATORS:
        return [Problem(path, f"expected one of {', '.join(COUNT_OPERATORS)} with a number, got {show(count)}")]
    operator, n = next(iter(count.items()))
    if not isinstance(n, int) or isinstance(n, bool):
        return [Problem(at(path, operator), f"expected a number, got {show(n)}")]
    least = 1 if operator == "lt" else 0
    if not least <= n <= 1_000_000:
        return [Problem(at(path, operator), f"expected a number from {least} to 1000000, got {n}")]
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
        Problem(at(path, other), f"unknown; expected one of {', '.join(sorted(known))}")
        for other in node
        if other not in known
    ]
    if not isinstance(node[key], str) or not node[key]:
        problems.append(Problem(at(path, key), f"expected a name, got {show(node[key])}"))
    return problems
