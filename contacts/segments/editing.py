"""Saving and deleting what teams define (segments, signals, stages): two at once, circles, things in use."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from contacts.conditions.uses import Use, load_uses, named_by, uses_of
from contacts.scores.queries import read_by_grades
from contacts.segments.rules import differences, way_around

Row = TypeVar("Row", bound=models.Model)
AROUND = (
    "segment",
    "signal",
    "score",
    "grade",
)  # a stage remembers where somebody stood, so that rules over stages may go around


class ChangedMeanwhile(Exception):
    """Somebody else saved this definition after it was opened: fields says what is not as it was."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class InUse(Exception):
    """Something cannot be deleted while others name it: uses says who."""

    def __init__(self, uses: Sequence[Use]) -> None:
        super().__init__(", ".join(f"{use.room} {use.user}" for use in uses))
        self.uses = uses


def as_loaded(row: models.Model, fields: Collection[str]) -> dict[str, Any]:
    """Say what a definition is now, as plain JSON, to be compared when it is saved."""
    values = {field: getattr(row, field) for field in fields}
    plain: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return plain


@transaction.atomic
def save_definition(
    *, model: type[Row], pk: int | None, given: Mapping[str, Any], loaded: Mapping[str, Any] | None = None
) -> Row:
    """Write a definition, new when pk is None. loaded: what was there when somebody opened it.

    A rule that changed (condition, leave, kind, position) is computed for everybody by the next tick. Raises
    ChangedMeanwhile: nothing was written.
    """
    row = model() if pk is None else model._default_manager.select_for_update().get(pk=pk)
    before = as_loaded(row, given.keys())
    if pk is not None and loaded is not None and (changed := differences(loaded, before)):
        raise ChangedMeanwhile(changed)
    for field, value in given.items():
        setattr(row, field, value)
    if set(differences(before, as_loaded(row, given.keys()))) & {"condition", "leave", "kind", "active"}:
        row.refreshed_at = None  # type: ignore[attr-defined]  # segments, signals and stages have it
    row.save()
    return row


@transaction.atomic
def delete_definition(*, model: type[Row], pk: int, kind: str) -> None:
    """Delete a definition that nobody names. Raises InUse: nothing was deleted."""
    row = model._default_manager.select_for_update().get(pk=pk)
    if uses := uses_of(kind, row.slug):  # type: ignore[attr-defined]  # definitions have a short name
        raise InUse(uses)
    row.delete()


def circle_through(kind: str, slug: str, condition: dict[str, Any] | None) -> list[str]:
    """Find the circle that a condition of a segment or a signal would close: ["a", "b", "c", "a"]; empty without one.

    A grade reads every active score.
    """
    named: dict[str, set[str]] = {}
    for use in load_uses():
        if use.room in AROUND and use.kind in AROUND:
            named.setdefault(f"{use.room} {use.user}", set()).add(f"{use.kind} {use.slug}")
    start = f"{kind} {slug}"
    named[start] = {f"{this} {other}" for this, other in named_by(condition) if this in AROUND}
    scores = {" ".join(one) for one in read_by_grades()}
    named |= {one: scores for found in [*named.values()] for one in found if one.startswith("grade ")}
    found = way_around(start, named)
    alike = all(step.startswith("segment ") for step in found)
    return [step.removeprefix("segment ") for step in found] if alike else found
