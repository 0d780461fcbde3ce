"""The form of a sender."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.purposes.models import Purpose
from journeys.content.rules import BREAKS
from orchestrator.channels.senders.models import Sender
from orchestrator.channels.senders.rules import selectors_in


class SenderForm(forms.ModelForm):
    """Who mail is from, for what, and how it is warmed up."""

    purposes = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Purposes and topics"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: only as the default."),
    )  # fmt: skip

    class Meta:
        model = Sender
        fields: Sequence[str] = (
            "name", "address", "reply_to", "note", "purposes", "is_default", "dkim_selectors", "warm_up_from", "warm_up_first", "warm_up_ceiling",
        )  # fmt: skip
        widgets = {"warm_up_from": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mailed = Q(kind=Purpose.Kind.COMMUNICATION, channel__in=("", "email")) | Q(slug=Purpose.SERVICE)
        found = Purpose.objects.filter(mailed).order_by("pk")
        self.fields["purposes"].choices = [(one.slug, one.name) for one in found]  # type: ignore[attr-defined]
        self.fields["warm_up_first"].min_value = 1  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            if name == "purposes" or isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "form-check-input"
            else:
                field.widget.attrs["class"] = "form-control"
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"

    def clean_name(self) -> str:
        """A name is one line, and has no signs that mean something in an address."""
        name = str(self.cleaned_data["name"])
        if BREAKS.search(name) or any(sign in name for sign in '<>"'):
            raise ValidationError(_('A name stands on one line, without < > and ".'))
        return name

    def clean_dkim_selectors(self) -> str:
        """Selectors are words as DNS takes them."""
        try:
            return " ".join(selectors_in(str(self.cleaned_data["dkim_selectors"])))
        except ValueError as wrong:
            raise ValidationError(_("“%(word)s” is no selector: letters, digits, - and _.") % {"word": wrong}) from None

    def clean_warm_up_first(self) -> int:
        """A first day without mails would never double."""
        first = int(self.cleaned_data["warm_up_first"])
        if first < 1:
            raise ValidationError(_("At least 1."))
        return first
