"""Comparisons of a value (an attribute, an event's property) with what the author wrote, compiled."""

import json
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, F, Func, OuterRef, TextField, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import NullIf

from contacts.conditions.comparison_words import say_brief, say_comparison, say_comparison_not
from contacts.conditions.expressions import TRUE, UNKNOWN, All, Between, Boolean, Compare, Not
from contacts.conditions.operands import (
    DAY_OPERATORS,
    RUN_KEY,
    is_number,
    is_plain,
    operator_of,
    validate_comparison,
)
from contacts.conditions.registry import Context
from contacts.conditions.rules import parse_duration
from contacts.conditions.values import (
    DayOf,
    DayOfText,
    DayText,
    FirstTen,
    InYear,
    Json,
    JsonIsList,
    JsonIsSet,
    JsonNumber,
    JsonText,
    JsonTruth,
    JsonWritten,
    LocalDay,
    instant,
)

__all__ = [
    "SIGNS",
    "compare",
    "compare_json",
    "compile_column",
    "compile_json",
    "is_number",
    "is_plain",
    "operator_of",
    "say_brief",
    "say_comparison",
    "say_comparison_not",
    "validate_comparison",
]
WHOLE_YEAR = 365  # days between the first and the last: every day of a year lies between them
SPARE = 3  # days by which the first ten characters of an instant may differ from its day somewhere on earth
SIGNS = {"is": "=", "is_not": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def compile_json(column: str, key: str, node: dict[str, Any], context: Context) -> Expression:
    """Compare the value under a key of a JSON column: the attributes of a contact, the properties of an event."""
    zone = "contact__time_zone" if column == "properties" else f"{column.removesuffix('attributes')}time_zone"
    return compare_json(Json(column, key), node, context, F(zone))


def compare_json(found: Expression, node: dict[str, Any], context: Context, zone: Any) -> Expression:
    """Compare a JSON value; one of another type than the author wrote is unknown.

    zone: the time zone in which an instant has its day.
    """
    operator = operator_of(node) or ""
    given = node[operator]
    if operator == "is_set":
        return JsonIsSet(found) if given else Not(JsonIsSet(found))
    if operator in DAY_OPERATORS:
        text = JsonWritten(found)
        exact = _compare_day(DayOfText(text, zone), operator, given, context, zone)
        return All(_perhaps(text, operator, given, context, zone), exact) if context.positive else exact
    sample = given[0] if isinstance(given, list) else given
    if isinstance(sample, bool):
        return compare(JsonTruth(found), operator, given, context)
    if is_number(sample):
        one = compare(JsonNumber(found), operator, given, context)
        return one if operator != "in" else _of_list(found, [repr(number) for number in given], one)
    one = compare(JsonText(found), operator, given, context)
    if operator == "contains":
        return _of_list(found, [json.dumps(given)], one)
    return one if operator != "in" else _of_list(found, [json.dumps(text) for text in given], one)


def _of_list(found: Expression, wanted: list[str], otherwise: Expression) -> Expression:
    """Whether a list has one of some values (JSON); what is no list is compared otherwise."""
    has = Boolean(found, _texts(wanted), template="(%(expressions)s::jsonb[]))", arg_joiner=" @> ANY (")
    return Case(When(JsonIsList(found), then=has), default=otherwise)


def _texts(values: list[str]) -> Expression:
    return Func(Value(values, output_field=ArrayField(TextField())), template="%(expressions)s::text[]")


def compile_column(column: str, node: dict[str, Any], context: Context, *, text: bool) -> Expression:
    """Compare a column of texts (an empty one is missing), or of instants (by their day where the person lives)."""
    operator = operator_of(node) or ""
    given = node[operator]
    if operator == "is_set":
        value: Any = NullIf(F(column), Value("")) if text else F(column)
        known = Boolean(value, template="((%(expressions)s) IS NOT NULL)")
        return known if given else Not(known)
    if not text:
        zone = F(f"{context.subject.prefix}time_zone")
        return (
            _compare_day(DayOf(F(column), zone), operator, given, context, zone)
            if operator in DAY_OPERATORS
            else UNKNOWN
        )
    samples = given if isinstance(given, list) else [given]
    if operator in DAY_OPERATORS or not all(isinstance(one, str) for one in samples):
        return UNKNOWN
    return compare(NullIf(F(column), Value("")), operator, given, context)


def compare(value: Any, operator: str, given: Any, context: Context) -> Expression:
    """One comparison with a value of the type that the author wrote; an unknown value stays unknown."""
    if given == RUN_KEY:
        return Compare(value, SIGNS[operator], OuterRef("key") if context.subject.run else Value(""))
    if operator in SIGNS:
        return Compare(value, SIGNS[operator], Value(given))
    if operator == "between":
        return Between(value, Value(given[0]), Value(given[1]))
    if operator == "in":
        numbers = is_number(given[0])
        texts = _texts([repr(one) for one in given] if numbers else list(given))
        return Boolean(
            value,
            texts,
            template="(%(expressions)s::numeric[]))" if numbers else "(%(expressions)s))",
            arg_joiner=" = ANY (",
        )
    if operator in ("contains", "starts_with"):
        pattern = given.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        return Compare(value, "ILIKE", Value(pattern if operator == "starts_with" else f"%{pattern}"))
    return UNKNOWN


def _compare_day(day: Expression, operator: str, given: Any, context: Context, zone: Any) -> Expression:
    """Compare a day with a fixed one, or with one seen from today where the person lives."""
    if operator in ("before", "after"):
        return Compare(day, "<" if operator == "before" else ">", _edge(given, context, zone))
    back, ahead = _around(given)
    if given.get("yearly"):
        if ahead - back >= WHOLE_YEAR:
            return Compare(day, "=", day)
        return InYear(day, *(_today(context, zone, days) for days in (back, ahead + 1)))
    return Between(day, *(_today(context, zone, days) for days in (back, ahead)))


def _perhaps(text: Expression, operator: str, given: Any, context: Context, zone: Any) -> Expression:
    """Whether a text is worth reading as a day: a quick look at its characters, with some days to spare for time zones.

    Reading costs eight times as much. Only where truth alone matters: a text that is no day is false here, not unknown.
    """
    day = FirstTen(text)
    if operator in ("before", "after"):
        edge = DayText(_edge(given, context, zone, SPARE if operator == "before" else -SPARE))
        return Compare(day, "<" if operator == "before" else ">", edge)
    if given.get("yearly"):
        first, last = _around(given, SPARE)
        return (
            TRUE if last - first >= WHOLE_YEAR else InYear(day, *(_today(context, zone, n) for n in (first, last + 1)))
        )
    return Between(day, *(DayText(_today(context, zone, days)) for days in _around(given, SPARE)))


def _around(given: dict[str, Any], spare: int = 0) -> tuple[int, int]:
    """The first and the last day that are meant, counted from today."""
    back = 0 if given.get("direction") == "next" else -given["days"]
    ahead = 0 if given.get("direction") == "last" else given["days"]
    return back - spare, ahead + spare


def _today(context: Context, zone: Any, days: int) -> Expression:
    return LocalDay(instant(context.now), zone, Value(timedelta(days=days)))


def _edge(given: str, context: Context, zone: Any, spare: int = 0) -> Expression:
    """A fixed day, or one so long before or after today; moved by some days."""
    moved = timedelta(days=spare)
    if given[:1] not in ("+", "-"):
        day = date.fromisoformat(given)
        return Value(date.fromordinal(min(max(day.toordinal() + spare, 1), date.max.toordinal())))
    distance = parse_duration(given[1:])
    return LocalDay(instant(context.now), zone, Value((distance if given[0] == "+" else -distance) + moved))
