"""The leaves on scores: the value of one, and the cell of the grade grid."""

from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from contacts.conditions.comparisons import SIGNS, is_number, operator_of, say_comparison
from contacts.conditions.expressions import UNKNOWN, All, Compare, Either, Not
from contacts.conditions.names import Names, quoted, register_names
from contacts.conditions.parts import slug_problems
from contacts.conditions.registry import Context, Leaf, register
from contacts.conditions.rules import Dependencies, Problem, at, show
from contacts.scores.models import Grade, Score, ScoreValue

OPERATORS = ("is", "lt", "lte", "gt", "gte", "between", "is_set")
MOST_GRADES = 50
AXES = (Score.Axis.FIT, Score.Axis.ENGAGEMENT)


class ScoreLeaf(Leaf):
    """`{"score": "engagement", "gte": 50}`: who has no row has 0; a score that is not there, or off, is unknown."""

    key = "score"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, "score", {"score", *OPERATORS})
        operators = [key for key in node if key in OPERATORS]
        if problems:
            return problems
        if len(operators) != 1:
            return [Problem(path, f"expected one comparison of {', '.join(OPERATORS)}, got {show(operators)}")]
        operator, given = operators[0], node[operators[0]]
        if operator == "is_set":
            fits, expected = isinstance(given, bool), "true or false"
        elif operator == "between":
            fits = isinstance(given, list) and len(given) == 2 and all(is_number(one) for one in given)
            expected = "a list of two numbers"
        else:
            fits, expected = is_number(given), "a number"
        return [] if fits else [Problem(at(path, operator), f"expected {expected}, got {show(given)}")]

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        held = Exists(_values(node["score"], context).filter(_compared(F("value"), node)))
        if _fits_nothing(node):  # who has no row has 0, and that fits: look for those whose value does not fit
            unfit = Exists(_values(node["score"], context).filter(Not(_compared(F("value"), node))))
            held = Not(unfit)  # type: ignore[assignment]
        there = Exists(Score.objects.filter(slug=node["score"], active=True))
        return All(there, held) if context.positive else Case(When(there, then=held), default=UNKNOWN)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        return _value(node["score"], context)

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        name = quoted(names, "score", node["score"], language)
        return f"{ {'en': 'score', 'de': 'Score'}[language] } {name} {say_comparison(node, language)}"

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={f"score:{node['score']}"})


def _values(slug: str, context: Context) -> QuerySet[Any]:
    """The row of a person in a score."""
    return ScoreValue.objects.filter(
        contact_id=OuterRef(context.subject.reference), score__slug=slug, score__active=True
    )


def _value(slug: str, context: Context) -> Expression:
    """The value as a number, unknown where the score is not there."""
    there = Exists(Score.objects.filter(slug=slug, active=True))
    row = Subquery(_values(slug, context).values("value")[:1], output_field=IntegerField())
    return Case(When(there, then=Coalesce(row, Value(0))), default=None, output_field=IntegerField())


def _compared(value: Any, node: dict[str, Any]) -> Expression:
    operator = operator_of(node) or ""
    given = node[operator]
    if operator == "is_set":
        return Compare(Value(1), "=", Value(1 if given else 0))
    if operator == "between":
        return All(Compare(value, ">=", Value(given[0])), Compare(value, "<=", Value(given[1])))
    return Compare(value, SIGNS[operator], Value(given))


def _fits_nothing(node: dict[str, Any]) -> bool:
    """Whether no row at all, which is 0, fits the comparison; "is set" says that something was counted."""
    operator = operator_of(node) or ""
    given = node[operator]
    if operator == "between":
        return bool(given[0] <= 0 <= given[1])
    fits = {"is": given == 0, "lt": given > 0, "lte": given >= 0, "gt": given < 0, "gte": given <= 0}
    return bool(not given if operator == "is_set" else fits[operator])


class GradeLeaf(Leaf):
    """`{"grade": "A1"}` or `{"grade": {"in": ["A1", "A2"]}}`: the cell of the grid, unknown while there are no bands.

    The letter is the band of the person's highest fit score, the number that of the highest engagement score.
    """

    key = "grade"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        unknown = [Problem(at(path, key), "unknown; expected grade alone") for key in node if key != "grade"]
        given = node["grade"]
        here, cells = at(path, "grade"), [given] if isinstance(given, str) else None
        if isinstance(given, dict) and list(given) == ["in"] and isinstance(given["in"], list):
            here, cells = at(here, "in"), given["in"]
        fits = cells is not None and 0 < len(cells) <= MOST_GRADES
        if not fits or not all(isinstance(cell, str) and 0 < len(cell) <= 8 for cell in cells or []):
            expected = 'expected a grade like "A1" or {"in": ["A1", "A2"]}'
            return [*unknown, Problem(here, f"{expected}, got {show(given)}")]
        return unknown

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        stands = Either(*[_in_cell(cell, context) for cell in _cells(node)])
        if context.positive:
            return stands
        ready = All(*[Exists(Grade.objects.filter(axis=axis)) for axis in AXES])
        return Case(When(ready, then=stands), default=UNKNOWN)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        return _grade(context)

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, {"en": "grade is {}", "de": "Grad ist {}"})

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, {"en": "grade is not {}", "de": "Grad ist nicht {}"})

    def _say(self, node: dict[str, Any], language: str, words: dict[str, str]) -> str:
        cells = _cells(node)
        joined = {"en": " or ", "de": " oder "}[language].join(filter(None, [", ".join(cells[:-1]), cells[-1]]))
        return words[language].format(joined)

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={"grade"})


def _cells(node: dict[str, Any]) -> list[str]:
    given = node["grade"]
    return [given] if isinstance(given, str) else list(given["in"])


def _in_cell(cell: str, context: Context) -> Expression:
    """Whether the highest value of each axis reaches the band of the cell, and not the one above it.

    Said by values that are there or not, so that Postgres can join them for everybody; no row at all is 0.
    """
    return All(*[part for axis in AXES for part in _in_band(axis, cell, context)])


def _in_band(axis: str, cell: str, context: Context) -> list[Any]:
    first = axis == Score.Axis.FIT
    labels = [OuterRef("label"), F("label")] if first else [F("label"), OuterRef("label")]
    others = Grade.objects.filter(axis=AXES[1] if first else AXES[0]).annotate(cell=_joined(*labels)).filter(cell=cell)
    band = Grade.objects.filter(Exists(others), axis=axis).order_by("-least")
    least = Subquery(band.values("least")[:1])
    above = Grade.objects.filter(Compare(F("least"), ">", least), axis=axis).order_by("least")
    mine = ScoreValue.objects.filter(
        contact_id=OuterRef(context.subject.reference), score__axis=axis, score__active=True
    )
    reaches = Exists(mine.filter(Compare(F("value"), ">=", least)))
    beyond = Exists(mine.filter(Compare(F("value"), ">=", Subquery(above.values("least")[:1]))))
    return [Exists(band), Either(Compare(least, "=", Value(0)), reaches), Not(beyond)]


def _joined(*labels: Any) -> Func:
    return Func(*labels, template="(%(expressions)s)", arg_joiner=" || ", output_field=TextField())


def _grade(context: Context) -> Expression:
    """The cell of a person as a text, unknown where a band is missing."""
    return _joined(*[_label(axis, context) for axis in AXES])


def _label(axis: str, context: Context) -> Expression:
    highest = (
        ScoreValue.objects.filter(
            contact_id=OuterRef(OuterRef(context.subject.reference)), score__axis=axis, score__active=True
        )
        .order_by()
        .values("contact_id")
        .annotate(highest=Max("value"))
        .values("highest")
    )
    reached = Grade.objects.filter(axis=axis).filter(Compare(F("least"), "<=", Coalesce(Subquery(highest), Value(0))))
    label = reached.order_by("-least").values("label")[:1]
    return Subquery(label, output_field=TextField())  # type: ignore[return-value]


for leaf in (ScoreLeaf(), GradeLeaf()):
    register(leaf)
register_names("score", lambda: Score.objects.all())
