"""Signs of life in the admin: to look at."""

from django.contrib import admin

from orchestrator.kernel.admin import ReadOnly
from orchestrator.tick.models import Heartbeat


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    """When a part of the product was last seen."""

    list_display = ("part", "at")
