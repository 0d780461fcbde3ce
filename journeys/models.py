"""The tables of the rooms of this app."""

from journeys.content.models import Block, Variant
from journeys.definitions.models import Journey, Step, Version
from journeys.enrollments.models import Enrollment, Refusal, Touch, Transition

__all__ = ["Block", "Enrollment", "Journey", "Refusal", "Step", "Touch", "Transition", "Variant", "Version"]
