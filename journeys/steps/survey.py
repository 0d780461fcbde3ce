"""Survey: asks one question by a message and waits for the answer, which may decide the way on."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, Exists, OuterRef, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

from contacts.attributes.special import TAKEN
from contacts.conditions.expressions import Compare, Either
from contacts.conditions.names import Names, quoted
from contacts.conditions.parts import duration_problems
from contacts.conditions.rules import Dependencies, Problem, say_duration, show
from contacts.conditions.values import Json, JsonText
from journeys.steps import sent
from journeys.steps.base import EXPIRES, NEXT, Kind, Known, Reference, Route, no_attribute
from journeys.steps.holding import hold_until
from journeys.steps.survey_form import SurveyForm
from orchestrator.kernel.scope import Scope

if TYPE_CHECKING:
    from journeys.definitions.models import Step

ANSWERED = "survey_answered"  # the event of an answer
NOT_SENT, TIMEOUT = "not_sent", "timeout"
AT_MOST = "7d"
QUESTION_LIMIT, LABEL_LIMIT = 300, 100
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
GRADES = {"promoters": (9, 10), "passives": (7, 8), "detractors": (0, 1, 2, 3, 4, 5, 6)}  # of "how likely ... 0 to 10"
GRADE_NAMES = {
    "promoters": {"en": "9 or 10", "de": "9 oder 10"},
    "passives": {"en": "7 or 8", "de": "7 oder 8"},
    "detractors": {"en": "0 to 6", "de": "0 bis 6"},
}
UNCHOSEN = {"en": "a question that is not written yet", "de": "eine noch nicht formulierte Frage"}


class Survey(Kind):
    """`question`, `choices` or `nps`, `comment`, `attribute`, `by_answer`, `block`, `at_most`.

    Publishing adds what a send step has that waits for a reaction: the same mechanism proposes the message and waits.
    """

    name = "survey"
    label = {"en": "Survey", "de": "Umfrage"}
    about = {"en": "asks one question and waits for the answer", "de": "stellt eine Frage und wartet auf die Antwort"}
    keys = (
        "question", "choices", "nps", "comment", "attribute", "by_answer", "block", "channel", "purpose", "expires", "at_most",
        NOT_SENT, TIMEOUT, *GRADES,
    )  # fmt: skip
    ways = (NEXT, NOT_SENT, TIMEOUT, *GRADES)
    listening = ("block",)
    form = SurveyForm

    def blank(self) -> dict[str, Any]:
        return {"nps": True, "at_most": AT_MOST}

    def refers(self, settings: dict[str, Any]) -> list[Reference]:
        return [Reference(key, key, settings[key]) for key in ("block", "purpose") if settings.get(key)]

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        problems = _text_problems(settings.get("question"), f"{path}.question", QUESTION_LIMIT)
        if not isinstance(settings.get("block"), str) or not settings["block"]:
            said = f"expected the short name of a content block, got {show(settings.get('block'))}"
            problems.append(Problem(f"{path}.block", said))
        if ("choices" in settings) == bool(settings.get("nps")):
            problems.append(Problem(path, "expected either choices, or nps: true for a grade from 0 to 10"))
        elif "choices" in settings:
            problems += _choice_problems(settings["choices"], f"{path}.choices")
        for key in ("nps", "comment", "by_answer"):
            if not isinstance(settings.get(key, False), bool):
                problems.append(Problem(f"{path}.{key}", f"expected true or false, got {show(settings[key])}"))
        problems += _attribute_problems(settings, f"{path}.attribute", known)
        problems += duration_problems(settings.get("expires", EXPIRES), f"{path}.expires")
        return problems + duration_problems(settings.get("at_most", AT_MOST), f"{path}.at_most")

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        onward = settings.get(NEXT, following)
        ways: dict[str, str | None] = {NEXT: onward}
        if settings.get("by_answer"):
            ways = {key: where or onward for key, where in _by_answer(settings).items()}
        return ways | {TIMEOUT: settings.get(TIMEOUT, onward), NOT_SENT: settings.get(NOT_SENT, onward)}

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        aimed = {**settings, **{way: targets[way] for way in self.ways if way in targets}}
        if settings.get("by_answer") and "choices" in settings:
            aimed["choices"] = [
                {**one, "next": targets[one["key"]]} if one.get("key") in targets else one
                for one in settings["choices"]
            ]
        return aimed

    def beforehand(self, step: "Step", now: datetime, scope: Scope, batch: int) -> int | None:
        hold_until(step, lambda at: sent.moment(step, at), "touch", now, scope, due=True)
        return sent.propose_and_hold(step, now, scope, batch)

    def goes_early(self, settings: dict[str, Any]) -> bool:
        return True

    def listens(self, settings: dict[str, Any]) -> Dependencies:
        return Dependencies(events={ANSWERED}, others={sent.NEWS})

    def route(self, step: "Step", now: datetime) -> Route:
        touches = sent.touches_of(step)
        passed, stopped = Exists(touches.filter(sent.PASSED)), Exists(touches.filter(sent.STOPPED))
        answered = Exists(touches.filter(Exists(_answers(now))))
        ways = [When(answered, then=Value(NEXT))]
        if step.settings.get("by_answer"):
            ways = [
                When(
                    Exists(touches.filter(Exists(_answers(now).filter(properties__answer__in=answers)))),
                    then=Value(way),
                )
                for way, answers in _answers_by_way(step.settings).items()
            ]
        exit = Case(*ways, When(passed, then=Value(TIMEOUT)), default=Value(NOT_SENT), output_field=CharField())
        return Route(exit=exit, early=Either(answered, stopped), early_exit=None, ready=Exists(touches))  # type: ignore[arg-type]  # Exists is one

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        question = (settings.get("question") or {}).get(language)
        asked = {"en": "“{}”", "de": "„{}“"}[language].format(question) if question else UNCHOSEN[language]
        slug = settings.get("block")
        by = {"en": " by {}", "de": " mit {}"}[language].format(quoted(names, "block", slug, language)) if slug else ""
        most = say_duration(settings.get("at_most") or AT_MOST, language)
        text = {
            "en": "asks {}{}, waits at most {} for the answer",
            "de": "fragt {}{}, wartet höchstens {} auf die Antwort",
        }
        return text[language].format(asked, by, most)

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        if exit == TIMEOUT:
            most = say_duration(settings.get("at_most") or AT_MOST, language, dative=True)
            return {"en": "no answer within {}", "de": "keine Antwort innerhalb von {}"}[language].format(most)
        said = {
            NEXT: {"en": "answered", "de": "geantwortet"},
            NOT_SENT: {"en": "not sent", "de": "nicht gesendet"},
            **GRADE_NAMES,
        }
        if exit in said:
            return said[exit][language]
        return next((str(one["label"][language]) for one in settings.get("choices", []) if one.get("key") == exit), "")


def _by_answer(settings: dict[str, Any]) -> dict[str, str | None]:
    """The ways of the answers and where each leads; choices that are not complete yet are left out."""
    if settings.get("nps"):
        return {way: settings.get(way) for way in GRADES}
    return {
        one["key"]: one.get("next") for one in settings.get("choices") or [] if isinstance(one, dict) and one.get("key")
    }


def _answers_by_way(settings: dict[str, Any]) -> dict[str, list[Any]]:
    if settings.get("nps"):
        return {way: list(grades) for way, grades in GRADES.items()}
    return {one["key"]: [one["key"]] for one in settings["choices"]}


def _answers(now: datetime) -> QuerySet[Any]:
    """The answer to a touch. It was given on purpose: unlike behaviour it counts without consent to profiling."""
    from contacts.events.models import Event

    same = Compare(JsonText(Json("properties", "touch")), "=", Cast(OuterRef("pk"), TextField()))
    found = Event.objects.filter(contact_id=OuterRef("contact_id"), name=ANSWERED, occurred_at__lte=now)
    return found.filter(same, occurred_at__gte=OuterRef("proposed_at"))


def _text_problems(text: Any, path: str, most: int) -> list[Problem]:
    if not isinstance(text, dict) or set(text) != {"en", "de"}:
        return [Problem(path, f"expected a text in en and de, got {show(text)}")]
    wrong = [
        language for language, said in text.items() if not isinstance(said, str) or not 1 <= len(said.strip()) <= most
    ]
    return [Problem(f"{path}.{language}", f"expected 1 to {most} characters") for language in wrong]


def _choice_problems(choices: Any, path: str) -> list[Problem]:
    if not isinstance(choices, list) or not 2 <= len(choices) <= 10:
        return [Problem(path, f"expected a list of 2 to 10 choices, got {show(choices)}")]
    problems: list[Problem] = []
    for i, one in enumerate(choices):
        if not isinstance(one, dict) or not {"key", "label"} <= set(one) <= {"key", "label", "next"}:
            problems.append(Problem(f"{path}[{i}]", f"expected key, label and perhaps next, got {show(one)}"))
            continue
        if (
            not isinstance(one["key"], str)
            or not KEY.fullmatch(one["key"])
            or one["key"] in (NEXT, TIMEOUT, NOT_SENT, *GRADES)
        ):
            said = f"expected a short name of small letters, digits, - and _, got {show(one['key'])}"
            problems.append(Problem(f"{path}[{i}].key", said))
        problems += _text_problems(one["label"], f"{path}[{i}].label", LABEL_LIMIT)
    keys = [str(one.get("key")) for one in choices if isinstance(one, dict)]
    if len(set(keys)) != len(keys):
        problems.append(Problem(path, "expected another key for each choice"))
    return problems


def _attribute_problems(settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
    key = settings.get("attribute")
    if "attribute" not in settings:
        return []
    if not isinstance(key, str) or not key or key in TAKEN:
        return [Problem(path, f"expected an attribute of the team's own, got {show(key)}")]
    definition = known.get(key)
    if definition is None or not definition.active:
        return [Problem(path, f"{no_attribute(key, known)}: answers are kept apart", "warning")]
    return []


KIND = Survey()
