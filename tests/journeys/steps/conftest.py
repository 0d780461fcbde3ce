"""The world of the flows, for the kinds of steps."""

from tests.flows.conftest import quiet_nights, two_a_week, world

__all__ = ["quiet_nights", "two_a_week", "world"]
