"""End: the person leaves the journey with a named outcome."""

from typing import Any

from contacts.conditions.names import Names, spaced
from contacts.conditions.rules import Problem, show
from journeys.steps.base import Kind, Known


class End(Kind):
    """`outcome`."""

    name = "end"
    keys = ("outcome",)
    ends = True

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        if not isinstance(settings.get("outcome", ""), str) or len(settings.get("outcome", "")) > 60:
            return [
                Problem(f"{path}.outcome", f"expected a name of up to 60 characters, got {show(settings['outcome'])}")
            ]
        return []

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        return {}

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        outcome = spaced(settings.get("outcome") or "")
        if not outcome:
            return {"en": "leaves the journey", "de": "verlässt die Journey"}[language]
        return {"en": "leaves the journey as “{}”", "de": "verlässt die Journey als „{}“"}[language].format(outcome)


KIND = End()
