"""The conditions of a journey's definition: where they stand, what they are called, and how to put another one there."""

import copy
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from journeys.definitions.models import Journey, Version
from journeys.definitions.operations import import_journey
from orchestrator.kernel.fields import translated


class Place(NamedTuple):
    """One condition of a definition. key: its path, as the check says it; run: it may speak about the run of a person."""

    key: str
    name: str
    what: str
    condition: Any
    run: bool
    needed: bool


def places(definition: dict[str, Any]) -> Iterator[Place]:
    """Walk over the conditions of a valid definition: entry filter, goal, exits, branches, waits."""
    entry, goal = definition["entry"], definition.get("goal")
    yield Place("entry.when", _("Entry"), _("lets in only whom this describes"), entry.get("when"), False, False)
    if goal:
        name = translated(goal.get("name")) or _("Goal")
        yield Place("goal.when", name, _("the goal: whoever reaches it leaves"), goal["when"], True, True)
    for i, rule in enumerate(definition.get("exit") or []):
        yield Place(f"exit[{i}].when", _("Exit"), _("leaves when this holds"), rule["when"], True, True)
    for i, step in enumerate(definition["steps"]):
        name = translated(step["name"])
        for n, branch in enumerate(step.get("branches") or []):
            what = _("goes the way “%(name)s”") % {"name": translated(branch.get("name")) or branch["key"]}
            yield Place(f"steps[{i}].branches[{n}].when", name, what, branch["when"], True, True)
        if "until" in step:
            yield Place(f"steps[{i}].until", name, _("waits until this holds"), step["until"], True, True)


def draft_of(journey: Journey) -> Version | None:
    """The version of a journey that is not published yet."""
    return journey.versions.filter(published_at=None).first()


def editable_version(journey: Journey) -> Version | None:
    """The draft of a journey, else its live version; None where there is neither."""
    return draft_of(journey) or journey.live_version


@transaction.atomic
def put_condition(*, journey: Journey, key: str, condition: Any, now: datetime) -> Version:
    """Put a condition to its place in a draft, made of the live version where there is none. None takes a filter away.

    Raises NoSuchPlace, InvalidDefinition: nothing was written.
    """
    locked = Journey.objects.select_for_update().get(pk=journey.pk)
    version = editable_version(locked)
    place = next((one for one in places(version.definition) if one.key == key), None) if version else None
    if version is None or place is None or (place.needed and condition is None):
        raise NoSuchPlace(key)
    definition = copy.deepcopy(version.definition)
    _put(definition, key, condition)
    return import_journey(definition=definition, now=now, publish=False)


def _put(definition: dict[str, Any], key: str, condition: Any) -> None:
    """Follow a path like `steps[3].branches[0].when` and write its last key."""
    *way, last = key.replace("[", ".").replace("]", "").split(".")
    here: Any = definition
    for part in way:
        here = here[int(part)] if isinstance(here, list) else here[part]
    if condition is None:
        here.pop(last, None)
    else:
        here[last] = condition


class NoSuchPlace(Exception):
    """A condition for a place that the definition does not have, or that needs one."""
