"""The forms of contact rules: everything that cannot be meant is refused in words, nothing typed is lost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from consent.limits.models import Holdout, Limit, QuietHours, Rest
from consent.limits.queries import as_opened, journey_choices
from consent.limits.rules import CALENDAR_SPANS, WEEKDAYS
from consent.purposes.models import Purpose
from contacts.profiles.rules import countries
from contacts.segments.rules import slug_from
from contacts.stages.rules import PHASE_NAMES, Phase
from orchestrator.kernel.fields import translated

HOURS = {"hours": 1, "days": 24}
CHANNEL_NAMES = (
    ("", gettext_lazy("all channels together")),
    ("email", gettext_lazy("e-mail")),
    ("sms", gettext_lazy("SMS")),
    ("push", gettext_lazy("push message")),
    ("letter", gettext_lazy("letter")),
    ("onsite", gettext_lazy("on the site")),
)


class RuleForm(forms.ModelForm):
    """What the forms of rules share: looks, short name from the name, and what was there when the form was opened."""

    opened = forms.CharField(required=False, widget=forms.HiddenInput, max_length=5_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["opened"] = as_opened(self.instance)
        self.fill_choices()  # before anything asks for errors
        for name, field in self.fields.items():
            widget = field.widget
            if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
                widget.attrs["class"] = "form-check-input"
            else:
                widget.attrs["class"] = "form-select" if isinstance(widget, forms.Select) else "form-control"
            if self.is_bound and name in self.errors:
                widget.attrs["aria-invalid"] = "true"

    def fill_choices(self) -> None:
        """Fill in what can be chosen, and what a stored rule says in other words."""

    def name_the_rule(self, found: dict[str, Any]) -> None:
        """Refuse a name that another rule has; a new rule's short name is made of its English name."""
        others = self._meta.model.objects.exclude(pk=self.instance.pk)
        for field in ("name_en", "name_de"):
            if found.get(field) and others.filter(**{f"{field}__iexact": found[field].strip()}).exists():
                self.add_error(field, _("There is already a rule of this name."))
        if not self.instance.pk and found.get("name_en") and "name_en" not in self.errors:
            made = slug_from(found["name_en"], others.values_list("slug", flat=True), 50)
            if not made:
                self.add_error("name_en", _("No short name can be made of this name: please use letters or digits."))
            self.instance.slug = made


class LimitForm(RuleForm):
    """A limit."""

    channel = forms.ChoiceField(choices=CHANNEL_NAMES, required=False, label=gettext_lazy("Channel"))
    purpose = forms.ChoiceField(required=False, label=gettext_lazy("Purpose or topic"))
    most = forms.IntegerField(
        min_value=1, max_value=1_000, label=gettext_lazy("At most"), help_text=gettext_lazy("messages")
    )
    span = forms.IntegerField(
        min_value=1,
        max_value=1_000,
        required=False,
        label=gettext_lazy("in"),
        help_text=gettext_lazy("of a sliding window"),
    )
    unit = forms.ChoiceField(
        choices=[("days", gettext_lazy("days")), ("hours", gettext_lazy("hours"))],
        required=False,
        label=gettext_lazy("Unit"),
    )
    lookahead_hours = forms.IntegerField(
        min_value=0,
        max_value=336,
        required=False,
        initial=0,
        label=gettext_lazy("Look ahead (hours)"),
        help_text=gettext_lazy(
            "A place is kept for a journey that is worth more and needs it within so many hours; 0: never."
        ),
    )

    class Meta:
        model = Limit
        fields = (
            "name_en", "name_de", "per", "who", "channel", "purpose", "phase", "most", "calendar", "overflow",
            "lookahead_hours", "active",
        )  # fmt: skip

    def fill_choices(self) -> None:
        """Purposes or journeys that there are."""
        chosen: Any = self.fields["purpose"]
        rows = Purpose.objects.filter(kind=Purpose.Kind.COMMUNICATION).exclude(enforcement=Purpose.Enforcement.NONE)
        chosen.choices = [("", _("every purpose")), *((row.slug, row.name) for row in rows)]
        if self.instance.purpose and self.instance.purpose not in dict(chosen.choices):
            chosen.choices = [*chosen.choices, (self.instance.purpose, self.instance.purpose)]
        blank: Any = self.fields["phase"]
        blank.choices = _types_of_journeys()
        if self.instance.window and not self.instance.calendar:
            hours = int(self.instance.window.total_seconds() // 3600)
            unit = "days" if hours % 24 == 0 else "hours"
            self.initial |= {"span": hours // HOURS[unit], "unit": unit}
        self.initial.setdefault("span", 7)

    def clean(self) -> dict[str, Any]:
        """A window where it slides; a name that nobody else has."""
        found = super().clean() or self.cleaned_data
        self.name_the_rule(found)
        if found.get("calendar"):
            self.instance.window = CALENDAR_SPANS[found["calendar"]]
        elif found.get("span"):
            self.instance.window = timedelta(hours=found["span"] * HOURS[found.get("unit") or "days"])
            if self.instance.window > timedelta(days=366):
                self.add_error("span", _("At most a year."))
        elif "span" not in self.errors:
            self.add_error("span", _("A sliding window needs a length: please give a number over 0."))
        if found.get("per") == Limit.Per.ACCOUNT and found.get("who") == Limit.Who.LESS:
            self.add_error("who", _("A limit per company counts everybody who works there: please choose everybody."))
        found["lookahead_hours"] = found.get("lookahead_hours") or 0
        return found


class QuietForm(RuleForm):
    """Quiet hours."""

    channel = forms.ChoiceField(
        choices=[("", gettext_lazy("every channel")), *CHANNEL_NAMES[1:]], required=False, label=gettext_lazy("Channel")
    )
    country = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("Country"),
        help_text=gettext_lazy("Two letters, e.g. DE; empty: every country."),
    )
    weekdays = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label=gettext_lazy("Weekdays")
    )
    starts = forms.TimeField(label=gettext_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(
        label=pgettext_lazy("until", "To"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("An earlier time is on the next morning."),
    )

    class Meta:
        model = QuietHours
        fields = ("starts", "ends", "weekdays", "channel", "country", "holidays", "active")

    def fill_choices(self) -> None:
        """Weekdays in the active language."""
        days: Any = self.fields["weekdays"]
        named = zip(WEEKDAYS["en"], WEEKDAYS["de"], strict=True)
        days.choices = [(n, translated({"en": en, "de": de})) for n, (en, de) in enumerate(named, 1)]
        if not self.instance.weekdays:
            self.initial["weekdays"] = list(range(1, 8))

    def clean_country(self) -> str:
        """Take only countries that exist."""
        country = str(self.cleaned_data["country"]).strip().upper()
        if country and country not in countries():
            raise ValidationError(_("There is no country “%(country)s”."), params={"country": country})
        return country

    def clean(self) -> dict[str, Any]:
        """Equal times would be no time at all, or the whole day: nobody can tell."""
        found = super().clean() or self.cleaned_data
        if found.get("starts") is not None and found.get("starts") == found.get("ends"):
            self.add_error("ends", _("From and to are the same time: please give two different ones."))
        if len(found.get("weekdays") or ()) == 7:
            found["weekdays"] = []
        return found


class RestForm(RuleForm):
    """A rest after a goal."""

    hours = forms.IntegerField(min_value=1, max_value=8_784, label=gettext_lazy("Hours of rest"))

    class Meta:
        model = Rest
        fields = ("name_en", "name_de", "phase", "hours", "active")

    def fill_choices(self) -> None:
        """Types of journeys."""
        blank: Any = self.fields["phase"]
        blank.choices = _types_of_journeys()

    def clean(self) -> dict[str, Any]:
        """A name that nobody else has."""
        found = super().clean() or self.cleaned_data
        self.name_the_rule(found)
        return found


class HoldoutForm(RuleForm):
    """A new holdout; who is in it is drawn when it is saved, and it is never changed, only ended."""

    share = forms.DecimalField(
        min_value=Decimal("0.01"),
        max_value=Decimal(50),
        decimal_places=2,
        max_digits=4,
        label=gettext_lazy("Share of people (percent)"),
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    journey = forms.ChoiceField(required=False, label=gettext_lazy("Journey"))
    walks = forms.TypedChoiceField(
        coerce=lambda value: value == "yes",
        choices=[
            ("yes", gettext_lazy("They go through journeys and are measured; nothing is sent to them")),
            ("no", gettext_lazy("They do not enter at all")),
        ],
        initial="yes",
        widget=forms.RadioSelect,
        label=gettext_lazy("What happens to them"),
    )

    class Meta:
        model = Holdout
        fields: ClassVar[tuple[str, ...]] = ("name_en", "name_de")

    def fill_choices(self) -> None:
        """Purposes or journeys that there are."""
        chosen: Any = self.fields["journey"]
        chosen.choices = [
            ("", _("all journeys")),
            *((slug, translated(names)) for slug, names in journey_choices()),
        ]

    def clean(self) -> dict[str, Any]:
        """A name that nobody else has."""
        found = super().clean() or self.cleaned_data
        self.name_the_rule(found)
        return found


def _types_of_journeys() -> list[tuple[str, str]]:
    return [("", _("every journey")), *((phase.value, translated(PHASE_NAMES[phase])) for phase in Phase)]
