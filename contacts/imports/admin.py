"""Imports in the admin: to look at; the import pages start, stop and undo them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from contacts.imports.models import Import, ImportChange, ImportPart, ImportReject
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Import)
class ImportAdmin(ReadOnly, BigTable):
    """Files of people, with what came of them."""

    list_display = (
        "file_name",
        "state",
        "by",
        "created_at",
        "rows_total",
        "made_count",
        "changed_count",
        "rejected_count",
    )
    list_filter = ("state",)
    search_fields = ("file_name", "sha256__exact")


@admin.register(ImportReject)
class ImportRejectAdmin(ReadOnly, BigTable):
    """Lines that did not come in, or not whole."""

    list_display = ("job", "line", "column", "reason", "message", "taken")
    list_select_related = ("job",)
    list_filter = ("reason", "taken")


@admin.register(ImportChange)
class ImportChangeAdmin(ReadOnly, BigTable):
    """What an import did to each person, as long as it can be undone."""

    list_display = ("job", "contact_id", "made")
    list_select_related = ("job",)
    search_fields = ("contact_id__exact",)


@admin.register(ImportPart)
class ImportPartAdmin(ReadOnly, BigTable):
    """Pieces of files, as long as an import can be undone; what is in them is not shown."""

    list_display = ("job", "number")
    list_select_related = ("job",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportPart]:
        """Leave the bytes where they are."""
        return super().get_queryset(request).defer("content")
