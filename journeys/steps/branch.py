"""Branch: the first condition that holds, then "missing data", then "otherwise"."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, Value, When

from contacts.conditions.expressions import Either, IsTrue, IsUnknown
from contacts.conditions.language import RUN, compile_condition, say, validate
from contacts.conditions.names import Names
from contacts.conditions.rules import Problem, show
from journeys.steps.base import NEXT, Kind, Known, Route
from journeys.steps.branch_form import MOST, BranchForm
from orchestrator.kernel.fields import translated

if TYPE_CHECKING:
    from journeys.definitions.models import Step

MISSING = "missing"
OTHERWISE = "otherwise"
UNSAID = {"en": "a condition that is not said yet", "de": "eine noch nicht genannte Bedingung"}


class Branch(Kind):
    """`branches: [{key, name, when, next}]`, `missing`, `otherwise`."""

    name = "branch"
    label = {"en": "Branch", "de": "Verzweigung"}
    about = {
        "en": "different ways for different people",
        "de": "verschiedene Wege für verschiedene Personen",
    }
    keys = ("branches", "missing", "otherwise")
    ways = (NEXT, MISSING, OTHERWISE)
    form = BranchForm

    def blank(self) -> dict[str, Any]:
        return {"branches": [{"key": "yes", "name": {"en": "Yes", "de": "Ja"}}]}

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        branches = settings.get("branches")
        if not isinstance(branches, list) or not 1 <= len(branches) <= MOST:
            return [Problem(f"{path}.branches", f"expected a list of 1 to {MOST} branches, got {show(branches)}")]
        problems: list[Problem] = []
        seen = {MISSING, OTHERWISE}
        for i, branch in enumerate(branches):
            here = f"{path}.branches[{i}]"
            if not isinstance(branch, dict) or not isinstance(branch.get("key"), str) or "when" not in branch:
                problems.append(Problem(here, 'expected an object with "key", "name", "when", "next"'))
                continue
            if branch["key"] in seen:
                problems.append(Problem(f"{here}.key", f"expected another key than {branch['key']!r}, it is taken"))
            seen.add(branch["key"])
            problems += validate(branch["when"], f"{here}.when", definitions=known)
        return problems

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        otherwise = settings.get("otherwise", settings.get("next", following))
        ways = {branch["key"]: branch.get("next", following) for branch in settings.get("branches", [])}
        return {**ways, MISSING: settings.get("missing", otherwise), OTHERWISE: otherwise}

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        branches = [
            {**one, "next": targets[one["key"]]} if one["key"] in targets else one
            for one in settings.get("branches", [])
        ]
        fixed = {way: targets[way] for way in (MISSING, OTHERWISE) if way in targets}
        return {**settings, "branches": branches, **fixed}

    def route(self, step: "Step", now: datetime) -> Route:
        truths = [
            (branch["key"], compile_condition(branch["when"], now=now, subject=RUN, positive=False))
            for branch in step.settings["branches"]
        ]
        whens = [When(IsTrue(truth), then=Value(key)) for key, truth in truths]
        unknown = [IsUnknown(truth) for _, truth in truths]
        missing = When(Either(*unknown) if len(unknown) > 1 else unknown[0], then=Value(MISSING))
        return Route(exit=Case(*whens, missing, default=Value(OTHERWISE), output_field=CharField()))

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        parts = [self._say_branch(branch, language, names) for branch in settings.get("branches", [])]
        if not parts:
            return UNSAID[language]
        first = {"en": "first match wins: ", "de": "der erste Treffer zählt: "}[language] if len(parts) > 1 else ""
        return first + " · ".join(parts)

    def _say_branch(self, branch: dict[str, Any], language: str, names: Names | None) -> str:
        name = translated(branch.get("name"), language)
        when = say(branch["when"], language, names) if branch.get("when") else UNSAID[language]
        return {"en": "{} if {}", "de": "{}, wenn {}"}[language].format(name, when) if name else when

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        fixed = {MISSING: {"en": "missing data", "de": "Daten fehlen"}, OTHERWISE: {"en": "otherwise", "de": "sonst"}}
        if exit in fixed:
            return fixed[exit][language]
        branch = next(branch for branch in settings["branches"] if branch["key"] == exit)
        return translated(branch.get("name"), language) or say(branch.get("when"), language, names)


KIND = Branch()
