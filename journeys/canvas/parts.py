"""The parts of a journey that are no steps, with their forms: basics, entry, goal, exits, key figures."""

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from journeys.definitions.entry_forms import BasicsForm, EntryForm, ExitsForm, GoalForm, KpisForm


class Part(NamedTuple):
    """A part of a definition. form: built with (data, definition=...); changed_definition() gives the new definition."""

    label: Any
    icon: str
    form: Any


PARTS = {  # the names are the places of findings (journeys.definitions.checklist)
    "basics": Part(_("Basics"), "content", BasicsForm),
    "entry": Part(pgettext_lazy("into a journey", "Entry"), "entry", EntryForm),
    "goal": Part(_("Goal"), "goal", GoalForm),
    "exit": Part(_("Exits"), "goto", ExitsForm),
    "kpis": Part(_("KPIs"), "bolt", KpisForm),
}
