"""Verdicts in the admin: to look at."""

from django.contrib import admin

from orchestrator.arbiter.models import Verdict
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Verdict)
class VerdictAdmin(ReadOnly, BigTable):
    """Decisions with their reasons."""

    list_display = ("contact", "touch_id", "outcome", "reason", "hold_until", "at")
    list_select_related = ("contact",)
    list_filter = ("outcome",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    raw_id_fields = ("touch", "contact")
    ordering = ("-id",)
