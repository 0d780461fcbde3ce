"""The form of a new journey."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.segments.rules import slug_from
from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.definitions.models import Journey
from journeys.steps.registry import kind_of
from orchestrator.kernel.fields import translated


def phases() -> list[tuple[str, str]]:
    """The phases in the language of the page."""
    return [(phase.value, translated(PHASE_NAMES[phase])) for phase in Phase]


class NewJourneyForm(forms.Form):
    """What a journey is called, and in which phase of a customer's life it is."""

    name_en = forms.CharField(label=_("Name (English)"), max_length=200)
    name_de = forms.CharField(label=_("Name (German)"), max_length=200)
    phase = forms.ChoiceField(label=_("Phase"), choices=phases)
    slug = forms.SlugField(
        label=_("Short name"),
        max_length=100,
        required=False,
        help_text=_("For files and the API; made of the English name when empty. It stays."),
    )

    def clean_slug(self) -> str:
        """A short name that no journey has; `new` is an address."""
        given = self.cleaned_data.get("slug") or ""
        taken = {"new", *Journey.objects.values_list("slug", flat=True)}
        if given in taken:
            raise forms.ValidationError(_("There is a journey with this short name."))
        return given or slug_from(self.cleaned_data.get("name_en", ""), taken) or slug_from("journey", taken)

    def definition(self) -> dict[str, Any]:
        """A journey that lets nobody in and ends at once."""
        given, end = self.cleaned_data, kind_of("end")
        return {
            "slug": given["slug"],
            "name": {"en": given["name_en"], "de": given["name_de"]},
            "phase": given["phase"],
            "entry": {},
            "steps": [{"key": "end", "kind": "end", "name": dict(end.label), **end.blank()}],
        }
