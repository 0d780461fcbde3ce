"""Send: proposes a touch with a content block; the arbiter decides, a channel delivers, the person moves on."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from contacts.conditions.names import Names, quoted
from contacts.conditions.parts import duration_problems
from contacts.conditions.rules import Problem, parse_duration, say_duration, show
from journeys.steps.base import EXPIRES, Kind, Known
from orchestrator.kernel import sql

if TYPE_CHECKING:
    from journeys.definitions.models import Step


class Send(Kind):
    """`block`, `purpose`, `expires`. At publish the registry adds `block_id` and `channel`."""

    name = "send"
    keys = ("block", "purpose", "expires")

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        problems = []
        if not isinstance(settings.get("block"), str) or not settings["block"]:
            problems.append(
                Problem(
                    f"{path}.block", f"expected the short name of a content block, got {show(settings.get('block'))}"
                )
            )
        if "purpose" in settings and not isinstance(settings["purpose"], str):
            problems.append(
                Problem(f"{path}.purpose", f"expected the short name of a purpose, got {show(settings['purpose'])}")
            )
        return problems + duration_problems(settings.get("expires", EXPIRES), f"{path}.expires")

    def effect(self, step: "Step", now: datetime) -> sql.Part:
        settings = step.settings
        return sql.Part(
            sql.statement("journeys/enrollments/sql/propose.sql"),
            (
                step.pk,
                settings["block_id"],
                settings["channel"],
                settings["purpose"],
                now,
                now + parse_duration(settings.get("expires", EXPIRES)),
                now,
            ),
        )

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        text = {
            "en": "e-mail {}, within {} or not at all",
            "de": "E-Mail {}, innerhalb von {} oder gar nicht",
        }
        name = quoted(names, "block", settings["block"], language)
        return text[language].format(name, say_duration(settings.get("expires", EXPIRES), language, dative=True))


KIND = Send()
