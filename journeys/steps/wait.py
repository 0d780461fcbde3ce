"""Wait: a duration, a local time window, or until something happens with a time-out."""

from datetime import datetime, time
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Value

from contacts.conditions.language import RUN, compile_condition, depends_on, say, validate
from contacts.conditions.names import Names
from contacts.conditions.parts import duration_problems
from contacts.conditions.rules import Dependencies, Problem, parse_duration, say_duration, show
from journeys.steps.base import NEXT, Arrival, Kind, Known, Route
from journeys.steps.local_time import DAYS, next_open

if TYPE_CHECKING:
    from journeys.definitions.models import Step

TIMEOUT = "timeout"
DAY_NAMES = {
    "en": dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)),
    "de": dict(zip(DAYS, ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"), strict=True)),
}


class Wait(Kind):
    """`for: 4h` · `window: {from, to, days}` · `until: CONDITION` with `at_most: 3d`."""

    name = "wait"
    keys = ("for", "window", "until", "at_most", "timeout")

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        ways = [key for key in ("for", "window", "until") if key in settings]
        if len(ways) != 1:
            return [Problem(path, f"expected one of for, window, until, got {show(ways)}")]
        if ways[0] == "for":
            return duration_problems(settings["for"], f"{path}.for")
        if ways[0] == "window":
            return self._window_problems(settings["window"], f"{path}.window")
        problems = validate(settings["until"], f"{path}.until", definitions=known)
        if "at_most" not in settings:
            return [*problems, Problem(f"{path}.at_most", "expected how long to wait at most")]
        return problems + duration_problems(settings["at_most"], f"{path}.at_most")

    def _window_problems(self, window: Any, path: str) -> list[Problem]:
        if not isinstance(window, dict) or not {"from"} <= set(window) <= {"from", "to", "days"}:
            return [Problem(path, f'expected an object with "from", and "to", "days", got {show(window)}')]
        problems = []
        for key in {"from", "to"} & set(window):
            try:
                time.fromisoformat(window[key])
            except (TypeError, ValueError):
                problems.append(
                    Problem(f"{path}.{key}", f'expected a local time like "09:00", got {show(window[key])}')
                )
        days = window.get("days", list(DAYS))
        if not isinstance(days, list) or not days or not set(map(str, days)) <= set(DAYS):
            problems.append(Problem(f"{path}.days", f"expected some of {', '.join(DAYS)}, got {show(days)}"))
        return problems

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        onward = settings.get("next", following)
        return {NEXT: onward, TIMEOUT: settings.get("timeout", onward)} if "until" in settings else {NEXT: onward}

    def arrival(self, settings: dict[str, Any]) -> Arrival:
        if "window" in settings:
            window = settings["window"]
            opens = time.fromisoformat(window["from"])
            closes = time.fromisoformat(window.get("to", window["from"]))
            days = tuple(window.get("days", DAYS))
            return Arrival(local=partial(next_open, opens=opens, closes=closes, days=days))
        return Arrival(after=parse_duration(settings.get("for") or settings["at_most"]))

    def route(self, step: "Step", now: datetime) -> Route:
        if "until" not in step.settings:
            return Route()
        early = compile_condition(step.settings["until"], now=now, subject=RUN)
        return Route(exit=Value(TIMEOUT, output_field=CharField()), early=early, early_exit=NEXT)

    def listens(self, settings: dict[str, Any]) -> Dependencies:
        return depends_on(settings.get("until"))

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        if "for" in settings:
            return {"en": "waits {}", "de": "wartet {}"}[language].format(say_duration(settings["for"], language))
        if "until" in settings:
            text = {"en": "until {}, at most {}", "de": "bis {}, höchstens {}"}[language]
            return text.format(say(settings["until"], language, names), say_duration(settings["at_most"], language))
        window = settings["window"]
        hours = (
            f"{window['from']}–{window['to']}" if window.get("to", window["from"]) != window["from"] else window["from"]
        )
        days = window.get("days", list(DAYS))
        text = {"en": "waits for {} local time, {}", "de": "wartet auf {} Uhr Ortszeit, {}"}[language]
        return text.format(hours, _say_days(days, language))

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        if "until" not in settings:
            return ""
        if exit == TIMEOUT:
            most = say_duration(settings["at_most"], language, dative=True)
            return {"en": "not within {}", "de": "nicht innerhalb von {}"}[language].format(most)
        if "event" in settings["until"]:  # short enough for a label without its window
            return say(
                {key: settings["until"][key] for key in ("event", "count") if key in settings["until"]}, language, names
            )
        return {"en": "it happened", "de": "ist geschehen"}[language]


def _say_days(days: list[str], language: str) -> str:
    """Days of the week: `any day`, `Mon–Fri`, `Mon, Wed`."""
    if len(days) == 7:
        return {"en": "any day", "de": "an jedem Tag"}[language]
    said = [DAY_NAMES[language][day] for day in DAYS if day in days]
    places = [DAYS.index(day) for day in DAYS if day in days]
    if len(said) > 2 and places[-1] - places[0] == len(said) - 1:
        return f"{said[0]}\u2060–\u2060{said[-1]}"  # never broken at the dash
    return ", ".join(said)


KIND = Wait()
