"""Tells the steps of journeys which slots there are, and the arbiter that messages on the site are delivered."""

from journeys.steps.slots import register_slots
from orchestrator.arbiter.reach import register_channel
from orchestrator.channels.slots.models import Slot
from orchestrator.channels.slots.rules import CHANNEL


def slot_names() -> dict[str, dict[str, str]]:
    """The slots that a message can be sent to, by short name: those of recommendations are filled by themselves."""
    slots = Slot.objects.exclude(kind=Slot.Kind.RECOMMENDATION)
    return {slug: {"en": en, "de": de} for slug, en, de in slots.values_list("slug", "name_en", "name_de")}


register_slots(slot_names)
register_channel(CHANNEL, "id")
