"""Jump: back to an earlier step, so many times; or into another journey."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, OuterRef, Value, When

from contacts.conditions.expressions import Compare
from contacts.conditions.names import Names, quoted, spaced
from contacts.conditions.parts import UpTo, say_times
from contacts.conditions.rules import Problem, show
from journeys.steps.base import NEXT, Kind, Known, Moved, Reference, Route
from journeys.steps.jump_form import JumpForm
from orchestrator.kernel import doorbell, sql

if TYPE_CHECKING:
    from journeys.definitions.models import Step

AGAIN = "again"
MOST = 100
THEN = ("go_on", "leave")
UNCHOSEN = {
    "to": {"en": "back to a step that is not chosen yet", "de": "zurück zu einem noch nicht gewählten Schritt"},
    "journey": {"en": "a journey that is not chosen yet", "de": "eine noch nicht gewählte Journey"},
}


class Jump(Kind):
    """`to: KEY` with `at_most: 3`, or `journey: SLUG` with `then: go_on | leave`."""

    name = "jump"
    label = {"en": "Jump", "de": "Sprung"}
    about = {
        "en": "back to a step, or into another journey",
        "de": "zurück zu einem Schritt oder in eine andere Journey",
    }
    keys = ("to", "at_most", "journey", "then")
    form = JumpForm

    def blank(self) -> dict[str, Any]:
        return {"at_most": 3}

    def leaves(self, settings: dict[str, Any]) -> bool:
        return "journey" in settings and settings.get("then") == "leave"

    def refers(self, settings: dict[str, Any]) -> list[Reference]:
        return [Reference("journey", "journey", settings["journey"])] if settings.get("journey") else []

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        ways = [key for key in ("to", "journey") if key in settings]
        if len(ways) != 1:
            return [Problem(path, f"expected one of to, journey, got {show(ways)}")]
        if not isinstance(settings[ways[0]], str) or not settings[ways[0]]:
            expected = "the key of a step" if ways[0] == "to" else "the short name of a journey"
            return [Problem(f"{path}.{ways[0]}", f"expected {expected}, got {show(settings[ways[0]])}")]
        if ways[0] == "journey":
            if settings.get("then", "go_on") not in THEN:
                return [Problem(f"{path}.then", f"expected one of {', '.join(THEN)}, got {show(settings['then'])}")]
            return []
        most = settings.get("at_most")
        if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MOST:
            return [Problem(f"{path}.at_most", f"expected a whole number from 1 to {MOST}, got {show(most)}")]
        if settings["to"] == settings.get("key"):
            return [Problem(f"{path}.to", "expected another step than this one")]
        return []

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        if self.leaves(settings):
            return {}
        onward = settings.get("next", following)
        return {AGAIN: settings["to"], NEXT: onward} if settings.get("to") else {NEXT: onward}

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        back = {"to": targets[AGAIN]} if AGAIN in targets else {}
        return {**settings, **back, **({NEXT: targets[NEXT]} if NEXT in targets else {})}

    def route(self, step: "Step", now: datetime) -> Route:
        from journeys.enrollments.models import Transition

        if "to" not in step.settings:
            return Route()
        most = step.settings["at_most"]
        jumped = Transition.objects.filter(enrollment_id=OuterRef("pk"), from_step__key=step.key, exit=AGAIN)
        free = Compare(UpTo(jumped, most), "<", Value(most))
        return Route(exit=Case(When(free, then=Value(AGAIN)), default=Value(NEXT), output_field=CharField()))

    def afterwards(self, step: "Step", moved: list[Moved], now: datetime) -> None:
        if "journey" not in step.settings:
            return
        came = [
            {"contact": one.contact_id, "run": one.enrollment_id, "source": f"jump:{one.enrollment_id}.{one.seq}"}
            for one in moved
        ]
        text = sql.statement("journeys/enrollments/sql/jump.sql")
        given = {"slug": step.settings["journey"], "came": json.dumps(came), "now": now}
        if sql.count(text, given | {"from": step.version.journey.slug}):
            doorbell.ring()

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        if "journey" in settings:
            return self._say_journey(settings, language, names)
        if not settings.get("to"):
            return UNCHOSEN["to"][language]
        text = {"en": "back to “{}”, at most {}", "de": "zurück zu „{}“, höchstens {}"}[language]
        return text.format(spaced(settings["to"]), say_times(settings.get("at_most", 1), language))

    def _say_journey(self, settings: dict[str, Any], language: str, names: Names | None) -> str:
        slug = settings["journey"]
        name = quoted(names, "journey", slug, language) if slug else UNCHOSEN["journey"][language]
        text = {
            "go_on": {"en": "opens {} and goes on here", "de": "öffnet {} und geht hier weiter"},
            "leave": {"en": "goes over to {} and leaves", "de": "wechselt zu {} und verlässt diese Journey"},
        }
        return text[settings.get("then", "go_on")][language].format(name)

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        if exit == AGAIN:
            times = say_times(settings.get("at_most", 1), language)
            return {"en": "at most {}", "de": "höchstens {}"}[language].format(times)
        return {"en": "after that", "de": "danach"}[language] if settings.get("to") else ""


KIND = Jump()
