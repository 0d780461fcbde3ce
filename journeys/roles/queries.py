"""Reads of the matrix: every role, and the steps of a definition that use a channel against it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.roles.models import ChannelRole
from journeys.roles.rules import DEFAULTS, LANES, UNUSED, lane_of
from orchestrator.kernel.fields import translated


class Unplanned(NamedTuple):
    """A step in a channel that the plan does not use in the phase, and where the plan stands."""

    step: Mapping[str, Any]
    text: str
    rule: str


def roles() -> dict[tuple[str, str], str]:
    """Read the role of every channel in every phase; one statement."""
    chosen = {(c, p): r for c, p, r in ChannelRole.objects.values_list("channel", "phase", "role")}
    return {place: chosen.get(place, role) for place, role in DEFAULTS.items()}


def as_opened(found: Mapping[tuple[str, str], str]) -> str:
    """Say the matrix as text, to be compared when it is saved."""
    return json.dumps(sorted([*place, role] for place, role in found.items()))


def unplanned_steps(definition: Mapping[str, Any], channels_of: Mapping[str, str]) -> Iterator[Unplanned]:
    """Find steps in a channel whose role in the journey's phase is "not used"; one statement, none without such steps.

    channels_of: the channel of content, by its short name.
    """
    phase = str(definition.get("phase", ""))
    steps = [(step, lane_of(step, channels_of)) for step in definition.get("steps") or []]
    used = [(step, lane) for step, lane in steps if (lane, phase) in DEFAULTS]
    plan = roles() if used else {}
    for step, lane in used:
        if plan[lane, phase] == UNUSED:
            said = {"channel": translated(LANES[lane]), "phase": translated(PHASE_NAMES[Phase(phase)])}
            text = _("“%(channel)s” is not used in the phase “%(phase)s”, by the plan of channels.") % said
            yield Unplanned(step, text, reverse("channel_roles"))
