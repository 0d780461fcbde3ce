"""Wait: a duration, a local time, whole days, a date of the person, or until something happens with a time-out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, DateTimeField, F, Value, When
from django.db.models.expressions import Expression

from contacts.conditions.expressions import Compare, IsTrue, IsUnknown
from contacts.conditions.language import RUN, compile_condition, depends_on
from contacts.conditions.names import Names
from contacts.conditions.rules import Dependencies, Problem, parse_duration
from journeys.steps import wait_checks, wait_words
from journeys.steps.base import NEXT, Arrival, Kind, Known, Reference, Route
from journeys.steps.dates import moment_of, spread_of
from journeys.steps.holding import hold_local, hold_until
from journeys.steps.local_time import releases_of, spread_time
from journeys.steps.wait_form import WaitForm
from orchestrator.kernel.scope import Scope

if TYPE_CHECKING:
    from journeys.definitions.models import Step

TIMEOUT, MISSING, PAST = "timeout", "missing", "past"


class Wait(Kind):
    """`for: 4h` · `window: {from, to, days}` · `calendar_days: 3, at: "09:00"` · `until: CONDITION` with `at_most: 3d` ·
    `date: {attribute, offset, at, yearly, past}`; local times may have `spread: 30m`."""

    name = "wait"
    label = {"en": "Wait", "de": "Warten"}
    about = {
        "en": "until a time, a moment of the day, a date, or until something happens",
        "de": "bis zu einer Zeit, einer Tageszeit, einem Datum oder bis etwas geschieht",
    }
    keys = ("for", "window", "calendar_days", "at", "date", "until", "at_most", "spread", TIMEOUT, MISSING, PAST)
    ways = (NEXT, TIMEOUT, MISSING, PAST)
    listening = ("until", "date")
    form = WaitForm

    def blank(self) -> dict[str, Any]:
        return {"for": "1d"}

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        return wait_checks.problems(settings, path, known)

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        onward = settings.get("next", following)
        found = {NEXT: onward}
        if "until" in settings:
            found[TIMEOUT] = settings.get(TIMEOUT, onward)
        if "date" in settings:
            found[MISSING] = settings.get(MISSING, onward)
            if settings["date"].get("past") == "leave":
                found[PAST] = settings.get(PAST, onward)
        return found

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        return {**settings, **{way: targets[way] for way in self.ways if way in targets}}

    def arrival(self, settings: dict[str, Any]) -> Arrival:
        return Arrival(after=parse_duration(settings["for"]) if "for" in settings else timedelta(0))

    def beforehand(self, step: "Step", now: datetime, scope: Scope, batch: int) -> None:
        settings = step.settings
        if "until" in settings:  # what holds already lets people through at once
            hold_until(step, partial(_until_when, settings), "until", now, scope, due=True, over=True)
        elif "date" in settings:
            self._hold(step, now, scope, due=True)
        elif releases := releases_of(settings):
            hold_local(step, releases, spread_time(settings), now, scope)

    def reconsider(self, step: "Step", now: datetime, scope: Scope) -> None:
        if "date" in step.settings:  # the date may have changed, or the time zone
            self._hold(step, now, scope, due=False)

    def _hold(self, step: "Step", now: datetime, scope: Scope, *, due: bool) -> None:
        spread = spread_of(spread_time(step.settings), step.key)
        hold_until(step, lambda _now: moment_of(step.settings["date"]) + spread, "date", now, scope, due=due)

    def goes_early(self, settings: dict[str, Any]) -> bool:
        return "until" in settings

    def route(self, step: "Step", now: datetime) -> Route:
        if "date" in step.settings:
            moment = moment_of(step.settings["date"])
            ways = [When(IsUnknown(moment), then=Value(MISSING))]
            if step.settings["date"]["past"] == "leave":
                ways.append(When(Compare(moment, "<", F("arrived_at")), then=Value(PAST)))
            return Route(exit=Case(*ways, default=Value(NEXT), output_field=CharField()))
        if "until" not in step.settings:
            return Route()
        early = compile_condition(step.settings["until"], now=now, subject=RUN)
        return Route(exit=Value(TIMEOUT, output_field=CharField()), early=early, early_exit=NEXT)

    def refers(self, settings: dict[str, Any]) -> list[Reference]:
        attribute = (settings.get("date") or {}).get("attribute")
        return [Reference("date.attribute", "attribute", attribute)] if attribute else []

    def listens(self, settings: dict[str, Any]) -> Dependencies:
        if "date" in settings:
            attribute = settings["date"]["attribute"]
            return Dependencies(attributes={attribute}, others={"stage"} if attribute == "stage_since" else set())
        return depends_on(settings.get("until"))

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        return wait_words.say_wait(settings, language, names)

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        return wait_words.say_way(settings, exit, language, names)


def _until_when(settings: dict[str, Any], now: datetime) -> Expression:
    """When the time is over for which people wait for something; unknown once it holds."""
    over = F("arrived_at") + Value(parse_duration(settings["at_most"]))
    held = When(IsTrue(compile_condition(settings["until"], now=now, subject=RUN)), then=None)
    return Case(held, default=over, output_field=DateTimeField())


KIND = Wait()
