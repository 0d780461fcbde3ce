"""The form of a handover: to which team, how quickly it should answer, and where an answer moves the person."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.handover.models import Handover
from contacts.stages.models import Stage
from journeys.steps.fields import DurationField, things
from journeys.steps.forms import StepForm

ANSWERS = {
    "accepted": _("Stage once accepted"),
    "rejected": _("Stage once rejected"),
    "recycled": _("Stage once given back"),
    "won": _("Stage once won"),
    "lost": _("Stage once lost"),
}


class HandOverForm(StepForm):
    """The team and its clock."""

    advanced = tuple(f"stages_{answer}" for answer in ANSWERS)

    def kind_fields(self) -> dict[str, forms.Field]:
        """Stages by their names; teams are suggested, any name will do."""
        stages = self.step.get("stages") or {}
        rows = list(Stage.objects.order_by("position"))
        teams = Handover.objects.order_by("team").values_list("team", flat=True).distinct()[:20]
        example = ", ".join(teams)
        fields: dict[str, forms.Field] = {
            "team": forms.CharField(
                label=_("Team"),
                max_length=100,
                help_text=_("Teams so far: %(teams)s") % {"teams": example} if example else "",
            ),
            "respond_within": DurationField(
                label=_("Answer within"), required=False, help_text=_("Business hours count. Empty: 4 hours.")
            ),
        }
        for answer, label in ANSWERS.items():
            choices = things(rows, [stages.get(answer, "")], empty=_("stays as it is"))
            fields[f"stages_{answer}"] = forms.ChoiceField(label=label, required=False, choices=choices)
        return fields

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Each answer with its stage."""
        stages = {f"stages_{answer}": slug for answer, slug in (step.get("stages") or {}).items()}
        return {"team": step.get("team", ""), "respond_within": step.get("respond_within"), **stages}

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """Only what was said."""
        stages = {answer: given[f"stages_{answer}"] for answer in ANSWERS if given[f"stages_{answer}"]}
        within = {"respond_within": given["respond_within"]} if given["respond_within"] else {}
        return {"team": given["team"], **within, **({"stages": stages} if stages else {})}
