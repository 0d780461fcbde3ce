"""The form of one line of the block list."""

from django import forms
from django.utils.translation import gettext_lazy as _

CONTROL = {"class": "form-control", "autocomplete": "off", "spellcheck": "false"}


class BlockForm(forms.Form):
    """A value that says nothing about who somebody is."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            ("email", _("e-mail address")),
            ("phone", _("phone number")),
            ("user", _("user id")),
            ("anonymous", _("browser or device")),
            ("*", _("any kind")),
        ],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    value = forms.CharField(
        label=_("Value"),
        max_length=320,
        widget=forms.TextInput(attrs=CONTROL),
        help_text=_("A star stands for any domain, name or ending: info@*, *@firm.example, test@test.*"),
    )
    why = forms.CharField(label=_("Why"), max_length=200, required=False, widget=forms.TextInput(attrs=CONTROL))
