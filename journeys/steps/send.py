"""Send: proposes a touch with a content block; the person moves on, or waits for the verdict or the reaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contacts.conditions.language import depends_on, validate
from contacts.conditions.names import Names
from contacts.conditions.parts import duration_problems, one_of_problems
from contacts.conditions.rules import Dependencies, Problem, parse_duration, show
from journeys.steps import send_words, sent
from journeys.steps.base import EXPIRES, NEXT, Kind, Known, Reference, Route
from journeys.steps.holding import hold_until
from journeys.steps.send_form import SendForm
from journeys.steps.slots import slot_problems
from orchestrator.kernel import sql
from orchestrator.kernel.scope import Scope

if TYPE_CHECKING:
    from journeys.definitions.models import Step

NOT_SENT, TIMEOUT = "not_sent", "timeout"
THEN = ("move_on", "verdict", "reaction")
REACTIONS = ("opened", "clicked")
CHANNELS = ("email", "sms", "push", "letter", "onsite")


class Send(Kind):
    """`block`, `channel`, `slot` (of the channel onsite), `arm`, `purpose`, `expires`; `then: move_on | verdict | reaction` with `reaction`, `wait_for`.

    Publishing adds `block_id`, and channel and purpose where the step does not say them.
    """

    name = "send"
    label = {"en": "Send", "de": "Senden"}
    about = {
        "en": "proposes a message",
        "de": "schlägt eine Nachricht vor",
    }
    keys = (
        "block", "channel", "slot", "arm", "purpose", "expires", "offer", "then", "reaction", "wait_for", NOT_SENT, TIMEOUT,
    )  # fmt: skip
    ways = (NEXT, NOT_SENT, TIMEOUT)
    listening = ("then",)
    form = SendForm

    def refers(self, settings: dict[str, Any]) -> list[Reference]:
        return [Reference(key, key, settings[key]) for key in ("block", "purpose", "offer") if settings.get(key)]

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        problems = []
        if not isinstance(settings.get("block"), str) or not settings["block"]:
            said = f"expected the short name of a content block, got {show(settings.get('block'))}"
            problems.append(Problem(f"{path}.block", said))
        for key, what in (("purpose", "a purpose"), ("offer", "an offer"), ("arm", "an arm")):
            if key in settings and (not isinstance(settings[key], str) or not settings[key]):
                problems.append(
                    Problem(f"{path}.{key}", f"expected the short name of {what}, got {show(settings[key])}")
                )
        problems += slot_problems(settings, path)
        problems += one_of_problems(settings, path, "channel", CHANNELS) + one_of_problems(settings, path, "then", THEN)
        problems += duration_problems(settings.get("expires", EXPIRES), f"{path}.expires")
        return problems + self._reaction_problems(settings, path, known)

    def _reaction_problems(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        given = settings.get("reaction", REACTIONS[1])
        if settings.get("then") != "reaction":
            said = "expected only where the person waits for the reaction"
            return [Problem(f"{path}.{key}", said) for key in ("reaction", "wait_for") if key in settings]
        found = duration_problems(settings.get("wait_for", sent.WAIT_FOR), f"{path}.wait_for")
        if isinstance(given, dict):
            return found + validate(given, f"{path}.reaction", definitions=known)
        if given not in REACTIONS:
            said = f"expected one of {', '.join(REACTIONS)} or a condition, got {show(given)}"
            found.append(Problem(f"{path}.reaction", said))
        return found

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        onward = settings.get("next", following)
        then = settings.get("then")
        late = {TIMEOUT: settings.get(TIMEOUT, onward)} if then == "reaction" else {}
        stopped = {NOT_SENT: settings.get(NOT_SENT, onward)} if sent.waits(settings) else {}
        return {NEXT: onward, **late, **stopped}

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        return {**settings, **{way: targets[way] for way in self.ways if way in targets}}

    def beforehand(self, step: "Step", now: datetime, scope: Scope, batch: int) -> int | None:
        if not sent.waits(step.settings):
            return None
        hold_until(step, lambda at: sent.moment(step, at), "touch", now, scope, due=True)
        return sent.propose_and_hold(step, now, scope, batch)

    def route(self, step: "Step", now: datetime) -> Route:
        return sent.route(step, now) if sent.waits(step.settings) else Route()

    def goes_early(self, settings: dict[str, Any]) -> bool:
        return sent.waits(settings)

    def listens(self, settings: dict[str, Any]) -> Dependencies:
        depends = Dependencies(others={sent.NEWS})
        if settings.get("then") == "reaction":
            depends.merge(depends_on(sent.reaction_of(settings)))
        return depends

    def effect(self, step: "Step", now: datetime) -> sql.Part | None:
        settings = step.settings
        if sent.waits(settings):
            return None  # proposed on arrival
        expires = now + parse_duration(settings.get("expires", EXPIRES))
        params = (step.pk, settings["block_id"], settings["channel"], settings["purpose"], now, expires, now)
        return sql.Part(sql.statement("journeys/enrollments/sql/propose.sql"), params)

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        return send_words.say_send(settings, language, names)

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        return send_words.say_way(settings, exit, language, names)


KIND = Send()
