"""Daily values in the admin: to look at."""

from django.contrib import admin

from orchestrator.kernel.admin import BigTable, ReadOnly
from reporting.kpis.models import DailyValue


@admin.register(DailyValue)
class DailyValueAdmin(ReadOnly, BigTable):
    """Key figures by day."""

    list_display = ("on", "metric", "phase", "journey", "value")
    list_select_related = ("journey",)
    list_filter = ("phase", "journey")
    date_hierarchy = "on"  # small table, and its unique index begins with the day
    ordering = ("-on", "metric")
