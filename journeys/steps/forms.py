"""What the side panel of a step is made of: one form a kind, checked by the kind itself."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from contacts.attributes.queries import definitions
from contacts.conditions.rules import Problem
from journeys.steps.base import NEXT, kind_of
from journeys.steps.fields import dress

BUTTONS = ("add", "remove", "up", "down")


class RowSet(NamedTuple):
    """Rows of one kind, like the branches of a step. fields: those of one row, by their suffix; new: of a new row."""

    legend: Any
    add: Any  # the words of the button
    most: int
    fields: Callable[[], dict[str, forms.Field]]
    new: Mapping[str, Any] = {}


class StepForm(forms.Form):
    """The names of a step. A kind adds its fields, reads them from a step and writes its settings.

    step: as it stands in the definition, its ways out included. definition: the whole journey, for choices.
    wants_redraw: a row was added, moved or taken away: the form is to be shown again, nothing is to be stored.
    `{{ form }}` renders all of it.
    """

    name_en = forms.CharField(label=_("Name (English)"), max_length=200)
    name_de = forms.CharField(label=_("Name (German)"), max_length=200)
    advanced: tuple[str, ...] = ()  # fields that are folded away
    modes: Mapping[str, tuple[str, ...]] = {}  # value of `mode` -> fields that belong to it alone
    rows: Mapping[str, RowSet] = {}

    def __init__(
        self, data: Any = None, *, step: Mapping[str, Any], definition: Mapping[str, Any], **more: Any
    ) -> None:
        self.step, self.definition = dict(step), definition
        self.kind = kind_of(step["kind"])
        name = step.get("name") or {}
        given = {"name_en": name.get("en", ""), "name_de": name.get("de", ""), **self.read(dict(step))}
        pressed = _pressed(data, self.rows) if data is not None else None
        self.wants_redraw = pressed is not None
        fields = self.kind_fields()
        self.counts = {
            key: len(given.pop(key, [])) if data is None else _count(data, key, rows.most)
            for key, rows in self.rows.items()
        }
        if data is None:
            for key in self.rows:
                _spread(given, key, self.read(dict(step)).get(key, []))
        elif pressed is not None:
            given, data = self._redrawn(data, fields, *pressed), None
        for key, rows in self.rows.items():
            for i in range(self.counts[key]):
                fields |= {f"{key}_{i}_{suffix}": field for suffix, field in rows.fields().items()}
        super().__init__(data, initial=given, **more)
        self.fields |= fields
        for key in self.rows:
            self.fields[f"{key}_count"] = forms.IntegerField(required=False, widget=forms.HiddenInput)
            self.initial[f"{key}_count"] = self.counts[key]
        dress(self)

    def kind_fields(self) -> dict[str, forms.Field]:
        """The fields of the kind beside the names; called once, before the form is built."""
        return {}

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Give the fields of the kind their values; rows as a list of objects under the name of their set."""
        return {}

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """Make the settings of the step from clean values; ways out that exist keep their targets."""
        return {}

    def clean(self) -> dict[str, Any]:
        """Let the kind check what it would become; each problem stands at its field where there is one."""
        given: dict[str, Any] = super().clean() or {}
        for key, rows in self.rows.items():
            given[key] = [
                {suffix: given.get(f"{key}_{i}_{suffix}") for suffix in rows.fields()} for i in range(self.counts[key])
            ]
        if self.errors:
            return given
        for problem in self.kind.validate(self.changed_step(), "", definitions()):
            if problem.level == "error":
                self.add_error(self._field_of(problem), str(problem).lstrip("."))
        return given

    def changed_step(self) -> dict[str, Any]:
        """The step as it would stand in the definition."""
        given = self.cleaned_data
        step = {
            "key": self.step["key"],
            "kind": self.step["kind"],
            "name": {"en": given["name_en"], "de": given["name_de"]},
            **self.write(given),
        }
        exits = self.kind.targets(step, None)
        open_ways = {*exits, NEXT} if exits else set()
        return step | {way: self.step[way] for way in self.kind.ways if way in self.step and way in open_ways}

    def render(self, *args: Any, **more: Any) -> Any:
        """Write the fields, those of each mode apart, rows with their buttons, the rest folded away."""
        own = [name for name in self.fields if not self.fields[name].widget.is_hidden]
        inside = {name for names in self.modes.values() for name in names}
        in_rows = {
            name for key in self.rows for name in own if name.startswith(f"{key}_") and name[len(key) + 1].isdigit()
        }
        plain = [self[name] for name in own if name not in inside | in_rows | set(self.advanced)]
        context = {
            "form": self,
            "plain": plain,
            "modes": [(mode, [self[name] for name in names]) for mode, names in self.modes.items()],
            "row_sets": [self._shown(key, rows) for key, rows in self.rows.items()],
            "advanced": [self[name] for name in self.advanced],
            "open": any(name in self.errors for name in self.advanced),
            "hidden": [self[f"{key}_count"] for key in self.rows],
        }
        return render_to_string("journeys/steps/_form.html", context)

    __str__ = render
    __html__ = render

    def _shown(self, key: str, rows: RowSet) -> dict[str, Any]:
        n = self.counts[key]
        shown = [
            {
                "i": i,
                "n": i + 1,
                "last": i == n - 1,
                "fields": [self[f"{key}_{i}_{suffix}"] for suffix in rows.fields()],
            }
            for i in range(n)
        ]
        return {"key": key, "legend": rows.legend, "add": rows.add, "full": n >= rows.most, "rows": shown}

    def _field_of(self, problem: Problem) -> str | None:
        """The field that a path speaks about: `.branches[0].when.all[1]` is `branches_0_when`."""
        parts = problem.path.strip(".").replace("[", ".").replace("]", "").split(".")
        names = ("_".join(parts[:n]) for n in range(len(parts), 0, -1))
        return next((name for name in names if name in self.fields), None)

    def _redrawn(self, data: Any, fields: Mapping[str, forms.Field], button: str, key: str, i: int) -> dict[str, Any]:
        """What was typed, as initial values, after a button for rows was pressed."""

        def typed(name: str, field: forms.Field) -> Any:
            return field.widget.value_from_datadict(data, {}, name)

        given = {name: typed(name, field) for name, field in {**self.base_fields, **fields}.items()}
        for other, rows in self.rows.items():
            listed = [
                {suffix: typed(f"{other}_{n}_{suffix}", field) for suffix, field in rows.fields().items()}
                for n in range(self.counts[other])
            ]
            if other == key:
                _press(listed, button, i, dict(rows.new), rows.most)
            self.counts[other] = len(listed)
            _spread(given, other, listed)
        return given


def _pressed(data: Any, rows: Mapping[str, RowSet]) -> tuple[str, str, int] | None:
    """Which button of which rows was pressed: ("up", "branches", 2)."""
    for key in rows:
        if f"add_{key}" in data:
            return "add", key, 0
        for name in data:
            button, _, rest = name.partition(f"_{key}_")
            if button in BUTTONS and rest.isdecimal():
                return button, key, int(rest[:4])
    return None


def _press(listed: list[dict[str, Any]], button: str, i: int, new: dict[str, Any], most: int) -> None:
    if button == "add" and len(listed) < most:
        listed.append(new)
    elif button == "remove" and i < len(listed):
        listed.pop(i)
    elif button in ("up", "down"):
        other = i - 1 if button == "up" else i + 1
        if 0 <= other < len(listed) and 0 <= i < len(listed):
            listed[i], listed[other] = listed[other], listed[i]


def _spread(given: dict[str, Any], key: str, listed: list[dict[str, Any]]) -> None:
    for i, row in enumerate(listed):
        given |= {f"{key}_{i}_{suffix}": value for suffix, value in row.items()}


def _count(data: Any, key: str, most: int) -> int:
    said = str(data.get(f"{key}_count") or "0")
    return min(int(said[:4]), most) if said.isdecimal() else 0
