"""The forms of a purpose and of a wording."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent.purposes.models import Purpose
from consent.purposes.operations import InvalidPurpose
from consent.purposes.rules import PROBLEMS, Draft
from orchestrator.kernel.fields import translated

CONTROL, SELECT, AREA = {"class": "form-control"}, {"class": "form-select"}, {"class": "form-control", "rows": 3}
CHANNELS = (("", _("every channel")), ("email", _("E-mail")), ("sms", "SMS"), ("push", "Push"), ("letter", _("Letter")))


class PurposeForm(forms.Form):
    """What we may do for which reason."""

    slug = forms.CharField(
        label=_("Short name"),
        max_length=50,
        widget=forms.TextInput(attrs=CONTROL | {"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("As rules, files and the API name it. It cannot be changed later."),
    )
    name_en = forms.CharField(label=_("Name (English)"), max_length=200, widget=forms.TextInput(attrs=CONTROL))
    name_de = forms.CharField(label=_("Name (German)"), max_length=200, widget=forms.TextInput(attrs=CONTROL))
    kind = forms.ChoiceField(label=_("Kind"), choices=Purpose.Kind.choices, widget=forms.Select(attrs=SELECT))
    channel = forms.ChoiceField(label=_("Channel"), choices=CHANNELS, required=False, widget=forms.Select(attrs=SELECT))
    parent_id = forms.TypedChoiceField(
        label=_("Topic of"),
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.Select(attrs=SELECT),
        help_text=_("A message about a topic needs both: the topic and the purpose above it."),
    )
    enforcement = forms.ChoiceField(
        label=_("Allowed"), choices=Purpose.Enforcement.choices, widget=forms.Select(attrs=SELECT)
    )
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=200, widget=forms.TextInput(attrs=CONTROL))
    existing_customer = forms.BooleanField(
        label=_("Also for existing customers (§ 7(3) UWG)"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
        help_text=_(
            "Whoever bought may be written to about own similar goods, until they object. Off: it stops at once."
        ),
    )
    similar_goods = forms.CharField(
        label=_("Own similar goods"), max_length=300, required=False, widget=forms.TextInput(attrs=CONTROL)
    )
    notice_en = forms.CharField(
        label=_("Notice in each message (English)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs=AREA),
    )
    notice_de = forms.CharField(
        label=_("Notice in each message (German)"), max_length=2000, required=False, widget=forms.Textarea(attrs=AREA)
    )

    def __init__(self, *args: Any, purpose: Purpose | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        above = Purpose.objects.filter(parent=None)
        above = above.exclude(pk=purpose.pk) if purpose else above
        self.fields["parent_id"].choices = [("", "–"), *((one.pk, one.name) for one in above)]  # type: ignore[attr-defined]  # a choice field
        self.fixed = purpose.slug if purpose else ""
        if purpose:
            del self.fields["slug"]

    def draft(self) -> Draft:
        """The purpose as wanted."""
        return Draft(**{"slug": self.fixed, **self.cleaned_data})

    def refuse(self, invalid: InvalidPurpose) -> None:
        """Say at the fields what is wrong."""
        for field, key in invalid.problems:
            self.add_error(field if field in self.fields else None, translated(PROBLEMS[key], get_language()))


class WordingForm(forms.Form):
    """The next version of a text."""

    language = forms.ChoiceField(
        label=_("Language"), choices=(("de", _("German")), ("en", _("English"))), widget=forms.Select(attrs=SELECT)
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 6}),
        help_text=_(
            "What people agree to, word for word. Say what for, by which channel, and that it can be taken back."
        ),
    )
