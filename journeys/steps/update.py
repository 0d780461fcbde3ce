"""Update: sets attributes of the person, or the stage."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F, JSONField, Value
from django.db.models.expressions import CombinedExpression

from contacts.attributes.rules import typed
from contacts.attributes.special import TAKEN
from contacts.conditions.columns import column_name
from contacts.conditions.comparisons import is_plain
from contacts.conditions.names import Names, named, spaced
from contacts.conditions.rules import Problem, show
from contacts.profiles.models import Contact
from contacts.stages.operations import set_stage
from journeys.steps.base import Kind, Known, Moved
from orchestrator.kernel.scope import among

if TYPE_CHECKING:
    from journeys.definitions.models import Step


class Update(Kind):
    """`set: {attribute: value}`, `stage: slug`."""

    name = "update"
    keys = ("set", "stage")

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        if not {"set", "stage"} & set(settings):
            return [Problem(path, "expected set or stage")]
        changes = settings.get("set", {})
        problems = []
        if not isinstance(changes, dict) or not all(
            isinstance(k, str) and (v is None or is_plain(v)) for k, v in changes.items()
        ):
            problems.append(Problem(f"{path}.set", f"expected attributes with plain values, got {show(changes)}"))
        else:
            problems += _attribute_problems(changes, f"{path}.set", known)
        if "stage" in settings and not isinstance(settings["stage"], str):
            problems.append(
                Problem(f"{path}.stage", f"expected the short name of a stage, got {show(settings['stage'])}")
            )
        return problems

    def afterwards(self, step: "Step", moved: list[Moved], now: datetime) -> None:
        ids = [one.contact_id for one in moved]
        if changes := step.settings.get("set"):
            dated = dict.fromkeys(changes, now.isoformat())
            people = among(Contact.objects.all(), "pk", ids)
            people.update(
                attributes=_merged("attributes", changes), attributes_at=_merged("attributes_at", dated), updated_at=now
            )
        if slug := step.settings.get("stage"):
            set_stage(contact_ids=ids, slug=slug, by=f"journey step {step.key}", now=now)

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        parts = [
            f"{column_name(key, language)} = {spaced(value) if isinstance(value, str) else value}"
            for key, value in settings.get("set", {}).items()
        ]
        if "stage" in settings:
            name = named(names, "stage", settings["stage"], language)
            parts.append({"en": "stage = {}", "de": "Stufe = {}"}[language].format(name))
        return {"en": "sets ", "de": "setzt "}[language] + ", ".join(parts)


def _attribute_problems(changes: dict[str, Any], path: str, known: Known) -> list[Problem]:
    """Values that do not fit the definition of their attribute; a key that nobody defined is a warning."""
    problems = []
    for key, value in changes.items():
        here, definition = f"{path}.{key}", known.get(key)
        if key in TAKEN:
            problems.append(Problem(here, "a fixed field of every person: a journey sets attributes only"))
        elif definition is None or not definition.active:
            said = f"there is no attribute {key!r}" if definition is None else "ignored by the team"
            problems.append(Problem(here, said, "warning"))
        elif value is not None:
            try:
                typed(definition.kind, value, definition.choices)
            except ValueError as error:
                problems.append(Problem(here, str(error)))
    return problems


def _merged(column: str, changes: dict[str, Any]) -> CombinedExpression:
    return CombinedExpression(F(column), "||", Value(changes, output_field=JSONField()), output_field=JSONField())


KIND = Update()
