"""Saves the matrix of roles."""

from collections.abc import Mapping

from django.db import transaction

from journeys.roles.models import ChannelRole
from journeys.roles.queries import as_opened, roles
from journeys.roles.rules import DEFAULTS, ROLES
from orchestrator.kernel import locks


class ChangedMeanwhile(Exception):
    """Somebody else saved the matrix after it was opened."""


class UnknownRole(Exception):
    """There is no such channel, phase or role."""


@transaction.atomic
def save_roles(*, given: Mapping[tuple[str, str], str], opened: str) -> None:
    """Write the roles of channels in phases. opened: what as_opened() said when the page was opened.

    Raises ChangedMeanwhile, UnknownRole: nothing was written.
    """
    if set(given) - set(DEFAULTS) or set(given.values()) - set(ROLES):
        raise UnknownRole
    locks.hold("channel roles")
    if as_opened(roles()) != opened:
        raise ChangedMeanwhile
    rows = [ChannelRole(channel=channel, phase=phase, role=role) for (channel, phase), role in given.items()]
    ChannelRole.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["channel", "phase"], update_fields=["role"]
    )
