"""The form of an audience step: which list, and onto it or off it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.segments.models import Segment
from journeys.steps.fields import things
from journeys.steps.forms import StepForm

ACTIONS = [("add", _("puts onto the list")), ("remove", _("takes off the list"))]


class AudienceForm(StepForm):
    """The list; only fixed ones can be changed by hand or by a journey."""

    def kind_fields(self) -> dict[str, forms.Field]:
        """Fixed lists by their names."""
        lists = Segment.objects.filter(kind=Segment.Kind.FIXED).order_by("name_en")
        return {
            "action": forms.ChoiceField(label=_("This step"), choices=ACTIONS, widget=forms.RadioSelect),
            "list": forms.ChoiceField(
                label=_("List"), choices=things(lists, [self.step.get("list", "")], empty=_("choose a list"))
            ),
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """As it is."""
        return {"action": step.get("action", "add"), "list": step.get("list", "")}

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """Both."""
        return {"list": given["list"], "action": given["action"]}
