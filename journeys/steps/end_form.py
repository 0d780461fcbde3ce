"""The form of an end: what the outcome is called."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from journeys.steps.forms import StepForm


class EndForm(StepForm):
    """The outcome."""

    def kind_fields(self) -> dict[str, forms.Field]:
        """A short name."""
        words = _("Reports and other journeys name it, for example “reminded”.")
        return {"outcome": forms.CharField(label=_("Outcome"), required=False, max_length=60, help_text=words)}

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """The outcome as it is."""
        return {"outcome": step.get("outcome", "")}

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """The outcome, if there is one."""
        return {"outcome": given["outcome"]} if given["outcome"] else {}
