"""The form that makes a connection."""

from typing import Any

from django import forms
from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy as _

SERVER, PUBLIC = "server", "public"
PLACES = [
    (SERVER, _("A server: shop back end, CRM, data warehouse")),
    (PUBLIC, _("A web page or an app, where everybody can read the key")),
]


class ConnectionForm(forms.Form):
    """What is connected, and whether its key stays secret."""

    name = forms.CharField(
        label=_("What is it called?"),
        max_length=100,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    source = forms.CharField(
        label=_("Short name of the source"),
        max_length=50,
        validators=[validate_slug],
        help_text=_("Letters, digits, - and _. Events are recorded under it; the same name again adds a key to it."),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", "spellcheck": "false"}),
    )
    place = forms.ChoiceField(label=_("Where does the key live?"), choices=PLACES, widget=forms.RadioSelect)

    def clean_source(self) -> str:
        """Sources are told apart without regard to case."""
        return str(self.cleaned_data["source"]).lower()

    def clean_name(self) -> Any:
        """Keep names on one line."""
        return " ".join(self.cleaned_data["name"].split())
