"""The forms of offers: the rules of one, its codes, and how it ends."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.conditions.forms import ConditionField
from contacts.segments.models import Segment
from contacts.segments.rules import slug_from
from contacts.stages.rules import PHASE_NAMES
from journeys.offers.models import Offer
from journeys.offers.queries import ANY, exported
from journeys.offers.rules import CODE, MOST_CODES, ReadCodes, TooManyCodes, read_codes
from orchestrator.kernel.fields import translated

FILE_LIMIT = 16 * 1024 * 1024
WHEN = {"type": "datetime-local", "class": "form-control"}
LONGEST_DAYS = 3_650


class OfferForm(forms.ModelForm):
    """What an offer is, who gets it and how often."""

    # what the offer was when the form was opened; two people who edit at once do not overwrite each other
    loaded = forms.JSONField(required=False, widget=forms.HiddenInput)
    phases = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Phases"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: people of every phase."),
    )  # fmt: skip
    segments = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Only for segments"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: everybody. The arbiter looks again before each message."),
    )  # fmt: skip
    eligibility = ConditionField(required=False, label=gettext_lazy("Who may get it"))
    valid_from = forms.DateTimeField(
        required=False, label=gettext_lazy("Valid from"), widget=forms.DateTimeInput(WHEN, format="%Y-%m-%dT%H:%M")
    )
    valid_until = forms.DateTimeField(
        required=False, label=gettext_lazy("Valid until"), widget=forms.DateTimeInput(WHEN, format="%Y-%m-%dT%H:%M")
    )

    class Meta:
        model = Offer
        fields: Sequence[str] = (
            "name_en", "name_de", "slug", "kind", "phases", "segments", "eligibility", "valid_from", "valid_until", "valid_days",
            "value", "currency", "most_grants", "budget", "codes", "shared_code", "rest_days", "accepted_by",
        )  # fmt: skip
        widgets = {"accepted_by": forms.TextInput(attrs={"list": "known-events", "autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = self.instance.pk is not None
        if self.stored:
            self.initial.setdefault("loaded", exported(self.instance))
            del self.fields["slug"]  # journeys name it
            if self.instance.grants.exists():
                self.fields["codes"].disabled = True
        else:
            self.fields["slug"].required = False
        self.fields["phases"].choices = [(phase.value, translated(names)) for phase, names in PHASE_NAMES.items()]  # type: ignore[attr-defined]  # a choice field
        segments = Segment.objects.order_by("slug")
        gone = set(self.instance.segments or []) - {one.slug for one in segments}
        self.fields["segments"].choices = [(one.slug, one.name) for one in segments] + [(one, one) for one in gone]  # type: ignore[attr-defined]  # a choice field
        self._say_hints()
        self._dress()

    def _say_hints(self) -> None:
        hints = {
            "slug": _("Made of the English name when empty; journeys use it, it cannot be changed."),
            "valid_days": _("From the day the person gets it, never longer than the offer is valid."),
            "value": _("What it is worth to the person, and what it costs of the budget."),
            "most_grants": _("Everybody who ever got it counts. Empty: no limit."),
            "budget": _("Open and accepted offers use it; one that was declined or expired gives it back."),
            "rest_days": _("So long a person who says no gets no offer at all."),
            "accepted_by": _("The event that says so, with the code in its property “code”. An order with the code counts always."),
            "codes": _("Cannot be changed once somebody has the offer.") if self.fields["codes"].disabled else "",
        }  # fmt: skip
        for name, said in hints.items():
            if name in self.fields:
                self.fields[name].help_text = said

    def _dress(self) -> None:
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = "form-check-input"
            elif isinstance(field.widget, forms.Select):
                field.widget.attrs["class"] = "form-select"
            elif not isinstance(field, ConditionField):
                field.widget.attrs.setdefault("class", "form-control")
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"

    def clean_slug(self) -> str:
        """Make a short name of the English name where none was given."""
        slug = str(self.cleaned_data["slug"])
        if slug == ANY:
            raise ValidationError(_("“any” stands for every offer: please choose another short name."))
        if slug:
            return slug
        taken = [ANY, *Offer.objects.values_list("slug", flat=True)]
        made = slug_from(self.cleaned_data.get("name_en", ""), taken, 90)
        if not made and "name_en" in self.cleaned_data:
            raise ValidationError(_("No short name can be made of this name: please give one."))
        return made

    def clean_currency(self) -> str:
        """Take three letters."""
        given = str(self.cleaned_data["currency"]).upper()
        if len(given) != 3 or not given.isascii() or not given.isalpha():
            raise ValidationError(_("Three letters, e.g. EUR."))
        return given

    def clean_shared_code(self) -> str:
        """Take a code without blanks."""
        given = str(self.cleaned_data["shared_code"]).strip()
        if given and not CODE.fullmatch(given):
            raise ValidationError(_("A code has no blanks, quotes, commas or semicolons."))
        return given

    def clean(self) -> dict[str, Any]:
        """Times in their order, days that make sense, money that is not negative."""
        found = super().clean() or self.cleaned_data
        starts, ends = found.get("valid_from"), found.get("valid_until")
        if starts and ends and ends <= starts:
            self.add_error("valid_until", _("It must end after it begins."))
        for name in ("valid_days", "rest_days"):
            if (found.get(name) or 0) > LONGEST_DAYS:
                self.add_error(name, _("At most ten years."))
        if "valid_days" in found and not found["valid_days"]:
            self.add_error("valid_days", _("A person needs at least one day."))
        for name in ("value", "budget"):
            if (found.get(name) or 0) < 0:
                self.add_error(name, _("Not less than nothing."))
        if found.get("codes") == Offer.Codes.SHARED and not found.get("shared_code") and "shared_code" in found:
            self.add_error("shared_code", _("Please give the code for everybody."))
        return found

    def clean_loaded(self) -> Any:
        """Take nothing but what this form had written itself."""
        loaded = self.cleaned_data["loaded"]
        return loaded if isinstance(loaded, dict) else None

    def given(self) -> dict[str, Any]:
        """What is to be stored."""
        return {field: self.cleaned_data[field] for field in self._meta.fields or () if field in self.cleaned_data}


class CodesForm(forms.Form):
    """Codes by paste, by file, or so many new ones."""

    lines = forms.CharField(
        required=False, label=gettext_lazy("Codes, one a line"), max_length=FILE_LIMIT,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4, "spellcheck": "false"}),
    )  # fmt: skip
    upload = forms.FileField(
        required=False, label=gettext_lazy("or a file with one code a line"),
        help_text=gettext_lazy("Text or CSV; of a CSV the first column."),
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".txt,.csv,text/plain,text/csv"}),
    )  # fmt: skip
    count = forms.IntegerField(
        required=False, label=gettext_lazy("or make so many new ones"), min_value=1, max_value=MOST_CODES,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )  # fmt: skip
    prefix = forms.CharField(
        required=False, label=gettext_lazy("that begin with"), max_length=20,
        widget=forms.TextInput(attrs={"class": "form-control", "placeholder": "SPRING"}),
    )  # fmt: skip

    def clean_upload(self) -> ReadCodes | None:
        """Read the file."""
        upload = self.cleaned_data["upload"]
        if not upload:
            return None
        if upload.size > FILE_LIMIT:
            raise ValidationError(_("At most 16 MiB."))
        try:
            return _read(upload.read().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ValidationError(_("This is not a text in UTF-8.")) from error

    def clean_lines(self) -> ReadCodes | None:
        """Read the pasted lines."""
        return _read(self.cleaned_data["lines"]) if self.cleaned_data["lines"].strip() else None

    def clean_prefix(self) -> str:
        """Take a beginning that a code may have."""
        given = str(self.cleaned_data["prefix"]).strip().upper()
        if given and not CODE.fullmatch(given):
            raise ValidationError(_("A code has no blanks, quotes, commas or semicolons."))
        return given

    def clean(self) -> dict[str, Any]:
        """One way at least."""
        found = super().clean() or self.cleaned_data
        if not self.errors and not any(found.get(key) for key in ("lines", "upload", "count")):
            raise ValidationError(_("Paste codes, choose a file, or say how many to make."))
        return found


def _read(text: str) -> ReadCodes:
    try:
        return read_codes(text)
    except TooManyCodes as error:
        raise ValidationError(_("At most %(n)s codes at once.") % {"n": f"{MOST_CODES:,}"}) from error
