"""Reads of contact rules."""

from datetime import time

from consent.limits.models import QuietHours


def quiet_windows(channel: str = "email") -> list[tuple[time, time]]:
    """The active quiet hours of a channel, and those of every channel: local (from, to)."""
    rows = QuietHours.objects.filter(active=True, channel__in=("", channel)).order_by("pk")
    return list(rows.values_list("starts", "ends"))
