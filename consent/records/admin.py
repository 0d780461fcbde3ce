"""Consent in the admin: the record is proof, so nobody adds, changes or deletes here."""

from django.contrib import admin

from consent.records.models import Record, Seal, State, Suppression
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Record)
class RecordAdmin(ReadOnly, BigTable):
    """What people said, when, where, and how it is proven."""

    list_display = ("contact", "purpose", "decision", "at", "source", "wording")
    list_select_related = ("contact", "purpose")
    list_filter = ("purpose", "decision")
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    ordering = ("-id",)


@admin.register(State)
class StateAdmin(ReadOnly, BigTable):
    """What holds now, derived from the records."""

    list_display = ("contact", "purpose", "granted", "since")
    list_select_related = ("contact", "purpose")
    list_filter = ("purpose", "granted")
    search_fields = ("contact__external_id__exact", "contact__email__exact")


@admin.register(Suppression)
class SuppressionAdmin(BigTable):
    """Addresses that must not be written to."""

    list_display = ("address", "channel", "reason", "since")
    list_filter = ("channel", "reason")
    search_fields = ("address__exact",)


@admin.register(Seal)
class SealAdmin(ReadOnly):
    """What all records together were, from time to time."""

    list_display = ("up_to", "records", "digest", "at")
