"""The key figures: their names, and how phases convert."""

from enum import StrEnum

from orchestrator.kernel.fields import translated


class Metric(StrEnum):
    """A key figure of one local day."""

    PEOPLE = "people"  # in the phase or journey when the day ended
    ARRIVED = "arrived"  # came into the phase
    MOVED_ON = "moved_on"  # went to a later phase
    MOVED_BACK = "moved_back"  # went to an earlier phase
    ENTERED = "entered"
    GOALS = "goals"
    LEFT = "left"
    SENT = "sent"
    CLICKED = "clicked"


NAMES = {
    Metric.PEOPLE: {"en": "People", "de": "Personen"},
    Metric.ARRIVED: {"en": "Arrived", "de": "Angekommen"},
    Metric.MOVED_ON: {"en": "Moved on", "de": "Weitergegangen"},
    Metric.MOVED_BACK: {"en": "Fell back", "de": "Zurückgefallen"},
    Metric.ENTERED: {"en": "Entered", "de": "Eingetreten"},
    Metric.GOALS: {"en": "Goal reached", "de": "Ziel erreicht"},
    Metric.LEFT: {"en": "Left", "de": "Ausgetreten"},
    Metric.SENT: {"en": "Sent", "de": "Gesendet"},
    Metric.CLICKED: {"en": "Clicked", "de": "Geklickt"},
}
# The second figure of a phase: who went on, or (from retention on) who did not fall back.
SECOND_FIGURES = {
    "awareness": {"en": "→ consideration", "de": "→ Erwägung"},
    "consideration": {"en": "→ purchase", "de": "→ Kauf"},
    "purchase": {"en": "→ retention", "de": "→ Bindung"},
    "retention": {"en": "stayed or moved on", "de": "geblieben oder weiter"},
    "advocacy": {"en": "stayed", "de": "geblieben"},
}
KEPT = ("retention", "advocacy")


def say_metric(metric: str, language: str | None = None) -> str:
    """Name a key figure in a language ("en" or "de", the active one when None)."""
    return translated(NAMES[Metric(metric)], language)


def share(part: float, whole: float) -> float | None:
    """Say which share a part has (0 to 1), None of nothing."""
    return part / whole if whole else None


def change(now: float, before: float) -> float | None:
    """Say by which share a figure changed, None when it was nothing before."""
    return (now - before) / before if before else None


def second_figure(phase: str, *, at_start: float, arrived: float, moved_on: float, moved_back: float) -> float | None:
    """Compute the share of the people seen in a phase who went on, or (retention, advocacy) did not fall back."""
    seen = at_start + arrived
    return share(seen - moved_back if phase in KEPT else moved_on, seen)
