"""Split: weights over a hash of person and salt in 10,000 buckets; stable over re-entry, holdout included."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, F, Func, IntegerField, Value, When

from contacts.conditions.comparisons import is_number
from contacts.conditions.expressions import Compare
from contacts.conditions.names import Names, spaced
from contacts.conditions.rules import Problem, show
from journeys.steps.base import Kind, Known, Route
from journeys.steps.split_form import MOST, SplitForm

if TYPE_CHECKING:
    from journeys.definitions.models import Step

BUCKETS = 10_000
HOLDOUT = "holdout"  # the arm whose touches the arbiter never lets out


class Bucket(Func):
    """The bucket of a contact: the first 32 bits of md5("salt:contact") modulo 10,000."""

    template = f"((('x' || left(md5(%(expressions)s::text), 8))::bit(32)::bigint) %%%% {BUCKETS})"
    arg_joiner = " || ':' || "
    output_field = IntegerField()


def bucket(salt: str, contact_id: int) -> int:
    """The bucket of one contact, as SQL computes it."""
    return int(hashlib.md5(f"{salt}:{contact_id}".encode(), usedforsecurity=False).hexdigest()[:8], 16) % BUCKETS


def bounds(arms: list[dict[str, Any]]) -> list[int]:
    """The first bucket after each arm, by weight."""
    total = sum(arm["weight"] for arm in arms)
    sums, running = [], 0
    for arm in arms:
        running += arm["weight"]
        sums.append(round(BUCKETS * running / total))
    return sums


class Split(Kind):
    """`arms: [{name, weight, holdout?, next?}]`, `salt`."""

    name = "split"
    label = {"en": "Split", "de": "Aufteilung"}
    about = {
        "en": "chance decides: an experiment or a holdout",
        "de": "der Zufall entscheidet: Experiment oder Kontrollgruppe",
    }
    keys = ("arms", "salt")
    form = SplitForm

    def blank(self) -> dict[str, Any]:
        return {"arms": [{"name": "a", "weight": 50}, {"name": "b", "weight": 50}]}

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        arms = settings.get("arms")
        if not isinstance(arms, list) or not 2 <= len(arms) <= MOST:
            return [Problem(f"{path}.arms", f"expected a list of 2 to {MOST} arms, got {show(arms)}")]
        problems: list[Problem] = []
        for i, arm in enumerate(arms):
            if not isinstance(arm, dict) or not isinstance(arm.get("name"), str) or not arm["name"]:
                problems.append(Problem(f"{path}.arms[{i}].name", f"expected a name, got {show(arm)}"))
            elif not is_number(arm.get("weight")) or arm["weight"] <= 0:
                problems.append(
                    Problem(f"{path}.arms[{i}].weight", f"expected a number over 0, got {show(arm.get('weight'))}")
                )
        names = [arm.get("name") for arm in arms if isinstance(arm, dict)]
        if len(set(names)) != len(names):
            problems.append(Problem(f"{path}.arms", "expected another name for each arm"))
        return problems

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        return {arm["name"]: arm.get("next", settings.get("next", following)) for arm in settings.get("arms", [])}

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        arms = [
            {**one, "next": targets[one["name"]]} if one["name"] in targets else one for one in settings.get("arms", [])
        ]
        return {**settings, "arms": arms}

    def route(self, step: "Step", now: datetime) -> Route:
        arms = step.settings["arms"]
        place = Bucket(Value(step.settings["salt"]), F("contact_id"))
        exits = [
            When(Compare(place, "<", Value(bound)), then=Value(arm["name"]))
            for arm, bound in zip(arms, bounds(arms), strict=True)
        ]
        marks = [
            When(Compare(place, "<", Value(bound)), then=Value(HOLDOUT if arm.get("holdout") else arm["name"]))
            for arm, bound in zip(arms, bounds(arms), strict=True)
        ]
        return Route(exit=Case(*exits, output_field=CharField()), arm=Case(*marks, output_field=CharField()))

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        if not settings.get("arms"):
            return {"en": "no arms yet", "de": "noch keine Arme"}[language]
        text = " · ".join(_say_arm(settings["arms"], arm, language) for arm in settings["arms"])
        if any(arm.get("holdout") for arm in settings["arms"]):
            text += {
                "en": "; the holdout is measured, never contacted",
                "de": "; die Kontrollgruppe wird gemessen, nie kontaktiert",
            }[language]
        return text

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        arm = next(arm for arm in settings["arms"] if arm["name"] == exit)
        return _say_arm(settings["arms"], arm, language)


def _say_arm(arms: list[dict[str, Any]], arm: dict[str, Any], language: str) -> str:
    """An arm with its share; of two arms the one beside the holdout is the one that is contacted."""
    name = spaced(arm["name"])
    if arm.get("holdout"):
        name = {"en": "holdout", "de": "Kontrollgruppe"}[language]
    elif len(arms) == 2 and any(other.get("holdout") for other in arms):
        name = {"en": "contacted", "de": "kontaktiert"}[language]
    return f"{name} {arm['weight'] / sum(one['weight'] for one in arms):.0%}".replace("%", "\u00a0%")


KIND = Split()
