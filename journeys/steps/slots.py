"""Slots as steps know them: the room that shows messages on the site says which there are, since it stands above journeys."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from contacts.conditions.rules import Problem, show
from journeys.steps.fields import empty_choice
from orchestrator.kernel.fields import translated

CHANNEL = "onsite"
Names = Mapping[str, Mapping[str, str]]  # short name -> name by language
_sources: list[Callable[[], Names]] = []


def register_slots(source: Callable[[], Names]) -> None:
    """Say where the slots are read from."""
    _sources[:] = [source]


def known_slots() -> dict[str, Mapping[str, str]]:
    """Every slot that may show a message, by its short name."""
    return {slug: names for source in _sources for slug, names in source().items()}


def slot_problems(settings: Mapping[str, Any], path: str) -> list[Problem]:
    """What is wrong with the slot of a step; none where it names none."""
    if "slot" not in settings:
        return []
    slot, here = settings["slot"], f"{path}.slot"
    if not isinstance(slot, str) or not slot:
        return [Problem(here, f"expected the short name of a slot, got {show(slot)}")]
    if settings.get("channel", CHANNEL) != CHANNEL:
        return [Problem(here, f"expected only where the channel is {CHANNEL}")]
    if slot not in known_slots():
        return [Problem(here, f"there is no slot {show(slot)}")]
    return []


def slot_choices(chosen: str) -> list[tuple[str, str]]:
    """The slots to choose from, one that is gone too, so that it is not lost."""
    known = known_slots()
    gone = [(chosen, chosen)] if chosen and chosen not in known else []
    return [
        empty_choice(_("any that fits")),
        *((slug, translated(dict(names))) for slug, names in known.items()),
        *gone,
    ]


def slot_name(slug: str, language: str) -> str:
    """What a slot is called; its short name where there is none."""
    return translated(dict(known_slots().get(slug, {})), language) or slug
