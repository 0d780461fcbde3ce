"""Handovers in the admin: to look at; answers are given on the handover screen."""

from django.contrib import admin

from contacts.handover.models import Handover, HandoverLog
from orchestrator.kernel.admin import BigTable, ReadOnly, ReadOnlyInline


class LogInline(ReadOnlyInline):
    """What happened to this handover."""

    model = HandoverLog
    fields = ("at", "by", "state", "reason", "note")


@admin.register(Handover)
class HandoverAdmin(ReadOnly, BigTable):
    """Leads with their clock."""

    list_display = ("contact", "account", "team", "state", "owner", "created_at", "due_at", "answered_at")
    list_select_related = ("contact", "account", "owner")
    list_filter = ("state",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    inlines = (LogInline,)


@admin.register(HandoverLog)
class HandoverLogAdmin(ReadOnly, BigTable):
    """Every answer, by whom."""

    list_display = ("handover", "at", "by", "state", "reason")
    list_select_related = ("handover",)
    list_filter = ("state",)
    ordering = ("-id",)
