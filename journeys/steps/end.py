"""End: the person leaves the journey with a named outcome."""

from collections.abc import Mapping
from typing import Any

from contacts.conditions.names import Names, spaced
from contacts.conditions.rules import Problem, show
from journeys.steps.base import Kind, Known
from journeys.steps.end_form import EndForm


class End(Kind):
    """`outcome`."""

    name = "end"
    label = {"en": "End", "de": "Ende"}
    about = {
        "en": "leaves with a named outcome",
        "de": "verlässt die Journey mit einem benannten Ergebnis",
    }
    keys = ("outcome",)
    ends = True
    form = EndForm

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        if not isinstance(settings.get("outcome", ""), str) or len(settings.get("outcome", "")) > 60:
            return [
                Problem(f"{path}.outcome", f"expected a name of up to 60 characters, got {show(settings['outcome'])}")
            ]
        return []

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        return {}

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        return dict(settings)

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        outcome = spaced(settings.get("outcome") or "")
        if not outcome:
            return {"en": "leaves the journey", "de": "verlässt die Journey"}[language]
        return {"en": "leaves the journey as “{}”", "de": "verlässt die Journey als „{}“"}[language].format(outcome)


KIND = End()
