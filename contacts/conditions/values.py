"""Values that conditions compare, as SQL that never fails: what has another type than asked for is unknown."""

from typing import Any

from django.db.models import BooleanField, DateField, DateTimeField, DecimalField, F, Func, JSONField, TextField, Value
from django.db.models.expressions import Expression

# A day that exists, so that a cast of what fits cannot fail: 31, 30 and 28 days, and 29 February of leap years.
DAY = (
    "(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
)
CLOCK = "[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?"


class Repeating(Func):
    """A function whose argument stands at several places of its SQL: `{0}`."""

    sql = ""

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        """Each place comes from the one expression, so that joins resolve once."""
        text, params = compiler.compile(self.source_expressions[0])
        return self.sql.replace("{0}", text), list(params) * self.sql.count("{0}")


class Json(Func):
    """The value under a key of a JSON column, as JSON. The key is a text, also where it looks like a number."""

    template = "(%(expressions)s)"
    arg_joiner = " -> "
    output_field = JSONField()

    def __init__(self, column: str, key: str) -> None:
        super().__init__(F(column), Value(key, output_field=TextField()))


class JsonNumber(Repeating):
    """A JSON number as a number, unknown for anything else."""

    sql = "(CASE WHEN jsonb_typeof({0}) = 'number' THEN ({0} #>> '{}')::numeric END)"
    output_field = DecimalField(max_digits=1000, decimal_places=500)


class JsonTruth(Repeating):
    """A JSON true or false as a truth, unknown for anything else."""

    sql = "(CASE WHEN jsonb_typeof({0}) = 'boolean' THEN ({0} #>> '{}')::boolean END)"
    output_field = BooleanField()


class JsonText(Repeating):
    """A JSON text, and a number or a truth as it is written; unknown for a list and an object."""

    sql = "(CASE WHEN jsonb_typeof({0}) NOT IN ('array', 'object') THEN {0} #>> '{}' END)"
    output_field = TextField()


class JsonWritten(Repeating):
    """Any JSON value as it is written; a list and an object look like nothing that is looked for."""

    sql = "({0} #>> '{}')"
    output_field = TextField()


class JsonIsSet(Repeating):
    """Whether there is a value; the null of JSON is none."""

    sql = "(({0} #>> '{}') IS NOT NULL)"
    output_field = BooleanField()
    conditional = True


class JsonIsList(Repeating):
    """Whether a value is a list."""

    sql = "(jsonb_typeof({0}) = 'array')"
    output_field = BooleanField()
    conditional = True


class DayOfText(Func):
    """The day in a text, "2026-03-01" or an instant of that day in a time zone; unknown when it is neither."""

    arity = 2
    output_field = DateField()

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        """The patterns let through only what the casts can read."""
        text, params = compiler.compile(self.source_expressions[0])
        zone, zone_params = compiler.compile(self.source_expressions[1])
        sql = (
            f"(CASE WHEN {text} ~ '^{DAY}$' THEN ({text})::date "
            f"WHEN {text} ~ '^{DAY}{CLOCK}$' THEN (({text})::timestamptz AT TIME ZONE {zone})::date END)"
        )
        return sql, [*params * 4, *zone_params]


class FirstTen(Func):
    """The characters of a text in which its day stands, "2026-03-01"."""

    template = "left(%(expressions)s, 10)"
    output_field = TextField()


class DayText(Func):
    """A day as the text that days are written as."""

    template = "to_char((%(expressions)s)::timestamp, 'YYYY-MM-DD')"
    output_field = TextField()


class DayOf(Func):
    """The day of an instant in a time zone."""

    template = "((%(expressions)s)::date)"
    arg_joiner = "::timestamptz AT TIME ZONE "
    arity = 2
    output_field = DateField()


class LocalDay(Func):
    """The day some time before or after an instant, counted on the wall clock of a time zone: instant, zone, distance."""

    template = "((%(expressions)s)::date)"
    arity = 3
    output_field = DateField()

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        """Days are subtracted on the wall clock: a day in which clocks change is a day as well."""
        parts = [compiler.compile(part) for part in self.source_expressions]
        (instant, zone, distance), params = [text for text, _ in parts], [p for _, some in parts for p in some]
        return f"((({instant})::timestamptz AT TIME ZONE {zone}) + ({distance})::interval)::date", params


class InYear(Func):
    """Whether a day falls, in whatever year, between two others less than a year apart: day, first, the day after the last.

    29 February falls on 28 February where there is none, since the day after it is 1 March then.
    """

    arity = 3
    output_field = BooleanField()
    conditional = True

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        """Over New Year the later days of one year and the earlier ones of the next are meant."""
        parts = [compiler.compile(part) for part in self.source_expressions]
        day, first, end = (f"to_char(({text})::timestamp, 'MM-DD')" for text, _ in parts)
        if isinstance(self.source_expressions[0], FirstTen):  # a text that has not been read as a day yet
            day = f"substr({parts[0][0]}, 6)"
        of_day, of_first, of_end = (list(params) for _, params in parts)
        sql = f"(CASE WHEN {first} < {end} THEN {day} >= {first} AND {day} < {end} ELSE {day} >= {first} OR {day} < {end} END)"
        inside = [*of_day, *of_first, *of_day, *of_end]
        return sql, [*of_first, *of_end, *inside, *inside]


def instant(at: Any) -> Expression:
    """An instant as a parameter; a prepared statement moves it to the real time."""
    return Value(at, output_field=DateTimeField())
