"""The moment that a date of a person names, as an expression over enrollments."""

from datetime import time, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    TextField,
    TimeField,
    Value,
)
from django.db.models.expressions import Expression

from contacts.conditions.columns import INSTANT_COLUMNS
from contacts.conditions.rules import DURATION, parse_duration
from contacts.conditions.values import CLOCK, DAY, Json, JsonText

ARRIVED = F("arrived_at")
DAYS = {"d": 1, "w": 7, "mo": 30}


class Wall(Func):
    """What the clock on the wall reads at a text, "2026-03-01" or an instant, in a time zone; unknown when it is neither."""

    arity = 2
    output_field = DateTimeField()

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        """The patterns let through only what the casts can read."""
        text, params = compiler.compile(self.source_expressions[0])
        zone, zone_params = compiler.compile(self.source_expressions[1])
        sql = (
            f"(CASE WHEN {text} ~ '^{DAY}$' THEN ({text})::timestamp "
            f"WHEN {text} ~ '^{DAY}{CLOCK}$' THEN (({text})::timestamptz AT TIME ZONE {zone}) END)"
        )
        return sql, [*params * 4, *zone_params]


class WallOfInstant(Func):
    """What the clock on the wall reads at an instant in a time zone."""

    template = "(%(expressions)s)"
    arg_joiner = " AT TIME ZONE "
    arity = 2
    output_field = DateTimeField()


class Moment(Func):
    """See journeys_moment in the migrations: the clock on the wall, zone, arrival, and the settings of the wait."""

    function = "journeys_moment"
    arity = 8
    output_field = DateTimeField()


def moment_of(date: dict[str, Any], arrived: Expression | F = ARRIVED) -> Expression:
    """When people go on who wait for a date, as the settings say it; unknown for those without it.

    arrived: when they come, as an expression over enrollments.
    """
    key, zone = date["attribute"], F("contact__time_zone")
    wall: Expression = (
        WallOfInstant(F(f"contact__{key}"), zone)
        if key in INSTANT_COLUMNS
        else Wall(JsonText(Json("contact__attributes", key)), zone)
    )
    days, shift = apart(date.get("offset", ""))
    return Moment(
        wall,
        zone,
        arrived,
        Value(time.fromisoformat(date["at"]) if "at" in date else None, output_field=TimeField()),
        Value(days, output_field=IntegerField()),
        Value(shift, output_field=DurationField()),
        Value(bool(date.get("yearly")), output_field=BooleanField()),
        Value(date["past"] == "next", output_field=BooleanField()),
    )


def apart(offset: str) -> tuple[int, timedelta]:
    """Take an offset like "-14d" or "+2h" apart: whole days of the calendar, and time. Empty: neither."""
    if not offset:
        return 0, timedelta(0)
    sign = -1 if offset[0] == "-" else 1
    found = DURATION.fullmatch(offset[1:])
    if found and found[2] in DAYS:
        return sign * int(found[1]) * DAYS[found[2]], timedelta(0)
    return 0, sign * parse_duration(offset[1:])


def spread_of(spread: timedelta, salt: str) -> Expression:
    """How long after its moment somebody goes on, by a hash of the person: from nothing up to the spread."""
    share = Share(Value(salt, output_field=TextField()), F("contact_id"))
    return ExpressionWrapper(Value(spread, output_field=DurationField()) * share, output_field=DurationField())


class Share(Func):
    """A number from 0 to 1 for a contact: the first 32 bits of md5("salt:contact") modulo 10,000."""

    template = "((('x' || left(md5(%(expressions)s::text), 8))::bit(32)::bigint %%%% 10000) / 10000.0::float8)"
    arg_joiner = " || ':' || "
    output_field = FloatField()
