"""The forms of a journey's parts that are no steps: what they share, names and key figures."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.purposes.models import Purpose
from contacts.conditions.rules import Problem
from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.definitions.entry import MEASURE_NAMES
from journeys.definitions.entry_rules import MOST_KPIS, kpi_problems
from journeys.definitions.ranks import MOST_PRIORITY
from journeys.definitions.rules import LONGEST_DESCRIPTION, PURPOSE
from journeys.steps.fields import DurationField, things
from journeys.steps.forms import RowSet, StepForm
from orchestrator.kernel.fields import translated


class PartForm(StepForm):
    """A part of a journey in the look of a step's form, with its modes and rows.

    definition: the whole journey, which may be unfinished. changed() gives it with what was typed.
    """

    name_en = None  # type: ignore[assignment]
    name_de = None  # type: ignore[assignment]

    def __init__(self, data: Any = None, *, definition: Mapping[str, Any], **more: Any) -> None:
        super().__init__(data, step={"kind": "end"}, definition=definition, **more)

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Give the fields their values."""
        return self.values(self.definition)

    def values(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Read the values of the fields from a definition."""
        raise NotImplementedError

    def put(self, definition: dict[str, Any], given: Mapping[str, Any]) -> None:
        """Write clean values into a definition."""
        raise NotImplementedError

    def problems(self, definition: Mapping[str, Any]) -> Iterable[Problem]:
        """Check the part of a definition; paths that name a field stand at it."""
        return ()

    def clean(self) -> dict[str, Any]:
        """Check what the journey would become; each problem stands at its field where there is one."""
        given: dict[str, Any] = forms.Form.clean(self) or {}
        for key, rows in self.rows.items():
            given[key] = [
                {suffix: given.get(f"{key}_{i}_{suffix}") for suffix in rows.fields()} for i in range(self.counts[key])
            ]
        if not self.errors:
            self.cleaned_data = given
            for problem in self.problems(self.changed()):
                field = self._field_of(problem)
                self.add_error(field, problem.message if field == problem.path else str(problem))
        return given

    def changed_definition(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """A definition with what was typed into it."""
        changed = copy.deepcopy(dict(definition))
        self.put(changed, self.cleaned_data)
        return changed

    def changed(self) -> dict[str, Any]:
        """The definition that the form was made of, with what was typed."""
        return self.changed_definition(self.definition)


def put_or_drop(target: dict[str, Any], key: str, value: Any) -> None:
    """Write a value, or take the key away where there is none."""
    if value in (None, "", [], {}):
        target.pop(key, None)
    else:
        target[key] = value


def names_of(part: Mapping[str, Any] | None, prefix: str = "name") -> dict[str, Any]:
    """The name of a part in both languages, as values of fields."""
    name = (part or {}).get("name") or {}
    return {f"{prefix}_en": name.get("en", ""), f"{prefix}_de": name.get("de", "")}


def typed_name(given: Mapping[str, Any]) -> dict[str, str] | None:
    """The name that was typed; one language stands for both, none is none."""
    en, de = given.get("name_en") or "", given.get("name_de") or ""
    return {"en": en or de, "de": de or en} if en or de else None


class BasicsForm(PartForm):
    """What the journey is called, what it is for, and how urgent it is."""

    name_en = forms.CharField(label=_("Name (English)"), max_length=200)
    name_de = forms.CharField(label=_("Name (German)"), max_length=200)
    phase = forms.ChoiceField(label=_("Phase"))
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=0,
        max_value=MOST_PRIORITY,
        help_text=_("A higher number goes first where places are scarce."),
    )
    value = forms.FloatField(
        label=_("Value"),
        min_value=0,
        max_value=10_000,
        help_text=_("Multiplies the priority; 1 where all are worth the same."),
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        help_text=_("What the messages are sent for; who withdraws consent to it leaves the journey."),
    )
    max_age = DurationField(
        label=_("Longest stay"), required=False, help_text=_("Who is still in the journey then leaves it.")
    )
    description_en = forms.CharField(label=_("Description (English)"), required=False, widget=forms.Textarea, max_length=LONGEST_DESCRIPTION)  # fmt: skip
    description_de = forms.CharField(label=_("Description (German)"), required=False, widget=forms.Textarea, max_length=LONGEST_DESCRIPTION)  # fmt: skip
    advanced = ("value", "max_age", "description_en", "description_de")

    def __init__(self, data: Any = None, *, definition: Mapping[str, Any], **more: Any) -> None:
        super().__init__(data, definition=definition, **more)
        self.fields["phase"].choices = [(phase.value, translated(PHASE_NAMES[phase])) for phase in Phase]
        self.fields["purpose"].choices = things(Purpose.objects.all(), [definition.get("purpose", PURPOSE)])

    def values(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Read names, phase, urgency, purpose and description."""
        told = definition.get("description") or {}
        told = told if isinstance(told, dict) else {"en": told, "de": told}
        return {
            **names_of(definition),
            "phase": definition.get("phase"),
            "priority": definition.get("priority", 10),
            "value": definition.get("value", 1),
            "purpose": definition.get("purpose", PURPOSE),
            "max_age": definition.get("max_age"),
            "description_en": told.get("en", ""),
            "description_de": told.get("de", ""),
        }

    def put(self, definition: dict[str, Any], given: Mapping[str, Any]) -> None:
        """Write them back; a whole value stays a whole number, so that files do not differ by `.0`."""
        definition["name"] = {"en": given["name_en"], "de": given["name_de"]}
        definition |= {key: given[key] for key in ("phase", "priority")}
        definition["value"] = int(given["value"]) if given["value"] == int(given["value"]) else given["value"]
        definition["purpose"] = given["purpose"]
        put_or_drop(definition, "max_age", given.get("max_age"))
        told = {language: given[f"description_{language}"] for language in ("en", "de")}
        put_or_drop(definition, "description", told if any(told.values()) else None)


class KpisForm(PartForm):
    """By which two or three figures the journey is measured; the first is the core one."""

    rows = {
        "kpis": RowSet(
            _("Key figures"),
            _("Add a key figure"),
            MOST_KPIS,
            lambda: {
                "name_en": forms.CharField(label=_("Name (English)"), max_length=200, required=False),
                "name_de": forms.CharField(label=_("Name (German)"), max_length=200, required=False),
                "measure": forms.ChoiceField(
                    label=_("Measure"), choices=[(key, translated(name)) for key, name in MEASURE_NAMES.items()]
                ),
                "target": forms.FloatField(
                    label=_("Target"),
                    required=False,
                    min_value=0,
                    help_text=_("A share in percent, a number as it is."),
                ),
            },
            {"measure": "goal_share"},
        )
    }

    def values(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Read the key figures as rows; shares in percent."""
        rows = []
        for kpi in definition.get("kpis") or []:
            target, share = kpi.get("target"), str(kpi.get("measure")).endswith("_share")
            shown = target if target is None or not share else round(100 * target, 6)
            rows.append({**names_of(kpi), "measure": kpi.get("measure"), "target": shown})
        return {"kpis": rows}

    def put(self, definition: dict[str, Any], given: Mapping[str, Any]) -> None:
        """Write the key figures; without a name the measure is the name."""
        kpis = []
        for row in given["kpis"]:
            kpi = {"name": typed_name(row) or dict(MEASURE_NAMES[row["measure"]]), "measure": row["measure"]}
            if row["target"] is not None:
                share = row["measure"].endswith("_share")
                kpi["target"] = round(row["target"] / 100, 8) if share else row["target"]
            kpis.append(kpi)
        put_or_drop(definition, "kpis", kpis)

    def problems(self, definition: Mapping[str, Any]) -> Iterable[Problem]:
        """Say which target is no share."""
        return kpi_problems(definition.get("kpis") or [])
