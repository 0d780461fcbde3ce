"""Finds the touch and the target that a signed address names."""

from journeys.enrollments.models import Touch
from orchestrator.channels.models import Link


def touch_of(touch_id: int) -> Touch | None:
    """The touch with its journey and block; None when it was erased."""
    return Touch.objects.select_related("journey", "block").filter(pk=touch_id).first()


def target_of(touch_id: int, position: int) -> str | None:
    """Where a link leads; None when there is none."""
    return Link.objects.filter(touch_id=touch_id, position=position).values_list("url", flat=True).first()
