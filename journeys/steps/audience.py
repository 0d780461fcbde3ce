"""Audience: puts people onto a fixed list, or takes them off; journeys and platforms that follow the list see it.

Onto a list only with consent to third parties: platforms follow it. Off it always.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from consent.purposes.models import Purpose
from consent.records.queries import allowed_among
from contacts.conditions.names import Names, quoted
from contacts.conditions.rules import Problem, show
from contacts.segments.lists import add_people, remove_people
from contacts.segments.models import Segment
from journeys.steps.audience_form import AudienceForm
from journeys.steps.base import Kind, Known, Moved, Reference

if TYPE_CHECKING:
    from journeys.definitions.models import Step

log = structlog.get_logger()
ACTIONS = ("add", "remove")
UNCHOSEN = {"en": "(not chosen yet)", "de": "(noch nicht gewählt)"}


class Audience(Kind):
    """`list: SLUG` of a fixed segment, `action: add | remove`."""

    name = "audience"
    label = {"en": "Audience", "de": "Zielgruppe"}
    about = {"en": "onto a list or off it", "de": "auf eine Liste oder herunter"}
    keys = ("list", "action")
    form = AudienceForm

    def blank(self) -> dict[str, Any]:
        return {"action": "add"}

    def refers(self, settings: dict[str, Any]) -> list[Reference]:
        return [Reference("list", "segment", settings["list"])] if settings.get("list") else []

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        problems = []
        if not isinstance(settings.get("list"), str) or not settings["list"]:
            said = f"expected the short name of a fixed list, got {show(settings.get('list'))}"
            problems.append(Problem(f"{path}.list", said))
        elif Segment.objects.filter(slug=settings["list"], kind=Segment.Kind.DYNAMIC).exists():
            said = f"expected a fixed list: a condition says who is in {settings['list']!r}"
            problems.append(Problem(f"{path}.list", said))
        if settings.get("action") not in ACTIONS:
            said = f"expected one of {', '.join(ACTIONS)}, got {show(settings.get('action'))}"
            problems.append(Problem(f"{path}.action", said))
        return problems

    def afterwards(self, step: "Step", moved: list[Moved], now: datetime) -> None:
        segment = Segment.objects.filter(slug=step.settings["list"], kind=Segment.Kind.FIXED).first()
        if segment is None:
            return  # the list was taken away or became dynamic: there is nothing to be on
        people = [one.contact_id for one in moved]
        if step.settings["action"] == "remove":
            remove_people(segment=segment, contact_ids=people, now=now)
            return
        agreeing = allowed_among(people, Purpose.THIRD_PARTY)
        if left := set(people) - agreeing:
            log.info("not put onto a list", list=segment.slug, step=step.pk, people=len(left), reason="no_consent")
        add_people(segment=segment, contact_ids=sorted(agreeing), now=now)

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        texts = {
            "add": {"en": "puts onto the list {}", "de": "setzt auf die Liste {}"},
            "remove": {"en": "takes off the list {}", "de": "nimmt von der Liste {}"},
        }
        slug = settings.get("list")
        name = quoted(names, "segment", slug, language) if slug else UNCHOSEN[language]
        return texts[settings.get("action", "add")][language].format(name)


KIND = Audience()
