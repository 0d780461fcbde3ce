"""The form of a signal: its meaning, its condition, and how long it rests and holds."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from contacts.conditions.forms import ConditionField
from contacts.conditions.rules import UNITS
from contacts.segments.forms import DefinitionForm
from contacts.signals.models import Signal
from contacts.signals.queries import load_contexts
from contacts.signals.rules import beyond_context

UNIT_CHOICES = [
    ("m", gettext_lazy("minutes")),
    ("h", gettext_lazy("hours")),
    ("d", gettext_lazy("days")),
    ("w", gettext_lazy("weeks")),
    ("mo", pgettext_lazy("unit of 30 days", "months")),
]
LONGEST = timedelta(days=3_650)
_number, _unit = pgettext_lazy("of a span of time", "number"), pgettext_lazy("of a span of time", "unit")


class SpanWidget(forms.MultiWidget):
    """A number and its unit."""

    def __init__(self) -> None:
        number = forms.NumberInput(attrs={"class": "form-control", "min": "0", "step": "1", "aria-label": _number})
        super().__init__(
            [number, forms.Select(attrs={"class": "form-select", "aria-label": _unit}, choices=UNIT_CHOICES)]
        )

    def decompress(self, value: timedelta | None) -> list[Any]:
        """Say a span in the largest unit that it is a whole number of."""
        if value is None:
            return [None, "d"]
        seconds = int(value.total_seconds())
        unit = next((unit for unit in ("mo", "w", "d", "h", "m") if seconds and seconds % UNITS[unit] == 0), "m")
        return [seconds // UNITS[unit], unit]


class SpanField(forms.MultiValueField):
    """A span of time as a number and a unit."""

    def __init__(self, **kwargs: Any) -> None:
        whole = forms.IntegerField(min_value=0, max_value=10_000_000)
        super().__init__([whole, forms.ChoiceField(choices=UNIT_CHOICES)], widget=SpanWidget(), **kwargs)

    def compress(self, data_list: list[Any]) -> timedelta | None:
        """Make the span of the two."""
        if not data_list or data_list[0] is None:
            return None
        span = timedelta(seconds=data_list[0] * UNITS[data_list[1]])
        if span > LONGEST:
            raise ValidationError(_("At most ten years."))
        return span


class SignalForm(DefinitionForm):
    """A signal. Context may look at nothing that somebody did."""

    kind_of_thing = "signal"
    condition = ConditionField(label=gettext_lazy("It holds when"))
    cooldown = SpanField(
        label=gettext_lazy("Fires again after"), help_text=gettext_lazy("at the earliest, for the same person and key")
    )
    holds_for = SpanField(label=gettext_lazy("Holds for"), help_text=gettext_lazy("after it fired"))

    class Meta:
        model = Signal
        fields: Sequence[str] = (
            "name_en", "name_de", "slug", "kind", "strength", "condition", "key_event", "key_property", "cooldown",
            "holds_for", "decay", "goal", "active",
        )  # fmt: skip
        widgets = {
            "key_event": forms.TextInput(attrs={"list": "known-events", "autocomplete": "off"}),
            "goal": forms.TextInput(attrs={"list": "known-goals", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key_event"].help_text = _("With a key it fires once for each value, e.g. once for each cart.")
        self.fields["goal"].help_text = _("A goal of a stage, or words of your own.")
        self.fields["decay"].help_text = _("How the strength gets less while the signal holds.")

    def clean(self) -> dict[str, Any]:
        """Key complete or absent; context that looks at context only; behaviour that is not context in disguise."""
        found = super().clean() or self.cleaned_data
        if bool(found.get("key_event")) != bool(found.get("key_property")):
            self.add_error("key_property", _("A key needs both: the event and one of its properties."))
        condition = found.get("condition")
        if not condition:
            return found
        self.refuse_circle(condition)
        if found.get("kind") == Signal.Kind.CONTEXT:
            if wrong := beyond_context(condition):
                said = _("A context signal may only look at context, attributes and the company, not at: %(kinds)s.")
                self.add_error("condition", said % {"kinds": ", ".join(wrong)})
            if found.get("key_event"):
                self.add_error("key_event", _("A context signal has no key: no event makes it fire."))
        elif load_contexts().act_alone(condition):
            said = _("This holds by a context signal alone: add what somebody does, or choose the kind “context”.")
            self.add_error("condition", said)
        return found
