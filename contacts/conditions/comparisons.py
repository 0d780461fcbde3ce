"""Comparisons of a value (an attribute, an event's property) with what the author wrote."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, CharField, DateTimeField, DecimalField, F, Func, OuterRef, Value
from django.db.models.expressions import Expression
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import NullIf

from contacts.conditions.expressions import UNKNOWN, All, Boolean, Compare, Either, Not
from contacts.conditions.registry import Context
from contacts.conditions.rules import COMPARISONS, NUMBER_OPERATORS, Problem, parse_duration, show

SIGNS = {"is": "=", "is_not": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
WORDS = {
    "en": {
        "is": "is",
        "is_not": "is not",
        "in": "is",
        "or": "or",
        "lt": "is less than",
        "lte": "is at most",
        "gt": "is more than",
        "gte": "is at least",
        "between": "is between",
        "contains": "contains",
        "starts_with": "starts with",
        "before": "is before",
        "after": "is after",
        "and": "and",
        "set": "is known",
        "unset": "is not known",
        "run": "that of this run",
        "yes": "yes",
        "no": "no",
        "within": "is within {} days of today",
    },
    "de": {
        "is": "ist",
        "is_not": "ist nicht",
        "in": "ist",
        "or": "oder",
        "lt": "ist kleiner als",
        "lte": "ist höchstens",
        "gt": "ist größer als",
        "gte": "ist mindestens",
        "between": "liegt zwischen",
        "contains": "enthält",
        "starts_with": "beginnt mit",
        "before": "liegt vor",
        "after": "liegt nach",
        "and": "und",
        "set": "ist bekannt",
        "unset": "ist nicht bekannt",
        "run": "wie in diesem Durchlauf",
        "yes": "ja",
        "no": "nein",
        "within": "liegt höchstens {} Tage um heute",
    },
}


BRIEF = {"is": "=", "is_not": "≠", "in": "=", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥"}


def operator_of(node: dict[str, Any]) -> str | None:
    """The one comparison of a node."""
    return next((operator for operator in COMPARISONS if operator in node), None)


def validate_comparison(node: dict[str, Any], path: str, *, known: set[str], run: bool = False) -> list[Problem]:
    """Problems of a node with exactly one comparison. known: its other keys. run: `{"run": "key"}` may stand as a value."""
    operators = [key for key in node if key in COMPARISONS and key not in known]
    unknown = [key for key in node if key not in COMPARISONS and key not in known]
    if unknown:
        return [Problem(_join(path, unknown[0]), f"unknown; expected one of {', '.join(COMPARISONS)}")]
    if len(operators) != 1:
        return [Problem(path, f"expected one comparison of {', '.join(COMPARISONS)}, got {show(operators)}")]
    operator, given = operators[0], node[operators[0]]
    expected = _expected(operator, given, run=run)
    return [Problem(_join(path, operator), f"expected {expected}, got {show(given)}")] if expected else []


def _expected(operator: str, given: Any, *, run: bool) -> str:
    """What was expected when the value does not fit the operator, empty when it fits."""
    if operator in ("is", "is_not"):
        return "" if is_plain(given) or (run and given == {"run": "key"}) else "a text, a number, true or false"
    if operator == "in":
        fits = (
            isinstance(given, list) and given and all(is_plain(v) for v in given) and len({type(v) for v in given}) == 1
        )
        return "" if fits else "a list of texts or of numbers"
    if operator in NUMBER_OPERATORS:
        return "" if is_number(given) else "a number"
    if operator == "between":
        return (
            ""
            if isinstance(given, list) and len(given) == 2 and all(is_number(v) for v in given)
            else "a list of two numbers"
        )
    if operator in ("contains", "starts_with"):
        return "" if isinstance(given, str) and given else "a text"
    if operator == "is_set":
        return "" if isinstance(given, bool) else "true or false"
    if operator in ("before", "after"):
        return "" if _is_day(given) else 'a date like "2026-03-01" or "-30d"'
    fits = (
        isinstance(given, dict) and set(given) == {"days", "of"} and given["of"] == "today" and is_number(given["days"])
    )
    return "" if fits else 'an object like {"days": 3, "of": "today"}'


def is_plain(given: Any) -> bool:
    """Whether a value is a text, a number or a truth."""
    return isinstance(given, (str, bool)) or is_number(given)


def is_number(given: Any) -> bool:
    """Whether a value is a number (truths are not), finite and not longer than a decimal of the database."""
    return isinstance(given, (int, float)) and not isinstance(given, bool) and abs(given) < 10**15


def _is_day(given: Any) -> bool:
    if not isinstance(given, str):
        return False
    try:
        parse_duration(given.lstrip("+-")) if given[:1] in "+-" else date.fromisoformat(given)
    except ValueError:
        return False
    return True


def compile_json(column: str, key: str, node: dict[str, Any], context: Context) -> Expression:
    """Compare the value under a key of a JSON column; a value of another type than the author wrote is unknown."""
    operator = operator_of(node) or ""
    given = node[operator]
    text = KeyTextTransform(key, column)
    if operator == "is_set":
        known = Boolean(text, template="((%(expressions)s) IS NOT NULL)")
        return known if given else Not(known)
    sample = given[0] if isinstance(given, list) else given
    if isinstance(sample, bool):
        value: Any = TypedKey(column, key, "boolean", BooleanField())
    elif is_number(sample):
        value = TypedKey(column, key, "number", DecimalField(max_digits=30, decimal_places=10))
    else:
        value = text
    return compare(value, operator, given, context)


def compile_column(column: str, node: dict[str, Any], context: Context, *, text: bool) -> Expression:
    """Compare a column; an empty text is missing. Columns with an instant are compared by their UTC day."""
    operator = operator_of(node) or ""
    if text:
        value: Any = NullIf(F(column), Value(""))
    else:
        value = _day_of(F(column))
    if operator == "is_set":
        known = Boolean(value, template="((%(expressions)s) IS NOT NULL)")
        return known if node["is_set"] else Not(known)
    return compare(value, operator, node[operator], context)


def compare(value: Any, operator: str, given: Any, context: Context) -> Expression:
    """One comparison as an expression; an unknown value stays unknown."""
    if given == {"run": "key"}:
        return Compare(value, SIGNS[operator], OuterRef("key") if context.subject.run else Value(""))
    if operator in SIGNS:
        return Compare(value, SIGNS[operator], Value(given))
    if operator == "in":
        return Either(*[Compare(value, "=", Value(one)) for one in given])
    if operator == "between":
        return All(Compare(value, ">=", Value(given[0])), Compare(value, "<=", Value(given[1])))
    if operator in ("contains", "starts_with"):
        pattern = given.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        return Compare(value, "ILIKE", Value(pattern if operator == "starts_with" else f"%{pattern}"))
    day = Func(
        value, Value(10), function="left", output_field=CharField()
    )  # ISO days compare as text, and bad ones never raise
    if operator in ("before", "after"):
        return Compare(day, "<" if operator == "before" else ">", _day(given, context.now))
    if operator == "within":
        around = timedelta(days=given["days"])
        return All(Compare(day, ">=", _day_of(context.now - around)), Compare(day, "<=", _day_of(context.now + around)))
    return UNKNOWN


class TypedKey(Func):
    """`column ->> key` cast to a type; unknown where the JSON value has another type, so that a cast never fails."""

    CASTS = {"boolean": "boolean", "number": "numeric"}

    def __init__(self, column: str, key: str, kind: str, field: Any) -> None:
        super().__init__(F(column), output_field=field)
        self.key, self.kind = key, kind

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        """Both places of the column come from one expression, so that joins resolve once."""
        column, params = compiler.compile(self.source_expressions[0])
        sql = f"(CASE WHEN jsonb_typeof({column} -> %s) = %s THEN ({column} ->> %s)::{self.CASTS[self.kind]} END)"
        return sql, [*params, self.key, self.kind, *params, self.key]


def _day(given: str, now: datetime) -> Expression:
    if given[:1] in "+-":
        shift = parse_duration(given[1:])
        return _day_of(now + shift if given[0] == "+" else now - shift)
    return Value(given)


def _day_of(instant: Any) -> Func:
    """The UTC day of an instant or a column, as the text that ISO days are compared with."""
    parts = (
        instant if hasattr(instant, "resolve_expression") else Value(instant, output_field=DateTimeField()),
        Value("YYYY-MM-DD"),
    )
    return Func(
        *parts, template="to_char(%(expressions)s)", arg_joiner=" AT TIME ZONE 'UTC', ", output_field=CharField()
    )


def say_comparison(node: dict[str, Any], language: str) -> str:
    """A comparison as a part of a sentence: `is DE or AT`."""
    words = WORDS[language]
    operator = operator_of(node) or ""
    given = node[operator]
    if operator == "is_set":
        return words["set"] if given else words["unset"]
    if operator == "between":
        return f"{words['between']} {given[0]} {words['and']} {given[1]}"
    if operator == "within":
        return words["within"].format(given["days"])
    return f"{words[operator]} {_say_value(given, words)}"


def say_brief(name: str, node: dict[str, Any], language: str) -> str:
    """A comparison in a subordinate place, where a verb would not fit: `value ≥ 20`."""
    operator = operator_of(node) or ""
    if node[operator] == {"run": "key"}:
        return {"en": "the {} of this run", "de": "{} wie in diesem Durchlauf"}[language].format(name)
    if operator in BRIEF:
        return f"{name} {BRIEF[operator]} {_say_value(node[operator], WORDS[language])}"
    return f"{name} {say_comparison(node, language)}"


def _say_value(given: Any, words: dict[str, str]) -> str:
    if given == {"run": "key"}:
        return words["run"]
    if isinstance(given, bool):
        return words["yes"] if given else words["no"]
    if isinstance(given, list):
        said = [_say_value(one, words) for one in given]
        return f" {words['or']} ".join(filter(None, [", ".join(said[:-1]), said[-1]]))
    return str(given)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
