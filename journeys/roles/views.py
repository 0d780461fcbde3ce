"""The door of the matrix of roles."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.roles import operations
from journeys.roles.models import ChannelRole
from journeys.roles.queries import as_opened, roles
from journeys.roles.rules import DEFAULTS, LANES
from orchestrator.kernel.access import marketing_only
from orchestrator.kernel.fields import translated


@require_http_methods(["GET", "POST"])
@marketing_only
def channel_roles(request: HttpRequest) -> HttpResponse:
    """Show the role of every channel in every phase, and save it."""
    status = 200
    if request.method == "POST":
        given = {place: request.POST.get("-".join(place), role) for place, role in roles().items()}
        try:
            operations.save_roles(given=given, opened=request.POST.get("opened", ""))
        except operations.ChangedMeanwhile:
            status = 409
        except operations.UnknownRole:
            status = 400
        else:
            messages.success(request, _("The roles are saved."))
            return redirect("channel_roles")
    return render(request, "journeys/roles/roles.html", _page() | {"meanwhile": status == 409}, status=status)


def _page() -> dict[str, Any]:
    found = roles()
    choices = [(one.value, one.label) for one in ChannelRole.Role]
    rows = [
        {
            "name": translated(name),
            "cells": [
                {
                    "field": f"{lane}-{phase}",
                    "role": found[lane, phase],
                    "label": f"{translated(name)}, {translated(PHASE_NAMES[phase])}",
                    "phase": translated(PHASE_NAMES[phase]),
                    "own": found[lane, phase] != DEFAULTS[lane, phase],
                }
                for phase in Phase
            ],
        }
        for lane, name in LANES.items()
    ]
    phases = [{"slug": phase.value, "name": translated(PHASE_NAMES[phase])} for phase in Phase]
    return {"rows": rows, "phases": phases, "choices": choices, "opened": as_opened(found)}
