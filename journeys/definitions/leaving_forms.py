"""The forms of what ends a run before the end of the flow: the goal and the exits."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.conditions.forms import ConditionField
from contacts.conditions.rules import Problem
from contacts.segments.models import Segment
from contacts.stages.models import Stage
from journeys.definitions.entry_rules import MOST_EXITS, exit_problems, goal_problems
from journeys.definitions.part_forms import PartForm, names_of, put_or_drop, typed_name
from journeys.steps.fields import DurationField, things
from journeys.steps.forms import RowSet

EVENT_KEYS = ("event", "where")
ANCHORS = [
    ("entry", _("the entry")),
    ("send", _("the last message that was sent")),
    ("open", _("the last message that was opened")),
    ("click", _("the last click")),
]
EXIT_KINDS = [
    ("when", _("a condition holds")),
    ("event", _("an event happens")),
    ("segment_left", _("the person leaves a segment")),
    ("stage", _("the person comes into a stage")),
]


def event_of(condition: Any, field: str, form: forms.Form) -> dict[str, Any]:
    """One event with its properties, from the condition that was built; anything else is an error of the field."""
    if not isinstance(condition, dict) or "event" not in condition or set(condition) - {*EVENT_KEYS, "since"}:
        form.add_error(field, _("Choose one event, with properties if you like: no count, no time, nothing else."))
        return {}
    return {key: condition[key] for key in EVENT_KEYS if condition.get(key)}


class GoalForm(PartForm):
    """What the journey wants, and in which time it counts."""

    name_en = forms.CharField(label=_("Name (English)"), max_length=200, required=False)
    name_de = forms.CharField(label=_("Name (German)"), max_length=200, required=False)
    within = DurationField(label=_("Counts within"), required=False, help_text=_("Empty: as long as somebody is in the journey."))  # fmt: skip
    begins = forms.ChoiceField(label=_("counted from"), choices=ANCHORS, required=False)

    def kind_fields(self) -> dict[str, forms.Field]:
        """The condition of the goal."""
        text = _("Whoever reaches it leaves the journey at once. Empty: the journey has no goal.")
        return {
            "goal_when": ConditionField(run=True, required=False, label=_("The goal is reached when"), help_text=text)
        }

    def values(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Read the goal; a journey may have none."""
        goal = definition.get("goal") or {}
        begins = goal.get("from", "entry")
        return {**names_of(goal), "goal_when": goal.get("when"), "within": goal.get("within"), "begins": begins}

    def put(self, definition: dict[str, Any], given: Mapping[str, Any]) -> None:
        """Write the goal, or take it away where it has no condition."""
        goal: dict[str, Any] | None = None
        if given.get("goal_when"):
            goal = {"name": typed_name(given), "when": given["goal_when"]}
            if given.get("within"):
                goal |= {"within": given["within"], "from": given.get("begins") or "entry"}
        put_or_drop(definition, "goal", goal)

    def problems(self, definition: Mapping[str, Any]) -> Iterable[Problem]:
        """A goal needs a name; everything else is checked by its field."""
        found = goal_problems(definition["goal"]) if "goal" in definition else []
        return [Problem("name_en", str(_("A goal needs a name."))) if p.path == "goal.name" else p for p in found]


class ExitsForm(PartForm):
    """What makes people leave before the end, the first that holds."""

    def __init__(self, data: Any = None, *, definition: Mapping[str, Any], **more: Any) -> None:
        exits = definition.get("exit")
        known = [part for part in exits if isinstance(part, dict)] if isinstance(exits, list) else []
        self.segments = things(
            Segment.objects.order_by("slug"), [part.get("segment_left", "") for part in known], empty=""
        )
        self.stages = things(Stage.objects.all(), [part.get("stage", "") for part in known], empty="")
        new = {"kind": "when"}
        self.rows = {"exit": RowSet(_("Leaves when"), _("Add an exit"), MOST_EXITS, self._row, new)}
        super().__init__(data, definition=definition, **more)

    def _row(self) -> dict[str, forms.Field]:
        told = _(
            "For an event choose the event, with properties if you like. “The key of the run” stands for its cart, order ..."
        )
        return {
            "kind": forms.ChoiceField(label=pgettext_lazy("of an exit", "Kind"), choices=EXIT_KINDS),
            "when": ConditionField(run=True, required=False, label=_("Condition or event"), help_text=told),
            "segment_left": forms.ChoiceField(label=_("Segment that is left"), choices=self.segments, required=False),
            "stage": forms.ChoiceField(label=_("Stage that is reached"), choices=self.stages, required=False),
            "name_en": forms.CharField(label=_("Name (English)"), max_length=200, required=False),
            "name_de": forms.CharField(label=_("Name (German)"), max_length=200, required=False),
        }

    def values(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Read the exits as rows."""
        rows = []
        for part in definition.get("exit") or []:
            kind = next((kind for kind, _words in EXIT_KINDS if kind in part), "when")
            event = {key: part[key] for key in EVENT_KEYS if key in part}
            row = {"kind": kind, "when": event if kind == "event" else part.get("when"), **names_of(part)}
            rows.append(row | {key: part.get(key, "") for key in ("segment_left", "stage")})
        return {"exit": rows}

    def put(self, definition: dict[str, Any], given: Mapping[str, Any]) -> None:
        """Write the exits in the order of the rows."""
        exits = []
        for i, row in enumerate(given["exit"]):
            part: dict[str, Any]
            if row["kind"] == "event":
                part = event_of(row["when"], f"exit_{i}_when", self)
            else:
                part = {row["kind"]: row[row["kind"]]}
            put_or_drop(part, "name", typed_name(row))
            exits.append(part)
        put_or_drop(definition, "exit", exits)

    def problems(self, definition: Mapping[str, Any]) -> Iterable[Problem]:
        """Say which row lacks its condition, segment or stage."""
        if self.errors or "exit" not in definition:
            return []
        empty = [
            Problem(f"exit[{i}].{key}", str(_("Choose what makes people leave.")))
            for i, part in enumerate(definition["exit"])
            for key in ("when", "segment_left", "stage")
            if key in part and not part[key]
        ]
        return empty or exit_problems(definition["exit"])
