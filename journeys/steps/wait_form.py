"""The form of a wait: five ways to wait, of which one is chosen."""

from typing import Any

from django import forms
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from contacts.conditions.forms import ConditionField
from journeys.steps.fields import ClockField, DurationField, attribute_choices, empty_choice
from journeys.steps.forms import StepForm
from journeys.steps.local_time import DAYS

MODES = [
    ("for", _("for a while")),
    ("window", _("until a time of the day and week")),
    ("days", _("for whole days of the calendar")),
    ("date", _("until a date of the person")),
    ("until", _("until something happens")),
]
DAY_CHOICES = list(
    zip(
        DAYS,
        (
            pgettext_lazy("day of the week, short", "Mon"),
            pgettext_lazy("day of the week, short", "Tue"),
            pgettext_lazy("day of the week, short", "Wed"),
            pgettext_lazy("day of the week, short", "Thu"),
            pgettext_lazy("day of the week, short", "Fri"),
            pgettext_lazy("day of the week, short", "Sat"),
            pgettext_lazy("day of the week, short", "Sun"),
        ),
        strict=True,
    )
)
SIDES = [("on", _("on the day itself")), ("before", _("days before it")), ("after", _("days after it"))]
PAST = [
    ("skip", _("goes on at once")),
    ("leave", _("takes a way of its own")),
    ("next", _("waits for the same day of the next year")),
]


class WaitForm(StepForm):
    """One of five ways to wait; the fields of the others are left as they are."""

    modes = {
        "for": ("for",),
        "window": ("window_from", "window_to", "window_days"),
        "days": ("calendar_days", "at"),
        "date": ("date_attribute", "date_side", "date_offset", "date_at", "date_yearly", "date_past"),
        "until": ("until", "at_most"),
    }
    advanced = ("spread",)

    def kind_fields(self) -> dict[str, forms.Field]:
        """The fields of all five ways."""
        chosen = (self.step.get("date") or {}).get("attribute", "")
        language = (get_language() or "en")[:2]
        dates = [
            empty_choice(_("choose a date")),
            *attribute_choices(("date", "instant"), language, ("created_at", "stage_since", chosen)),
        ]
        whole = {"required": False, "min_value": 0, "max_value": 3_650}
        return {
            "mode": forms.ChoiceField(label=_("Waits"), choices=MODES, widget=forms.RadioSelect),
            "for": DurationField(label=_("How long"), required=False),
            "window_from": ClockField(label=_("From, local time of the person"), required=False),
            "window_to": ClockField(
                label=_("To"), required=False, help_text=_("Empty: exactly then. Before “from”: over midnight.")
            ),
            "window_days": forms.MultipleChoiceField(
                label=_("On"), required=False, choices=DAY_CHOICES, widget=forms.CheckboxSelectMultiple
            ),
            "calendar_days": forms.IntegerField(
                label=_("Midnights"),
                help_text=_("1 is tomorrow, whatever the clocks do."),
                **(whole | {"min_value": 1}),
            ),
            "at": ClockField(label=_("Then at, local time of the person"), required=False),
            "date_attribute": forms.ChoiceField(label=_("Date"), required=False, choices=dates),
            "date_side": forms.ChoiceField(label=_("Goes on"), required=False, choices=SIDES),
            "date_offset": forms.IntegerField(label=_("Days"), **whole),
            "date_at": ClockField(label=_("At, local time of the person"), required=False),
            "date_yearly": forms.BooleanField(label=_("Every year, like a birthday"), required=False),
            "date_past": forms.ChoiceField(label=_("Whose moment is over already"), required=False, choices=PAST),
            "until": ConditionField(run=True, required=False, label=_("Until this holds")),
            "at_most": DurationField(label=_("At most"), required=False),
            "spread": DurationField(
                label=_("Spread over"),
                required=False,
                help_text=_("People who wait for the same moment go on one after the other within this time."),
            ),
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Take the settings apart; who begins with an empty date or window gets sensible times."""
        window, date = step.get("window") or {}, step.get("date") or {}
        names = {"window": "window", "calendar_days": "days", "date": "date", "until": "until"}
        offset = str(date.get("offset", ""))
        return {
            "mode": next((mode for key, mode in names.items() if key in step), "for"),
            "for": step.get("for"),
            "window_from": window.get("from", "09:00"),
            "window_to": window.get("to", "") if window else "18:00",
            "window_days": window.get("days", list(DAYS)),
            "calendar_days": step.get("calendar_days", 1),
            "at": step.get("at", "09:00"),
            "date_attribute": date.get("attribute", ""),
            "date_side": {"-": "before", "+": "after"}.get(offset[:1], "on"),
            "date_offset": days_of(offset),
            "date_at": date.get("at", "" if date else "09:00"),
            "date_yearly": date.get("yearly", False),
            "date_past": date.get("past", "skip"),
            "until": step.get("until"),
            "at_most": step.get("at_most"),
            "spread": step.get("spread"),
        }

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """The settings of the chosen way alone."""
        spread = {"spread": given["spread"]} if given["spread"] else {}
        mode = given["mode"]
        if mode == "for":
            return {"for": given["for"]}
        if mode == "until":
            return {"until": given["until"], "at_most": given["at_most"]}
        if mode == "days":
            return {"calendar_days": given["calendar_days"], "at": given["at"], **spread}
        if mode == "window":
            window = {"from": given["window_from"]}
            window |= {"to": given["window_to"]} if given["window_to"] else {}
            window |= {"days": given["window_days"]} if len(given["window_days"]) < len(DAYS) else {}
            return {"window": window, **spread}
        return {"date": self._date(given), **spread, **self._way_of_the_past(given)}

    def _way_of_the_past(self, given: dict[str, Any]) -> dict[str, Any]:
        """Who comes too late leaves: their way leads to an end of the journey, if there is one, until somebody moves it."""
        ends = [one["key"] for one in self.definition.get("steps") or [] if one.get("kind") == "end"]
        return {"past": ends[0]} if given["date_past"] == "leave" and ends else {}

    def _date(self, given: dict[str, Any]) -> dict[str, Any]:
        sign = {"before": "-", "after": "+"}.get(given["date_side"], "")
        date: dict[str, Any] = {"attribute": given["date_attribute"]}
        if sign and given["date_offset"]:
            kept = str((self.step.get("date") or {}).get("offset", ""))
            same = kept[:1] == sign and days_of(kept) == given["date_offset"]
            date["offset"] = kept if same else f"{sign}{given['date_offset']}d"
        date |= {"at": given["date_at"]} if given["date_at"] else {}
        date |= {"yearly": True} if given["date_yearly"] else {}
        return date | {"past": given["date_past"]}


def days_of(offset: str) -> int | None:
    """The whole days of an offset like "-2w"; None where there are none."""
    number, unit = offset.lstrip("+-")[:-1], offset[-1:]
    return int(number) * {"d": 1, "w": 7}[unit] if number.isdecimal() and unit in ("d", "w") else None
