"""The form of a journey's entry: what lets people in, whom, how often and how many. Its siblings are found here too."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.conditions.forms import ConditionField
from contacts.conditions.rules import Problem
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.stages.models import Stage
from journeys.definitions.entry_rules import ENTRY_KEYS, KEYED, LIMITS, SCHEDULE_KEYS, entry_problems
from journeys.definitions.leaving_forms import ExitsForm, GoalForm, event_of
from journeys.definitions.models import Journey
from journeys.definitions.part_forms import BasicsForm, KpisForm, PartForm, put_or_drop
from journeys.steps.fields import ClockField, DurationField, things
from journeys.steps.local_time import DAYS
from journeys.steps.wait_form import DAY_CHOICES

__all__ = ["BasicsForm", "EntryForm", "ExitsForm", "GoalForm", "KpisForm", "PartForm"]
KINDS = [
    ("signal", _("a signal fires")),
    ("event", _("an event happens")),
    ("segment", _("the person comes into a segment or leaves it")),
    ("stage", _("the person comes into a stage")),
    ("schedule", _("at a time, everybody in a segment")),
    ("journey", _("another journey is over")),
    ("api", _("another system says so (API)")),
]
CHANGES = [("entered", _("comes into it")), ("left", _("leaves it"))]
STATES = [("completed", _("at its end")), ("goal", _("by its goal")), ("left", _("in any way"))]
REPEATS = [
    ("once", _("once")),
    ("day", _("every day")),
    ("week", _("every week")),
    ("month", _("every month")),
]
AGAIN = [
    ("leaving", _("after leaving")),
    ("start", _("counted from the start")),
    ("parallel", _("at any time, each key by itself")),
    ("never", _("never")),
]


class EntryForm(PartForm):
    """What lets people in; the fields of the other kinds are left as they are."""

    modes = {
        "signal": ("signal",),
        "event": ("event_when",),
        "segment": ("segment", "change"),
        "stage": ("stage",),
        "schedule": (
            "schedule_segment", "repeat", "at", "time", "days", "day", "begins_on", "ends_on", "local",
        ),
        "journey": ("journey", "state", "outcome"),
        "api": (),
    }  # fmt: skip
    advanced = ("key", "exclude", "reentry", "delay", "person", "hour", "limit_day", "all")

    def kind_fields(self) -> dict[str, forms.Field]:
        """The fields of every kind of entry, then those of all of them."""
        entry = self.definition.get("entry") or {}
        schedule = entry.get("schedule") or {}
        others = Journey.objects.exclude(slug=self.definition.get("slug", "")).order_by("slug")
        segments = Segment.objects.order_by("slug")
        return {
            "mode": forms.ChoiceField(label=_("People enter when"), choices=KINDS),
            "signal": self._thing(_("Signal"), Signal.objects.order_by("slug"), entry.get("signal")),
            "event_when": ConditionField(required=False, label=_("Event, with properties if you like")),
            "segment": self._thing(_("Segment"), segments, entry.get("segment")),
            "change": forms.ChoiceField(label=_("The person"), choices=CHANGES, required=False),
            "stage": self._thing(_("Stage"), Stage.objects.all(), entry.get("stage")),
            "journey": self._thing(_("Journey"), others, entry.get("journey")),
            "state": forms.ChoiceField(label=_("Is over"), choices=STATES, required=False),
            "outcome": forms.CharField(label=_("Only with this outcome"), max_length=60, required=False),
            "schedule_segment": self._thing(_("Everybody in segment"), segments, schedule.get("segment")),
            **self._times(),
            "when": ConditionField(required=False, label=_("and only who fits")),
            **self._gates(segments, entry),
        }

    def _thing(self, label: Any, rows: Iterable[Any], current: str | None) -> forms.ChoiceField:
        return forms.ChoiceField(label=label, choices=things(rows, [current or ""], empty="—"), required=False)

    def _times(self) -> dict[str, forms.Field]:
        days, moment = forms.DateInput(attrs={"type": "date"}), forms.TextInput(attrs={"type": "datetime-local"})
        return {
            "repeat": forms.ChoiceField(label=_("How often"), choices=REPEATS, required=False),
            "at": forms.CharField(label=_("On (once)"), required=False, widget=moment),
            "time": ClockField(label=_("At (repeating)"), required=False),
            "days": forms.MultipleChoiceField(
                label=_("Days of the week"), choices=DAY_CHOICES, required=False, widget=forms.CheckboxSelectMultiple
            ),
            "day": forms.IntegerField(
                label=_("Day of the month"), min_value=1, max_value=31, required=False,
                help_text=_("In a shorter month its last day."),
            ),
            "begins_on": forms.CharField(label=_("First day"), required=False, widget=days),
            "ends_on": forms.CharField(label=_("Last day"), required=False, widget=days),
            "local": forms.BooleanField(label=_("Each person's own local time"), required=False),
        }  # fmt: skip

    def _gates(self, segments: Iterable[Any], entry: Mapping[str, Any]) -> dict[str, forms.Field]:
        def number(label: Any) -> forms.IntegerField:
            return forms.IntegerField(label=label, min_value=1, required=False)

        told = _("A property of the event or the signal, like cart_id: one run for each of its values.")
        return {
            "key": forms.CharField(label=_("Key of a run"), max_length=200, required=False, help_text=told),
            "exclude": self._thing(_("Nobody who is in segment"), segments, entry.get("exclude")),
            "reentry": forms.ChoiceField(label=_("May come again"), choices=AGAIN),
            "delay": DurationField(label=pgettext_lazy("of coming again", "But not before"), required=False),
            "person": number(_("Most times a person")),
            "hour": number(_("Most people an hour")),
            "limit_day": number(_("Most people a day")),
            "all": number(_("Most people in all")),
        }

    def values(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Read the entry; a journey that is being built may have none."""
        entry = definition.get("entry") or {}
        again, limits = entry.get("reentry"), entry.get("limits") or {}
        rule = again if isinstance(again, dict) else {}
        given = {
            key: entry.get(key, "") for key in ("signal", "segment", "stage", "journey", "key", "exclude", "outcome")
        }
        return {
            **given,
            "mode": next((kind for kind, _words in KINDS if kind in entry), "signal"),
            "event_when": {key: entry[key] for key in ("event", "where") if key in entry} or None,
            "change": entry.get("change", "entered"),
            "state": entry.get("state", "completed"),
            **_schedule_values(entry.get("schedule") or {}),
            "when": entry.get("when"),
            "reentry": again if isinstance(again, str) else rule.get("after", "leaving"),
            "delay": rule.get("delay"),
            **{("limit_day" if key == "day" else key): limits.get(key) for key in LIMITS},
        }

    def put(self, definition: dict[str, Any], given: Mapping[str, Any]) -> None:
        """Write the chosen kind with what belongs to it; what nobody knows of an entry stays."""
        kept = {key: value for key, value in (definition.get("entry") or {}).items() if key not in ENTRY_KEYS}
        entry: dict[str, Any] = {**self._trigger(given["mode"], given), **kept}
        put_or_drop(entry, "when", given.get("when"))
        for key in ("key", "exclude"):
            put_or_drop(entry, key, given.get(key))
        if given["mode"] not in KEYED:
            entry.pop("key", None)
        again, delay = given["reentry"], given.get("delay")
        if again in ("never", "parallel"):
            entry["reentry"] = again
        elif delay or again != "leaving":
            entry["reentry"] = {"after": again, **({"delay": delay} if delay else {})}
        limits = {key: given.get("limit_day" if key == "day" else key) for key in LIMITS}
        put_or_drop(entry, "limits", {key: most for key, most in limits.items() if most})
        definition["entry"] = entry

    def _trigger(self, mode: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if mode == "api":
            return {"api": True}
        if mode == "event":
            return event_of(given.get("event_when"), "event_when", self)
        if mode == "schedule":
            return {"schedule": _schedule(given)}
        trigger = {mode: given.get(mode) or ""}
        if mode == "segment" and given.get("change") == "left":
            trigger["change"] = "left"
        if mode == "journey":
            trigger["state"] = given.get("state") or "completed"
            put_or_drop(trigger, "outcome", given.get("outcome"))
        return trigger

    def problems(self, definition: Mapping[str, Any]) -> Iterable[Problem]:
        """Everything wrong with the shape of the entry, at its field."""
        if self.errors:
            return []
        return [Problem(_field(problem.path), problem.message) for problem in entry_problems(definition["entry"])]


FIELDS = {
    "schedule.segment": "schedule_segment", "schedule.from": "begins_on", "schedule.until": "ends_on",
    "limits.day": "limit_day", "schedule": "repeat", "reentry.after": "reentry", "event": "event_when",
}  # fmt: skip


def _field(path: str) -> str:
    """The field of a path like `entry.schedule.at`."""
    rest = path.removeprefix("entry").lstrip(".")
    return FIELDS.get(rest) or rest.rpartition(".")[2]


def _schedule_values(schedule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "schedule_segment": schedule.get("segment", ""),
        "repeat": schedule.get("every", "once"),
        "at": schedule.get("at", ""),
        "time": schedule.get("time", "09:00"),
        "days": schedule.get("days", list(DAYS[:5])),
        "day": schedule.get("day", 1),
        "begins_on": schedule.get("from", ""),
        "ends_on": schedule.get("until", ""),
        "local": schedule.get("local", True),
    }


def _schedule(given: Mapping[str, Any]) -> dict[str, Any]:
    """The schedule that was typed: of each way to repeat only what belongs to it."""
    schedule: dict[str, Any] = {"segment": given.get("schedule_segment") or ""}
    if given.get("repeat", "once") == "once":
        schedule["at"] = (given.get("at") or "")[:16]
    else:
        schedule |= {"every": given["repeat"], "time": (given.get("time") or "")[:5]}
        if given["repeat"] == "week":
            schedule["days"] = list(given.get("days") or [])
        if given["repeat"] == "month":
            schedule["day"] = given.get("day") or 1
        put_or_drop(schedule, "from", given.get("begins_on"))
        put_or_drop(schedule, "until", given.get("ends_on"))
    if not given.get("local"):
        schedule["local"] = False
    return {key: schedule[key] for key in SCHEDULE_KEYS if key in schedule}
