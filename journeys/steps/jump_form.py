"""The form of a jump: back to an earlier step, or over to another journey."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from journeys.definitions.models import Journey
from journeys.steps.fields import empty_choice, steps_of, things
from journeys.steps.forms import StepForm

MODES = [("to", _("back to a step")), ("journey", _("over to another journey"))]
THEN = [("go_on", _("goes on here as well")), ("leave", _("leaves this journey"))]


class JumpForm(StepForm):
    """One of the two."""

    modes = {"to": ("to", "at_most"), "journey": ("journey", "then")}

    def kind_fields(self) -> dict[str, forms.Field]:
        """Steps of this journey, and other journeys by their names."""
        steps = steps_of(self.definition, but=self.step["key"])
        others = Journey.objects.exclude(state=Journey.State.ARCHIVED).exclude(slug=self.definition.get("slug", ""))
        journeys = things(others.order_by("name_en"), [self.step.get("journey", "")], empty=_("choose a journey"))
        return {
            "mode": forms.ChoiceField(label=_("Jumps"), choices=MODES, widget=forms.RadioSelect),
            "to": forms.ChoiceField(
                label=_("Step"),
                required=False,
                choices=[empty_choice(_("choose a step")), *steps],
                help_text=_("Between that step and this one there has to be a wait."),
            ),
            "at_most": forms.IntegerField(
                label=_("At most so many times"),
                required=False,
                min_value=1,
                max_value=100,
                help_text=_("After that the person goes on to the next step."),
            ),
            "journey": forms.ChoiceField(label=_("Journey"), required=False, choices=journeys),
            "then": forms.ChoiceField(label=_("The person"), required=False, choices=THEN),
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Take the settings apart."""
        return {
            "mode": "journey" if "journey" in step else "to",
            "to": step.get("to", ""),
            "at_most": step.get("at_most", 3),
            "journey": step.get("journey", ""),
            "then": step.get("then", "go_on"),
        }

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """The settings of the chosen one alone."""
        if given["mode"] == "to":
            return {"to": given["to"], "at_most": given["at_most"]}
        return {"journey": given["journey"], "then": given["then"] or "go_on"}
