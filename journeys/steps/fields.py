"""Fields that several kinds of steps have in their forms: durations, things by name, steps of the journey."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.attributes.queries import definitions
from contacts.conditions.columns import column_name
from contacts.conditions.forms import ConditionField
from contacts.conditions.names import spaced
from contacts.conditions.rules import DURATION
from orchestrator.kernel.fields import translated

Choice = tuple[str, Any]
UNIT_CHOICES: list[Choice] = [
    ("s", _("seconds")),
    ("m", _("minutes")),
    ("h", _("hours")),
    ("d", _("days")),
    ("w", _("weeks")),
    ("mo", pgettext_lazy("unit of 30 days", "months")),
]
_number, _unit = pgettext_lazy("of a span of time", "number"), pgettext_lazy("of a span of time", "unit")


class DurationWidget(forms.MultiWidget):
    """A number and its unit."""

    def __init__(self) -> None:
        number = forms.NumberInput(attrs={"min": "1", "step": "1", "aria-label": _number, "class": "form-control"})
        unit = forms.Select(attrs={"aria-label": _unit, "class": "form-select"}, choices=UNIT_CHOICES)
        super().__init__([number, unit])

    def decompress(self, value: Any) -> list[Any]:
        """Take "4h" apart."""
        found = DURATION.fullmatch(value) if isinstance(value, str) else None
        return [found[1], found[2]] if found else [None, "d"]


class DurationField(forms.MultiValueField):
    """A duration as definitions write it, "4h"; None when it is empty."""

    def __init__(self, **kwargs: Any) -> None:
        whole = forms.IntegerField(min_value=1, max_value=10_000_000)
        super().__init__([whole, forms.ChoiceField(choices=UNIT_CHOICES)], widget=DurationWidget(), **kwargs)

    def compress(self, data_list: list[Any]) -> str | None:
        """Put number and unit together."""
        return f"{data_list[0]}{data_list[1]}" if data_list and data_list[0] else None

    def clean(self, value: Any) -> str | None:
        """A unit without a number is nothing."""
        if not self.required and (not value or not value[0]):
            return None
        found: str | None = super().clean(value)
        return found


class ClockField(forms.CharField):
    """A local time of day, "09:00"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), max_length=8, **kwargs)


def empty_choice(words: Any) -> Choice:
    """The first choice of a list, where nothing has been chosen yet."""
    return "", words


def things(rows: Iterable[Any], current: Iterable[str] = (), *, empty: Any = None) -> list[Choice]:
    """Things with a short name as choices by name; those that are chosen stay, also when they are gone."""
    found: list[Choice] = [(row.slug, row.name) for row in rows]
    there = {slug for slug, _name in found}
    gone = [(slug, spaced(slug)) for slug in dict.fromkeys(current) if slug and slug not in there]
    return [*([empty_choice(empty)] if empty is not None else []), *found, *gone]


def steps_of(definition: Mapping[str, Any], *, but: str) -> list[Choice]:
    """The other steps of a journey as choices, in their order."""
    steps = definition.get("steps") or []
    return [
        (step["key"], translated(step.get("name")) or spaced(step["key"]))
        for step in steps
        if isinstance(step, dict) and step.get("key") and step["key"] != but
    ]


def attribute_choices(kinds: Iterable[str], language: str, current: Iterable[str] = ()) -> list[Choice]:
    """The team's own attributes of some types as choices; those that are chosen stay."""
    wanted = set(kinds)
    found: list[Choice] = [
        (one.key, translated({"en": one.name_en, "de": one.name_de}, language))
        for one in definitions().values()
        if one.active and one.kind in wanted
    ]
    there = {key for key, _name in found}
    return found + [(key, column_name(key, language)) for key in dict.fromkeys(current) if key and key not in there]


def dress(form: forms.Form) -> None:
    """Give the widgets of a form the classes of the design."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput):
            widget.attrs["class"] = "form-check-input"
        elif isinstance(widget, forms.Select) and not isinstance(widget, forms.RadioSelect):
            widget.attrs["class"] = "form-select"
        elif not isinstance(field, ConditionField) and not isinstance(
            widget, forms.MultiWidget | forms.RadioSelect | forms.CheckboxSelectMultiple
        ):
            widget.attrs.setdefault("class", "form-control")
        if isinstance(widget, forms.Textarea) and not isinstance(field, ConditionField):
            widget.attrs.setdefault("rows", 2)
