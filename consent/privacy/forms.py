"""The forms of requests: opening one, correcting a person, how long what is kept."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from consent.privacy.models import Request
from consent.privacy.periods import CLASSES
from contacts.profiles.models import Contact

CONTROL, SELECT = {"class": "form-control"}, {"class": "form-select"}
FIELDS = ("external_id", "email", "phone", "first_name", "last_name", "language", "country", "time_zone", "job_title")
SOURCES = (("mail", _("e-mail")), ("phone", _("phone")), ("letter", _("letter")), ("person", _("in person")))
CAME_BY = {**dict(SOURCES), "page": _("our page"), "staff": _("our team")}  # what is shown of a request
LONGEST_DAYS = 36_500


class RequestForm(forms.Form):
    """What somebody asked for, and how it came in."""

    kind = forms.ChoiceField(label=_("Right"), choices=Request.Kind.choices, widget=forms.Select(attrs=SELECT))
    source = forms.ChoiceField(label=_("Came by"), choices=SOURCES, widget=forms.Select(attrs=SELECT))
    text = forms.CharField(
        label=_("What was asked"), required=False, max_length=5_000, widget=forms.Textarea(attrs=CONTROL | {"rows": 4})
    )

    def clean_text(self) -> str:
        """Leave out what Postgres does not take."""
        return str(self.cleaned_data["text"]).replace("\0", "")


class RectifyForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own takes none when it runs
    """The fields of a person as they should be."""

    class Meta:
        model = Contact
        fields = FIELDS
        widgets = {
            name: forms.Select(attrs=SELECT) if name == "language" else forms.TextInput(attrs=CONTROL)
            for name in FIELDS
        }

    def clean_email(self) -> str:
        """Addresses are kept in lower case."""
        return str(self.cleaned_data["email"]).strip().lower()

    def clean_time_zone(self) -> str:
        """Local time is always known."""
        return str(self.cleaned_data["time_zone"] or settings.TEAM_TIME_ZONE)

    def values(self) -> dict[str, str]:
        """What the person's fields should hold; an external id that is there stays (it is how other systems name them)."""
        given = {name: self.cleaned_data[name] or "" for name in FIELDS}
        if self.instance.external_id or not given["external_id"]:
            del given["external_id"]
        return given

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.external_id:
            self.fields["external_id"].disabled = True


class RetentionForm(forms.Form):
    """Days and a switch for each class of data."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slug, kind in CLASSES.items():
            self.fields[f"days_{slug}"] = forms.IntegerField(
                min_value=0, max_value=LONGEST_DAYS if kind.most is None else kind.most,
                widget=forms.NumberInput(attrs=CONTROL | {"class": "form-control days"}),
            )  # fmt: skip
            self.fields[f"active_{slug}"] = forms.BooleanField(
                required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"})
            )

    def periods(self) -> dict[str, tuple[int, bool]]:
        """The days of each class and whether it is on."""
        return {slug: (self.cleaned_data[f"days_{slug}"], self.cleaned_data[f"active_{slug}"]) for slug in CLASSES}
