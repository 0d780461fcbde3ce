"""Update: sets attributes of the person, the stage, gives points, puts tags on and takes them off."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contacts.attributes.queries import definitions
from contacts.attributes.rules import Kind as Type
from contacts.attributes.rules import typed
from contacts.attributes.special import TAKEN
from contacts.conditions.columns import column_name
from contacts.conditions.comparisons import is_number, is_plain
from contacts.conditions.names import QUOTES, Names, named, spaced
from contacts.conditions.rules import Problem, show
from contacts.profiles.changing import change_attributes
from contacts.scores.awards import award_points
from contacts.scores.rules import say_points
from contacts.stages.operations import set_stage
from journeys.steps.base import Kind, Known, Moved, Reference, no_attribute
from journeys.steps.update_form import MOST, NOW, UpdateForm

if TYPE_CHECKING:
    from journeys.definitions.models import Step

CHANGES = ("set", "stage", "score", "tag")
VERBS = ("add", "remove")
MOST_POINTS = 9_999
LONGEST_TAG = 100
WORDS = {
    "en": {
        "sets": "sets {}",
        "stage": "stage = {}",
        "gone": "no {}",
        "now": "{} = now",
        "score": "{} points in {}",
        "add": "adds the tags {}",
        "remove": "takes the tags {} away",
        "nothing": "changes nothing yet",
    },
    "de": {
        "sets": "setzt {}",
        "stage": "Stufe = {}",
        "gone": "kein {}",
        "now": "{} = jetzt",
        "score": "{} Punkte in {}",
        "add": "vergibt die Schlagwörter {}",
        "remove": "entfernt die Schlagwörter {}",
        "nothing": "ändert noch nichts",
    },
}


class Update(Kind):
    """`set: {attribute: value}`, `stage: slug`, `score: {slug: points}`, `tag: {add: [...], remove: [...]}`.

    A value `{"now": true}` is the moment of the step, null takes the attribute away.
    """

    name = "update"
    label = {"en": "Change the profile", "de": "Profil ändern"}
    about = {
        "en": "attributes, stage, score, tags",
        "de": "Attribute, Stufe, Score, Schlagwörter",
    }
    keys = CHANGES
    form = UpdateForm

    def refers(self, settings: dict[str, Any]) -> list[Reference]:
        stage = [Reference("stage", "stage", settings["stage"])] if settings.get("stage") else []
        scores = settings.get("score") or {}
        return stage + [Reference(f"score.{slug}", "score", slug) for slug in scores]

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        if not set(CHANGES) & set(settings):
            return [Problem(path, f"expected one of {', '.join(CHANGES)}")]
        changes = settings.get("set", {})
        problems = []
        if not isinstance(changes, dict) or len(changes) > MOST or not all(map(_may_be_set, changes.values())):
            problems.append(Problem(f"{path}.set", f"expected attributes with plain values, got {show(changes)}"))
        else:
            problems += _attribute_problems(changes, f"{path}.set", known)
        if "stage" in settings and (not isinstance(settings["stage"], str) or not settings["stage"]):
            said = f"expected the short name of a stage, got {show(settings['stage'])}"
            problems.append(Problem(f"{path}.stage", said))
        problems += _score_problems(settings.get("score", {}), f"{path}.score")
        return problems + (_tag_problems(settings["tag"], f"{path}.tag") if "tag" in settings else [])

    def afterwards(self, step: "Step", moved: list[Moved], now: datetime) -> None:
        settings, ids = step.settings, [one.contact_id for one in moved]
        changes, tag = settings.get("set") or {}, settings.get("tag") or {}
        if changes or tag:
            moments = [key for key, value in changes.items() if value == NOW]
            days = _days_among(moments)
            change_attributes(
                contact_ids=ids,
                values={key: value for key, value in changes.items() if value != NOW},
                instants=[key for key in moments if key not in days],
                days=days,
                add_tags=tag.get("add", []),
                remove_tags=tag.get("remove", []),
                now=now,
            )
        if slug := settings.get("stage"):
            set_stage(contact_ids=ids, slug=slug, by=f"journey step {step.key}", now=now)
        if points := settings.get("score"):
            award_points(contact_ids=ids, points=points, by=f"{step.version.journey.slug}/{step.key}", now=now)

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        words = WORDS[language]
        changes = (settings.get("set") or {}).items()
        parts = [_say_change(column_name(key, language), value, words) for key, value in changes]
        if settings.get("stage"):
            parts.append(words["stage"].format(named(names, "stage", settings["stage"], language)))
        said = [words["sets"].format(", ".join(parts))] if parts else []
        for slug, points in (settings.get("score") or {}).items():
            name = QUOTES[language].format(named(names, "score", slug, language))
            said.append(words["score"].format(say_points(points, language), name))
        for verb, tags in (settings.get("tag") or {}).items():
            said.append(words[verb].format(", ".join(QUOTES[language].format(tag) for tag in tags)))
        return "; ".join(said) or words["nothing"]


def _may_be_set(value: Any) -> bool:
    listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return value is None or value == NOW or is_plain(value) or listed


def _attribute_problems(changes: dict[str, Any], path: str, known: Known) -> list[Problem]:
    """Values that do not fit the definition of their attribute; a key that nobody defined is a warning."""
    problems = []
    for key, value in changes.items():
        here, definition = f"{path}.{key}", known.get(key)
        if key in TAKEN:
            problems.append(Problem(here, "a fixed field of every person: a journey sets attributes only"))
        elif definition is None or not definition.active:
            said = no_attribute(key, known) if definition is None else "ignored by the team"
            problems.append(Problem(here, said, "warning"))
        elif value == NOW:
            if definition.kind not in (Type.DATE, Type.INSTANT):
                problems.append(Problem(here, "expected a date or an instant, to become now"))
        elif value is not None:
            try:
                typed(definition.kind, value, definition.choices)
            except ValueError as error:
                problems.append(Problem(here, str(error)))
    return problems


def _score_problems(points: Any, path: str) -> list[Problem]:
    if not isinstance(points, dict):
        return [Problem(path, f'expected points by score like {{"engagement": 10}}, got {show(points)}')]
    said = f"expected a number from -{MOST_POINTS} to {MOST_POINTS} that is not 0, got {{}}"
    return [
        Problem(f"{path}.{slug}", said.format(show(given)))
        for slug, given in points.items()
        if not is_number(given) or not 0 < abs(given) <= MOST_POINTS
    ]


def _tag_problems(tag: Any, path: str) -> list[Problem]:
    if not isinstance(tag, dict) or not tag or set(tag) - set(VERBS):
        return [Problem(path, f'expected an object with "add", "remove", got {show(tag)}')]
    problems = []
    for verb, tags in tag.items():
        fit = isinstance(tags, list) and all(isinstance(one, str) and 0 < len(one) <= LONGEST_TAG for one in tags)
        if not fit or not 1 <= len(tags) <= MOST:
            problems.append(Problem(f"{path}.{verb}", f"expected a list of 1 to {MOST} tags, got {show(tags)}"))
    return problems


def _days_among(keys: list[str]) -> list[str]:
    """Those of some attributes that hold a day, not an instant."""
    known = definitions() if keys else {}
    return [key for key in keys if key in known and known[key].kind == Type.DATE]


def _say_change(name: str, value: Any, words: Mapping[str, str]) -> str:
    if value is None:
        return words["gone"].format(name)
    if value == NOW:
        return words["now"].format(name)
    said = ", ".join(map(str, value)) if isinstance(value, list) else spaced(value) if isinstance(value, str) else value
    return f"{name} = {said}"


KIND = Update()
