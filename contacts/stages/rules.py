"""The five phases of the journey."""

from enum import StrEnum


class Phase(StrEnum):
    """A phase of the customer journey, in its order."""

    AWARENESS = "awareness"
    CONSIDERATION = "consideration"
    PURCHASE = "purchase"
    RETENTION = "retention"
    ADVOCACY = "advocacy"


PHASE_NAMES = {
    Phase.AWARENESS: {"en": "Awareness", "de": "Aufmerksamkeit"},
    Phase.CONSIDERATION: {"en": "Consideration", "de": "Erwägung"},
    Phase.PURCHASE: {"en": "Purchase", "de": "Kauf"},
    Phase.RETENTION: {"en": "Retention", "de": "Bindung"},
    Phase.ADVOCACY: {"en": "Advocacy", "de": "Empfehlung"},
}
