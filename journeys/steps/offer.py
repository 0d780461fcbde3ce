"""Offer: gives the person an offer by the offer's own rules, or goes the way of those who get none."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Case, CharField, Exists, OuterRef, Value, When
from django.utils.translation import gettext_lazy as _

from contacts.conditions.names import Names, quoted
from contacts.conditions.parts import is_name
from contacts.conditions.rules import Problem, show
from journeys.offers.granting import grant_offers
from journeys.offers.models import Offer as OfferRow
from journeys.offers.models import OfferDecision
from journeys.offers.rules import OFFERED
from journeys.steps.base import NEXT, Kind, Known, Reference, Route
from journeys.steps.fields import things
from journeys.steps.forms import StepForm
from orchestrator.kernel.scope import Scope

if TYPE_CHECKING:
    from journeys.definitions.models import Step

NOT_OFFERED = "not_offered"


class OfferForm(StepForm):
    """Which offer. Whoever gets none goes another way, which is drawn on the canvas."""

    def kind_fields(self) -> dict[str, forms.Field]:
        """Offers by their names, those that ended apart."""
        offers = OfferRow.objects.exclude(state=OfferRow.State.ENDED).order_by("name_en")
        return {
            "offer": forms.ChoiceField(
                label=_("Offer"),
                choices=things(offers, [self.step.get("offer", "")], empty=_("choose an offer")),
                help_text=_("Who gets it, and how often, is ruled at the offer itself."),
            )
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Show which offer it is."""
        return {"offer": step.get("offer", "")}

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """Write the offer."""
        return {"offer": given["offer"]}


class Offer(Kind):
    """`offer`: its short name. `not_offered`: where those go who get none (default: the same way)."""

    name = "offer"
    label = {"en": "Offer", "de": "Angebot"}
    about = {"en": "gives an offer by its own rules", "de": "macht ein Angebot nach dessen Regeln"}
    keys = ("offer", NOT_OFFERED)
    ways = (NEXT, NOT_OFFERED)
    form = OfferForm

    def blank(self) -> dict[str, Any]:
        return {"offer": ""}

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        problems = []
        if not is_name(settings.get("offer")):
            given = show(settings.get("offer"))
            problems.append(Problem(f"{path}.offer", f"expected the short name of an offer, got {given}"))
        return problems

    def refers(self, settings: dict[str, Any]) -> list[Reference]:
        return [Reference("offer", "offer", settings["offer"])] if is_name(settings.get("offer")) else []

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        onward = settings.get("next", following)
        return {NEXT: onward, NOT_OFFERED: settings.get(NOT_OFFERED, onward)}

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        return {**settings, **{way: targets[way] for way in (NEXT, NOT_OFFERED) if way in targets}}

    def beforehand(self, step: "Step", now: datetime, scope: Scope, batch: int) -> None:
        journey = step.version.journey
        grant_offers(
            slug=step.settings["offer"],
            step_id=step.pk,
            journey=journey.slug,
            phase=journey.phase,
            now=now,
            scope=scope,
            batch=batch,
        )

    def route(self, step: "Step", now: datetime) -> Route:
        decided = OfferDecision.objects.filter(enrollment_id=OuterRef("pk"), visit=OuterRef("seq"))
        offered = When(Exists(decided.filter(reason__in=OFFERED)), then=Value(NEXT))
        return Route(exit=Case(offered, default=Value(NOT_OFFERED), output_field=CharField()), ready=Exists(decided))

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        text = {"en": "makes the offer {}", "de": "macht das Angebot {}"}
        return text[language].format(quoted(names, "offer", settings.get("offer") or "…", language))

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        return {"en": "no offer", "de": "kein Angebot"}[language] if exit == NOT_OFFERED else ""


KIND = Offer()
