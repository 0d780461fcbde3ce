"""The forms behind the buttons of a handover."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.handover.rules import MOVES, Action, say_reason

CURRENCIES = [("EUR", "EUR"), ("CHF", "CHF"), ("USD", "USD")]


class AnswerForm(forms.Form):
    """A note, and what the action needs: a reason, or the value of a deal."""

    def __init__(self, action: Action, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{action}-%s")
        super().__init__(*args, **kwargs)
        reasons = [(code, say_reason(code)) for code in MOVES[action].reasons]
        if reasons:
            choices = [("", _("Choose a reason")), *reasons]
            widget = forms.Select(attrs={"class": "form-select"})
            self.fields["reason"] = forms.ChoiceField(label=_("Reason"), choices=choices, widget=widget)
        if action is Action.WIN:
            number = forms.NumberInput(attrs={"class": "form-control", "min": "0", "step": "0.01"})
            self.fields["value"] = forms.DecimalField(
                label=_("Value of the deal"), min_value=0, max_digits=14, decimal_places=2, widget=number
            )
            select = forms.Select(attrs={"class": "form-select"})
            self.fields["currency"] = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, widget=select)
        area = forms.Textarea(attrs={"class": "form-control", "rows": 2})
        self.fields["note"] = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=area)
