"""Which events a leaf means, and what is measured of them: looked up for each person, or grouped for everybody."""

from dataclasses import replace
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Aggregate,
    BooleanField,
    Case,
    DecimalField,
    F,
    Func,
    JSONField,
    Max,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from contacts.conditions.comparisons import compare, compare_json, compile_json, operator_of
from contacts.conditions.expressions import UNKNOWN, Among, Boolean, IsTrue, Not
from contacts.conditions.parts import COUNTED, compile_count, compile_count_wide
from contacts.conditions.registry import Context
from contacts.conditions.rules import parse_duration
from contacts.conditions.values import Json, JsonNumber, JsonTruth

MEASURES = ("count", "sum", "min", "max", "last")
# feedback that carries `likely_machine`
FLAGGED = ("email_opened", "email_clicked", "sms_opened", "sms_clicked", "push_opened", "push_clicked")
AGGREGATES: dict[str, type[Aggregate]] = {"sum": Sum, "min": Min, "max": Max}
NUMBER = DecimalField(max_digits=1000, decimal_places=500)
NEWEST = ("-occurred_at", "-id")


def measure_of(node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What is measured and how it is compared; without a word, that the event came at least once."""
    return next(((one, node[one]) for one in MEASURES if one in node), ("count", {"gte": 1}))


def since_of(node: dict[str, Any]) -> str | None:
    """From where in a journey events count: "entry" or "step"; None where a window or nothing is said."""
    return "step" if node.get("since_step") else node.get("since")


def people_only(events: QuerySet[Any], name: str) -> QuerySet[Any]:
    """Leave out opens and clicks of machines: they move nobody."""
    if name not in FLAGGED:
        return events
    return events.filter(Not(IsTrue(JsonTruth(Json("properties", "likely_machine")))))


def events_meant(node: dict[str, Any], context: Context) -> QuerySet[Any]:
    """The events that count, of everybody."""
    from contacts.events.models import Event

    found = Event.objects.filter(name=node["event"], occurred_at__lte=context.now)
    if "within" in node:
        found = found.filter(occurred_at__gt=context.now - parse_duration(node["within"]))
    found = people_only(found, node["event"])
    filtering = replace(context, positive=True)  # an event of which it is unknown does not count either
    for part in node.get("where", []):
        found = found.filter(compile_json("properties", part["property"], part, filtering))
    return found


def events_of_one(node: dict[str, Any], context: Context) -> QuerySet[Any]:
    """The events that count, for one row of the outer query."""
    found = events_meant(node, context).filter(contact_id=OuterRef(context.subject.reference))
    since = since_of(node)
    if since and context.subject.run:
        found = found.filter(occurred_at__gt=OuterRef("entered_at" if since == "entry" else "arrived_at"))
    return found


def measured(node: dict[str, Any], context: Context) -> Expression:
    """Whether the measure of the events fits, true, false or unknown."""
    kind, asked = measure_of(node)
    if context.wide and not since_of(node):
        return _measured_wide(kind, asked, node, context)
    found = events_of_one(node, context)
    if kind == "count":
        return compile_count(found, asked)
    if kind == "last":
        truth = _of_newest(asked, context)
        newest = Subquery(found.order_by(*NEWEST).values(holds=truth)[:1], output_field=BooleanField())
        return IsTrue(newest) if asked.get("is_set") else _unless(newest, is_set=asked.get("is_set"))
    operator = operator_of(asked) or ""
    return compare(number_of(kind, asked["property"], found), operator, asked[operator], context)


def _unless(newest: Expression, *, is_set: bool | None) -> Expression:
    """What no event at all says: nothing, but to the question whether the property is missing, yes."""
    return Coalesce(newest, Value(True)) if is_set is False else newest


def number_of(kind: str, key: str, found: QuerySet[Any]) -> Expression:
    """The sum, the smallest or the largest of a property's numbers: of none, 0 or unknown."""
    aggregate = AGGREGATES[kind](JsonNumber(Json("properties", key)))
    number = Subquery(found.order_by().values("name").annotate(n=aggregate).values("n"), output_field=NUMBER)
    return Coalesce(number, Value(0, output_field=NUMBER)) if kind == "sum" else number


def newest_value(key: str, found: QuerySet[Any]) -> Expression:
    """A property of the newest event, as JSON."""
    return Subquery(found.order_by(*NEWEST).values(json=Json("properties", key))[:1], output_field=JSONField())


def _of_newest(asked: dict[str, Any], context: Context) -> Expression:
    return compile_json("properties", asked["property"], asked, context)


def _measured_wide(kind: str, asked: dict[str, Any], node: dict[str, Any], context: Context) -> Expression:
    """The same truth over events that are read once and grouped by person."""
    subject = context.subject.reference
    found = events_meant(node, context)
    if kind == "count":
        return compile_count_wide(found, asked, subject)
    if kind == "last":
        return _last_wide(asked, found, context)
    operator = operator_of(asked) or ""
    number: Any = AGGREGATES[kind](JsonNumber(Json("properties", asked["property"])))
    if kind == "sum":
        number = Coalesce(number, Value(0, output_field=NUMBER))
        if _zero_fits(operator, asked[operator]):  # who has no event is meant as well
            return Not(_grouped(found, Not(compare(number, operator, asked[operator], context)), subject))
    holds = _grouped(found, compare(number, operator, asked[operator], context), subject)
    if context.positive or kind == "sum":
        return holds
    return Case(When(_grouped(found, _known(number), subject), then=holds), default=UNKNOWN)


def _last_wide(asked: dict[str, Any], found: QuerySet[Any], context: Context) -> Expression:
    values = ArrayAgg(Json("properties", asked["property"]), order_by=NEWEST)
    newest = Func(values, template="((%(expressions)s)[1])", output_field=JSONField())
    subject = context.subject.reference
    if asked.get("is_set") is False:
        return Not(_grouped(found, compare_json(newest, {"is_set": True}, context, None), subject))
    truth = compare_json(newest, asked, context, Max(F("contact__time_zone")))
    holds = _grouped(found, IsTrue(truth), subject)
    if context.positive or "is_set" in asked:
        return holds
    return Case(When(_grouped(found, _known(truth), subject), then=holds), default=UNKNOWN)


def _grouped(found: QuerySet[Any], holds: Expression, subject: str) -> Expression:
    """Whether a person is among those for whose events together something holds."""
    groups = found.order_by().values("contact_id").annotate(said=holds).filter(holds).values("contact_id")
    return Among(F(subject), Subquery(groups))


def _known(value: Any) -> Expression:
    return Boolean(value, template="((%(expressions)s) IS NOT NULL)")


def _zero_fits(operator: str, given: Any) -> bool:
    if operator == "in":
        return 0 in given
    if operator == "between":
        return bool(given[0] <= 0 <= given[1])
    return COUNTED[operator](0, given)
