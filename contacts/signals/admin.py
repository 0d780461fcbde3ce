"""Signals in the admin."""

from django.contrib import admin

from contacts.signals.models import Signal, SignalFiring
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Signal)
class SignalAdmin(ReadOnly):
    """What events mean; changed on their own pages, which know who listens."""

    list_display = ("slug", "name_en", "name_de", "kind", "strength", "cooldown", "active")
    list_filter = ("kind", "strength", "active")
    search_fields = ("slug", "name_en", "name_de")


@admin.register(SignalFiring)
class SignalFiringAdmin(ReadOnly, BigTable):
    """When a signal held, with the evidence."""

    list_display = ("signal", "contact", "key", "fired_at", "taken_at")
    list_select_related = ("signal", "contact")
    list_filter = ("signal",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    ordering = ("-id",)
