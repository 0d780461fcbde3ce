"""What holds now for a person or for many."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from consent.purposes.models import Purpose
from consent.records.models import State


class Consent(NamedTuple):
    """What holds for one person and purpose. `granted` is None when the person never said anything."""

    purpose: str
    name: str
    granted: bool | None
    since: datetime | None
    source: str
    wording: str


def consents_of(contact_id: int) -> list[Consent]:
    """List every purpose that needs consent, and what the person said about it."""
    states = {s.purpose_id: s for s in State.objects.filter(contact_id=contact_id).select_related("record")}
    found = []
    for purpose in Purpose.objects.filter(enforcement=Purpose.Enforcement.OPT_IN):
        state = states.get(purpose.pk)
        if state is None:
            found.append(Consent(purpose.slug, purpose.name, None, None, "", ""))
        else:
            record = state.record
            found.append(Consent(purpose.slug, purpose.name, state.granted, state.since, record.source, record.wording))
    return found


def has_granted(contact_id: int, purpose: str) -> bool | None:
    """Whether a person agrees to a purpose now; None when the person never said anything."""
    return State.objects.filter(contact_id=contact_id, purpose__slug=purpose).values_list("granted", flat=True).first()


def granted_among(contact_ids: Iterable[int], purpose: str) -> set[int]:
    """Who of these people agrees to a purpose now."""
    states = State.objects.filter(contact_id__in=list(contact_ids), purpose__slug=purpose, granted=True)
    return set(states.values_list("contact_id", flat=True))
