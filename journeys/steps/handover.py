"""Handover: gives the person to sales, with a snapshot of why now; marketing is silent meanwhile."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from contacts.conditions.names import Names, spaced
from contacts.conditions.parts import duration_problems
from contacts.conditions.rules import Problem, parse_duration, say_duration, show
from contacts.handover.operations import Lead, open_handovers
from contacts.handover.queries import snapshots
from journeys.enrollments.queries import last_touches
from journeys.steps.base import Kind, Known, Moved, Reference
from journeys.steps.handover_form import HandOverForm

if TYPE_CHECKING:
    from journeys.definitions.models import Step

ANSWERS = ("accepted", "rejected", "recycled", "won", "lost")


class HandOver(Kind):
    """`team`, `respond_within` (business hours), `stages`: into which stage an answer of sales moves the person."""

    name = "handover"
    label = {"en": "Hand over to sales", "de": "An den Vertrieb übergeben"}
    about = {
        "en": "with a snapshot and a clock",
        "de": "mit Momentaufnahme und Uhr",
    }
    keys = ("team", "respond_within", "stages")
    form = HandOverForm

    def refers(self, settings: dict[str, Any]) -> list[Reference]:
        stages = settings.get("stages") or {}
        return [Reference(f"stages.{answer}", "stage", slug) for answer, slug in stages.items()]

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        problems = []
        if not isinstance(settings.get("team"), str) or not settings["team"]:
            problems.append(Problem(f"{path}.team", f"expected the name of a team, got {show(settings.get('team'))}"))
        stages = settings.get("stages", {})
        if (
            not isinstance(stages, dict)
            or set(stages) - set(ANSWERS)
            or not all(isinstance(s, str) for s in stages.values())
        ):
            problems.append(
                Problem(f"{path}.stages", f"expected stages by answer ({', '.join(ANSWERS)}), got {show(stages)}")
            )
        return problems + duration_problems(settings.get("respond_within", "4h"), f"{path}.respond_within")

    def afterwards(self, step: "Step", moved: list[Moved], now: datetime) -> None:
        ids = [one.contact_id for one in moved]
        known = snapshots(ids, now)
        touches = last_touches(ids)
        journey = step.version.journey
        leads = [
            Lead(
                contact_id=one.contact_id,
                team=step.settings["team"],
                respond_within=parse_duration(step.settings.get("respond_within", "4h")),
                journey_slug=journey.slug,
                enrollment_id=one.enrollment_id,
                snapshot={
                    **known.get(one.contact_id, {}),
                    "touches": touches.get(one.contact_id, []),
                    "stages": step.settings.get("stages", {}),
                    "journey": {"en": journey.name_en, "de": journey.name_de},
                },
            )
            for one in moved
        ]
        open_handovers(leads=leads, now=now)

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        text = {
            "en": "hands over to “{}”, answer within {} of business time",
            "de": "übergibt an „{}“, Antwort innerhalb von {} Geschäftszeit",
        }
        return text[language].format(
            spaced(settings.get("team") or {"en": "a team", "de": "ein Team"}[language]),
            say_duration(settings.get("respond_within", "4h"), language, dative=True),
        )


KIND = HandOver()
