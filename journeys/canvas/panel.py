"""The side panel: the form of one step, or of a part of the journey that is no step."""

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.conditions.forms import ConditionField
from contacts.conditions.language import say
from contacts.conditions.names import load_names
from journeys.canvas import changes
from journeys.canvas.answers import Draft
from journeys.canvas.drawing import label_of, language, name_of
from journeys.canvas.graph import Definition
from journeys.canvas.parts import PARTS
from journeys.canvas.places import Refused
from journeys.steps.registry import kind_names, kind_of


def step_form(draft: Draft, key: str, given: Any = None) -> forms.Form | None:
    """The form of a step; None for a kind that has none or is gone. Raises Http404."""
    draft.step(key)
    try:
        step = changes.explicit(draft.definition, key)
    except Refused as error:
        raise Http404 from error
    form = getattr(kind_of(step["kind"]), "form", None) if step["kind"] in kind_names() else None
    return form(given, step=step, definition=draft.definition) if form else None


def step_panel(draft: Draft, key: str, form: forms.Form | None = None, **more: Any) -> dict[str, Any]:
    """What the panel of a step shows. Raises Http404."""
    step = draft.step(key)
    edit = reverse("journey_edit", args=[draft.journey.slug])
    return {
        "key": key,
        "kind": step["kind"],
        "label": label_of(step["kind"], language()),
        "name": name_of(step, language()),
        "form": form or step_form(draft, key),
        "action": f"{edit}panel/?step={key}",
        "back": edit,
        "token": draft.token,
        **more,
    }


def part_form(draft: Draft, part: str, given: Any = None) -> Any:
    """The form of a part of the journey: entry, goal, ... Raises Http404."""
    if part not in PARTS:
        raise Http404
    return PARTS[part].form(given, definition=draft.definition)


def part_panel(draft: Draft, part: str, form: forms.Form | None = None, **more: Any) -> dict[str, Any]:
    """What the panel of a part shows. Raises Http404."""
    form = form or part_form(draft, part)
    edit = reverse("journey_edit", args=[draft.journey.slug])
    return {
        "part": part,
        "kind": PARTS[part].icon,
        "label": PARTS[part].label,
        "name": PARTS[part].label,
        "form": form,
        "action": f"{edit}panel/?part={part}",
        "back": edit,
        "token": draft.token,
        **more,
    }


def step_change(key: str, form: Any, *, cut: bool) -> tuple[str, Callable[[Definition], Definition]]:
    """What saving the form of a step does, with its words. Raises nothing; the change raises CutsOff, Refused."""
    step = form.changed_step()
    what = _("“%(step)s” changed") % {"step": name_of(step, language())}
    return what, lambda definition: changes.change(definition, key, step, cut=cut)


def fields_apart(mine: forms.Form, theirs: forms.Form) -> list[dict[str, str]]:
    """The fields of a form in which what somebody typed differs from what is stored now: name, mine, theirs."""
    found = []
    for name in dict.fromkeys([*mine.fields, *theirs.fields]):
        field = mine.fields.get(name) or theirs.fields[name]
        if field.widget.is_hidden:
            continue
        said = [_shown(form, name) if name in form.fields else "" for form in (mine, theirs)]
        if said[0] != said[1]:
            found.append({"name": name, "label": str(field.label or name), "mine": said[0], "theirs": said[1]})
    return found


def _shown(form: forms.Form, name: str) -> str:
    """A value as somebody would read it: conditions as sentences, choices by their names, lists with commas."""
    value, field = form[name].value(), form.fields[name]
    if isinstance(field, ConditionField):
        return _sentence(value)
    if isinstance(field, forms.BooleanField):
        return _("yes") if value else _("no")
    if isinstance(field.widget, forms.MultiWidget) and not isinstance(value, list):
        value = field.widget.decompress(value)
    choices: dict[str, str] = {}
    for choice in getattr(field, "choices", ()):
        pairs = choice[1] if isinstance(choice[1], list | tuple) else [choice]
        choices |= {str(key): str(text) for key, text in pairs}
    listed = value if isinstance(value, list | tuple) else [value]
    return ", ".join(choices.get(str(one), str(one)) for one in listed if one not in (None, ""))


def _sentence(value: Any) -> str:
    """A condition as a sentence; as it was typed where it is none."""
    if not value:
        return ""
    try:
        condition = json.loads(value) if isinstance(value, str) else value
        return say(condition, language(), load_names())
    except (ValueError, KeyError, TypeError):
        return str(value)  # not a condition yet: shown as it was typed
