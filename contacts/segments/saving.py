"""What the doors of definitions share: saving a form, and saying what stands in the way."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.conditions.counting import measure_people
from contacts.conditions.language import say
from contacts.conditions.names import load_names
from contacts.conditions.rules import Problem
from contacts.conditions.uses import ROOMS, Use, uses_of
from contacts.conditions.vocabulary import advise, load_vocabulary
from contacts.segments.editing import ChangedMeanwhile, as_loaded, save_definition
from contacts.segments.forms import DefinitionForm
from orchestrator.kernel.fields import translated


def save_form(request: HttpRequest, form: DefinitionForm, context: dict[str, Any], model: type[Any]) -> Any:
    """Save a valid definition; None when somebody else was faster or a person has to confirm, which context then says.

    What a new one needs beyond the form stands in form.more.
    """
    if form.stored and form.was.get("active") and not form.cleaned_data.get("active"):
        uses = uses_of(form.kind_of_thing, form.instance.slug)
        if uses:
            form.add_error("active", say_in_use(form.instance.name, uses))
            return None
    condition = form.cleaned_data.get("condition")
    warnings, everybody = warnings_of(condition, now=timezone.now())
    if everybody is not None and request.POST.get("sure") != "yes":
        context["everybody"] = everybody
        return None
    pk = form.instance.pk if form.stored else None
    try:
        saved = save_definition(
            model=model, pk=pk, given=form.given() | form.more, loaded=form.cleaned_data.get("loaded")
        )
    except ChangedMeanwhile as error:
        row = model.objects.get(pk=pk)
        context["meanwhile"] = say_meanwhile(row, error.fields)
        # who saves once more has read what the other one did, and overwrites it
        form.data = form.data.copy()
        form.data["loaded"] = json.dumps(as_loaded(row, form.was))
        return None
    except IntegrityError:  # two new ones at once: the other one has the short name or the place by now
        form.add_error(None, _("Somebody else has just saved a new one: please save once more."))
        return None
    for problem in warnings:
        messages.warning(request, str(problem))
    messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
    return saved


def warnings_of(condition: Any, *, now: datetime) -> tuple[list[Problem], int | None]:
    """What is to be said before a condition is saved: unknown names; and how many people there are if it fits them all."""
    if condition is None:
        return [], None
    measured = measure_people(condition, now=now, channels=False)
    fits_all = bool(measured.everybody) and measured.people.n == measured.everybody
    return advise(condition, load_vocabulary()), measured.everybody if fits_all else None


def say_in_use(name: str, uses: Iterable[Use]) -> str:
    """Say why something can neither be deleted nor switched off: who names it."""
    users = {
        (use.room, use.user): f"{translated(ROOMS[use.room])} “{translated(use.name)}”"
        for use in uses
        if use.room != "handover"
    }
    return _("“%(name)s” is in use and cannot be taken away: %(users)s.") % {
        "name": name,
        "users": ", ".join(users.values()),
    }


def say_meanwhile(row: Any, fields: Sequence[str]) -> list[tuple[str, str]]:
    """Say what somebody else saved meanwhile: the name of each field, and what is there now."""
    names, said = load_names(), []
    for field in fields:
        value = getattr(row, field)
        if field in ("condition", "leave"):
            value = say(value, _language(), names) if value else ""
        elif row._meta.get_field(field).choices:
            value = getattr(row, f"get_{field}_display")()
        elif isinstance(value, bool):
            value = _("yes") if value else _("no")
        said.append((str(row._meta.get_field(field).verbose_name), str(value) or "–"))
    return said


def _language() -> str:
    return (get_language() or "en")[:2]
