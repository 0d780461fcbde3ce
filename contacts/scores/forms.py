"""The forms of scores: the score, a row for each rule, the bands of the grades."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from contacts.attributes.queries import definitions
from contacts.conditions.forms import ConditionField
from contacts.conditions.language import validate
from contacts.events.models import EventType
from contacts.scores.filters import COMPARISONS, as_fields, from_fields
from contacts.scores.models import Score, ScoreRule
from contacts.scores.rules import MOST_DECAY_DAYS, MOST_POINTS, MOST_RULES

FILTERS = 3  # places for filters on a row; more where there are more
MOST_FILTERS = 20
EVENT, CONDITION = "event", "condition"
RESERVED = ("new", "grades")  # addresses of other pages
KINDS = [(EVENT, _("for each event")), (CONDITION, _("while a condition holds"))]
OPERATORS = [*COMPARISONS.items(), ("json", _("as JSON"))]


def _text(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "maxlength": 200, **attrs})


class ScoreForm(forms.ModelForm):  # type: ignore[type-arg]
    """A score without its rules. The short name is for good: conditions name it."""

    class Meta:
        model = Score
        fields = ["name_en", "name_de", "slug", "axis", "decay", "decay_days", "active"]
        widgets = {
            "name_en": _text(),
            "name_de": _text(),
            "slug": _text(maxlength=100),
            "axis": forms.Select(attrs={"class": "form-select"}),
            "decay": forms.Select(attrs={"class": "form-select"}),
            "decay_days": forms.NumberInput(attrs={"class": "form-control", "min": 1, "max": MOST_DECAY_DAYS}),
            "active": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name_de"].required = False
        self.fields["slug"].required = False
        self.fields["slug"].disabled = bool(self.instance.pk)
        self.fields["decay_days"] = forms.IntegerField(
            label=_("in days"),
            min_value=1,
            max_value=MOST_DECAY_DAYS,
            initial=30,
            widget=self.fields["decay_days"].widget,
        )

    def clean(self) -> dict[str, Any]:
        """Fill in what may be left out: the German name and the short name."""
        given = super().clean() or self.cleaned_data
        given["name_de"] = given.get("name_de") or given.get("name_en", "")
        if given.get("slug") in RESERVED:
            self.add_error("slug", _("There is a score with this short name already."))
        if "slug" not in self.errors and not given.get("slug"):
            given["slug"] = slugify(given.get("name_en", ""))[:100]
            if not given["slug"] and "name_en" in given:
                self.add_error("slug", _("Give a short name of letters, digits and hyphens."))
            elif given["slug"] in RESERVED or Score.objects.filter(slug=given["slug"]).exists():
                self.add_error("slug", _("There is a score with this short name already."))
        return given


class RuleForm(forms.Form):
    """One rule: points for each event of a kind, or once while a condition holds."""

    rule = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name_en = forms.CharField(label=_("Name (English)"), max_length=200, widget=_text())
    name_de = forms.CharField(label=_("Name (German)"), max_length=200, required=False, widget=_text())
    kind = forms.ChoiceField(
        label=_("Points are given"),
        choices=KINDS,
        initial=EVENT,
        widget=forms.Select(attrs={"class": "form-select rule-kind"}),
    )
    event = forms.CharField(
        label=_("Event"), max_length=100, required=False, widget=_text(list="known-events", maxlength=100)
    )
    condition = ConditionField(label=_("Condition"), required=False)
    points = forms.DecimalField(
        label=_("Points"), min_value=-MOST_POINTS, max_value=MOST_POINTS, max_digits=6, decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "form-control", "step": "0.01", "min": -MOST_POINTS, "max": MOST_POINTS}),
    )  # fmt: skip
    most_a_day = forms.IntegerField(
        label=_("at most a day"), required=False, min_value=1, max_value=1000,
        widget=forms.NumberInput(attrs={"class": "form-control", "min": 1, "max": 1000}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = (self.initial.get("filters") or []) if self.initial else []
        self.places = max(FILTERS, len(given) + 1, self._posted())
        for i in range(self.places):
            name, operator, text = given[i] if i < len(given) else ("", "is", "")
            self.fields[f"property_{i}"] = forms.CharField(
                label=_("Property"), max_length=200, required=False, initial=name, widget=_text()
            )
            self.fields[f"operator_{i}"] = forms.ChoiceField(
                label=_("Comparison"), choices=OPERATORS, required=False, initial=operator,
                widget=forms.Select(attrs={"class": "form-select"}),
            )  # fmt: skip
            self.fields[f"value_{i}"] = forms.CharField(
                label=_("Value"), max_length=500, required=False, initial=text, widget=_text(maxlength=500)
            )

    def has_changed(self) -> bool:
        """Whether somebody wrote something: a row just added is none yet."""
        if not self.is_bound:
            return super().has_changed()
        names = ["rule", "name_en", "name_de", "points", "event"]
        names += ["condition"] if self.data.get(self.add_prefix("kind")) == CONDITION else []
        return any(self.data.get(self.add_prefix(name)) for name in names)

    def _posted(self) -> int:
        return sum(self.add_prefix(f"property_{i}") in self.data for i in range(MOST_FILTERS)) if self.is_bound else 0

    @property
    def filters(self) -> list[tuple[Any, Any, Any]]:
        """The fields of the filters, three and three."""
        return [(self[f"property_{i}"], self[f"operator_{i}"], self[f"value_{i}"]) for i in range(self.places)]

    @property
    def open(self) -> bool:
        """Whether some filter says something, so that they are shown."""
        return any(name.value() or name.errors or value.errors for name, _comparison, value in self.filters)

    def clean(self) -> dict[str, Any]:
        """Put the event leaf together, or ask for the condition."""
        given = super().clean() or self.cleaned_data
        given["name_de"] = given.get("name_de") or given.get("name_en", "")
        given["leaf"] = None
        if given.get("kind") == CONDITION:
            if "condition" not in self.errors and not given.get("condition"):
                self.add_error("condition", _("Say what has to hold."))
        elif given.get("kind") == EVENT:
            self.errors.pop("condition", None)  # what stands in the folded part does not matter
            given["leaf"] = self._leaf(given)
        return given

    def _leaf(self, given: dict[str, Any]) -> dict[str, Any] | None:
        if not given.get("event"):
            self.add_error("event", _("Say which event."))
            return None
        leaf: dict[str, Any] = {"event": given["event"].strip()}
        where, places = [], []
        for i in range(self.places):
            name, text = given.get(f"property_{i}", ""), given.get(f"value_{i}", "")
            if name:
                where.append(from_fields(name, given.get(f"operator_{i}") or "is", text))
                places.append(i)
            elif text:
                self.add_error(f"property_{i}", _("Say of which property."))
        if where:
            leaf["where"] = where
        for problem in validate(leaf, definitions=definitions(), run=False):
            if problem.level == "error":
                at = next((p for n, p in enumerate(places) if problem.path.startswith(f"where[{n}]")), None)
                self.add_error("event" if at is None else f"value_{at}", ValidationError(str(problem)))
        return leaf

    def drawn(self, position: int, saved: Collection[int]) -> ScoreRule:
        """The rule that the row says, not saved; of a new rule the id is negative until it is."""
        given = self.cleaned_data
        counts = given["kind"] == EVENT
        return ScoreRule(
            pk=given["rule"] if given["rule"] in saved else -position - 1,
            position=position,
            name_en=given["name_en"],
            name_de=given["name_de"],
            condition=None if counts else given["condition"],
            event=given["leaf"] if counts else None,
            points=given["points"],
            most_a_day=given["most_a_day"] if counts else None,
        )


class BaseRules(BaseFormSet):  # type: ignore[type-arg]
    """The rows of a score: those that are taken away do not have to be right."""

    def clean(self) -> None:
        """Refuse a number of rows that no browser sends."""
        if (self.management_form.cleaned_data.get("TOTAL_FORMS") or 0) < 0:
            raise ValidationError(_("The number of rules is wrong."))

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        """Dress the box that takes a row away."""
        super().add_fields(form, index)
        form.fields["DELETE"].widget.attrs["class"] = "form-check-input"

    def kept(self, saved: Collection[int]) -> list[ScoreRule]:
        """The rules that stay, in order. saved: ids of the score's rules."""
        staying = [form for form in self.forms if form.has_changed() and not form.cleaned_data.get("DELETE")]
        return [form.drawn(i, saved) for i, form in enumerate(staying)]


RULES = formset_factory(
    RuleForm,
    formset=BaseRules,
    extra=0,
    can_delete=True,
    max_num=MOST_RULES,
    validate_max=True,
    absolute_max=MOST_RULES + 50,
)


def initial_of(rule: ScoreRule) -> dict[str, Any]:
    """What stands in the row of a rule."""
    leaf = rule.event or {}
    return {
        "rule": rule.pk,
        "name_en": rule.name_en,
        "name_de": rule.name_de,
        "kind": EVENT if rule.event else CONDITION,
        "event": leaf.get("event", ""),
        "filters": [as_fields(part) for part in leaf.get("where", [])],
        "condition": rule.condition,
        "points": rule.points,
        "most_a_day": rule.most_a_day,
    }


def known_events() -> list[tuple[str, str]]:
    """Short names of events with their names, for suggestions."""
    return [(event.slug, event.name) for event in EventType.objects.order_by("slug")]


class GradesForm(forms.Form):
    """The bands of both axes: a label and from which value on; the last one begins at 0."""

    PLACES = 6

    def __init__(self, *args: Any, bands: dict[str, list[tuple[str, int]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        number = forms.NumberInput(attrs={"class": "form-control", "min": 0, "max": 100})
        for axis, given in bands.items():
            for i in range(max(self.PLACES, len(given))):
                label, least = given[i] if i < len(given) else ("", None)
                self.fields[f"{axis}_label_{i}"] = forms.CharField(
                    label=_("Grade"), max_length=4, required=False, initial=label, widget=_text(maxlength=4)
                )
                self.fields[f"{axis}_least_{i}"] = forms.IntegerField(
                    label=_("from"), min_value=0, max_value=100, required=False, initial=least, widget=number
                )
        self.axes = list(bands)

    def rows(self, axis: str) -> list[tuple[Any, Any]]:
        """The fields of an axis, two and two."""
        count = sum(name.startswith(f"{axis}_label_") for name in self.fields)
        return [(self[f"{axis}_label_{i}"], self[f"{axis}_least_{i}"]) for i in range(count)]

    def clean(self) -> dict[str, Any]:
        """Read the bands; each label and each value once an axis, and one from 0."""
        given = super().clean() or self.cleaned_data
        bands: dict[str, list[tuple[str, int]]] = {axis: [] for axis in self.axes}
        for axis in self.axes:
            for label, least in self.rows(axis):
                text, value = given.get(label.name, "").strip(), given.get(least.name)
                if bool(text) != (value is not None) and least.name not in self.errors:
                    self.add_error(least.name if text else label.name, _("Give the grade and its value, or neither."))
                elif text and value is not None:
                    if text in dict(bands[axis]) or value in dict(bands[axis]).values():
                        self.add_error(label.name, _("This grade or this value is there twice."))
                    bands[axis].append((text, value))
            if not self.errors and not any(value == 0 for _, value in bands[axis]):
                self.add_error(f"{axis}_least_0", _("One grade has to begin at 0, so that everybody has one."))
        given["bands"] = bands
        return given
