"""The forms behind the buttons of a task."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.tasks.rules import OUTCOMES
from orchestrator.kernel.fields import translated


class CloseForm(forms.Form):
    """An outcome, and a note."""

    def __init__(self, state: str, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{state}-%s")
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose an outcome")), *((c, translated(dict(t))) for c, t in OUTCOMES[state].items())]
        select = forms.Select(attrs={"class": "form-select"})
        self.fields["outcome"] = forms.ChoiceField(label=_("Outcome"), choices=choices, widget=select)
        area = forms.Textarea(attrs={"class": "form-control", "rows": 2})
        self.fields["note"] = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=area)
