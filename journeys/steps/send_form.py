"""The form of a send step: what is sent, how long it makes sense, and whether the person waits for it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.purposes.models import Purpose
from contacts.conditions.forms import ConditionField
from journeys.content.models import Block
from journeys.content.rules import CHANNELS
from journeys.enrollments.touch_leaf import CHANNELS as CHANNEL_NAMES
from journeys.offers.models import Offer
from journeys.steps.fields import DurationField, empty_choice, things
from journeys.steps.forms import StepForm
from journeys.steps.slots import slot_choices
from orchestrator.kernel.fields import translated

THEN = [
    ("move_on", _("goes on at once")),
    ("verdict", _("waits until it is decided whether it is sent")),
    ("reaction", _("waits for the reaction")),
]
REACTIONS = [("clicked", _("clicks a link")), ("opened", _("opens it")), ("event", _("something else happens"))]


class SendForm(StepForm):
    """What is sent, and what the person does meanwhile."""

    modes = {"move_on": (), "verdict": (), "reaction": ("reaction", "reaction_event", "wait_for")}
    advanced = ("offer", "channel", "slot", "arm", "purpose")

    def kind_fields(self) -> dict[str, forms.Field]:
        """What is sent, what the person does meanwhile, and what is folded away."""
        step = self.step
        blocks = Block.objects.exclude(state=Block.State.ARCHIVED).order_by("name_en")
        return {
            "block": forms.ChoiceField(
                label=_("Content"), choices=things(blocks, [step.get("block", "")], empty=_("choose content"))
            ),
            "expires": DurationField(
                label=_("Makes sense for"),
                required=False,
                help_text=_("What could not be sent by then is not sent any more. Empty: 3 days."),
            ),
            "mode": forms.ChoiceField(label=_("The person"), choices=THEN, widget=forms.RadioSelect),
            "reaction": forms.ChoiceField(label=_("Until somebody"), required=False, choices=REACTIONS),
            "reaction_event": ConditionField(
                run=True, required=False, label=_("What has to happen, if something else")
            ),
            "wait_for": DurationField(label=_("At most"), required=False),
            **self._advanced_fields(step),
        }

    def _advanced_fields(self, step: dict[str, Any]) -> dict[str, forms.Field]:
        """Offers and purposes by their names; empty is what the content and the journey say."""
        offers = Offer.objects.exclude(state=Offer.State.ENDED).order_by("name_en")
        channels = [(name, translated(CHANNEL_NAMES.get(name)) or name) for name in CHANNELS]
        return {
            "offer": forms.ChoiceField(
                label=_("Offer"),
                required=False,
                choices=things(offers, [step.get("offer", "")], empty=_("no offer")),
                help_text=_("It is sent only to people who were given this offer and can still use it."),
            ),
            "channel": forms.ChoiceField(
                label=_("Channel"), required=False, choices=[empty_choice(_("of the content")), *channels]
            ),
            "slot": forms.ChoiceField(
                label=_("Slot on the site or in the app"),
                required=False,
                choices=slot_choices(step.get("slot", "")),
                help_text=_("For messages on the site only. Empty: any slot that fits."),
            ),
            "arm": forms.CharField(
                label=_("Text of which arm"),
                required=False,
                max_length=50,
                help_text=_("Empty: of the arm that the last split gave the person."),
            ),
            "purpose": forms.ChoiceField(
                label=_("Purpose"),
                required=False,
                choices=things(Purpose.objects.order_by("id"), [step.get("purpose", "")], empty=_("of the journey")),
            ),
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Take the settings apart."""
        reaction = step.get("reaction", "clicked")
        plain = isinstance(reaction, str)
        return {
            "block": step.get("block", ""),
            "expires": step.get("expires"),
            "mode": step.get("then", "move_on"),
            "reaction": reaction if plain else "event",
            "reaction_event": None if plain else reaction,
            "wait_for": step.get("wait_for"),
            "offer": step.get("offer", ""),
            "channel": step.get("channel", ""),
            "slot": step.get("slot", ""),
            "arm": step.get("arm", ""),
            "purpose": step.get("purpose", ""),
        }

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """The settings; what is left empty is not said."""
        plain = ("block", "expires", "offer", "channel", "slot", "arm", "purpose")
        settings: dict[str, Any] = {key: given[key] for key in plain if given[key]}
        if given["mode"] != "move_on":
            settings["then"] = given["mode"]
        if given["mode"] == "reaction":
            other = given["reaction"] == "event"
            settings["reaction"] = given["reaction_event"] if other else given["reaction"]
            settings |= {"wait_for": given["wait_for"]} if given["wait_for"] else {}
        return settings
