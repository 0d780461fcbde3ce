"""The form of one definition."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from contacts.attributes.drafts import Draft
from contacts.attributes.models import Attribute
from contacts.attributes.operations import InvalidAttribute
from contacts.attributes.rules import KIND_NAMES, MAX_KEY, Kind
from orchestrator.kernel.fields import translated

CONTROL = {"class": "form-control"}


class AttributeForm(forms.Form):
    """What an attribute is called, what it may hold, where it comes from and why we keep it."""

    key = forms.CharField(
        label=_("Key"),
        max_length=MAX_KEY,
        widget=forms.TextInput(attrs=CONTROL | {"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("As it is sent by the API and stands in files. It cannot be changed later."),
    )
    name_en = forms.CharField(
        label=_("Name (English)"), max_length=200, required=False, widget=forms.TextInput(attrs=CONTROL)
    )
    name_de = forms.CharField(
        label=_("Name (German)"), max_length=200, required=False, widget=forms.TextInput(attrs=CONTROL)
    )
    kind = forms.ChoiceField(label=_("Type"), widget=forms.Select(attrs={"class": "form-select"}))
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs=CONTROL | {"rows": 5, "spellcheck": "false", "placeholder": "gold|Gold|Gold"}),
        help_text=_("One a line: value|English|German. Needed for a choice, possible for a list."),
    )
    source = forms.CharField(
        label=_("Source"),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs=CONTROL | {"list": "known-sources", "autocomplete": "off"}),
        help_text=_("Only values from this source count, others are kept apart. Empty: any source."),
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=CONTROL),
        help_text=_("What do we need it for?"),
    )
    sensitive = forms.BooleanField(
        label=_("Sensitive"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
        help_text=_(
            "Hidden from sales. Special categories of data (GDPR Art. 9) have to be sensitive and need a purpose."
        ),
    )
    keep_days = forms.IntegerField(
        label=_("Kept for days"),
        required=False,
        widget=forms.NumberInput(attrs=CONTROL | {"min": 1}),
        help_text=_("Counted from the last change of the value. Empty: as long as the person."),
    )

    def __init__(self, *args: Any, fixed_key: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind.value, translated(KIND_NAMES[kind])) for kind in Kind]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]  # a choice field
        if fixed_key:
            del self.fields["key"]

    def draft(self, key: str = "") -> Draft:
        """The definition as wanted; key: of one that is there already."""
        given = self.cleaned_data
        return Draft(
            key=key or given["key"].strip(),
            kind=given["kind"],
            name_en=given["name_en"],
            name_de=given["name_de"],
            choices=tuple(read_choices(given["choices"])),
            source=given["source"],
            purpose=given["purpose"],
            sensitive=given["sensitive"],
            keep_days=given["keep_days"],
        )

    def refuse(self, invalid: InvalidAttribute) -> None:
        """Show beside each field what is wrong with it."""
        for field, said in invalid.problems:
            self.add_error(field if field in self.fields else None, translated(said, get_language()))


def read_choices(text: str) -> list[dict[str, str]]:
    """Read lines like `gold|Gold|Gold`; a name that is missing is the value."""
    found = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if any(parts):
            value = parts[0]
            english = parts[1] if len(parts) > 1 and parts[1] else value
            german = parts[2] if len(parts) > 2 and parts[2] else english
            found.append({"value": value, "en": english, "de": german})
    return found


def initial(attribute: Attribute) -> dict[str, Any]:
    """What stands in the form of a definition that is there."""
    lines = [f"{choice['value']}|{choice.get('en', '')}|{choice.get('de', '')}" for choice in attribute.choices]
    names = ("key", "name_en", "name_de", "kind", "source", "purpose", "sensitive", "keep_days")
    return {name: getattr(attribute, name) for name in names} | {"choices": "\n".join(lines)}
