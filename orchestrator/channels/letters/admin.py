"""Batches, letters and downloads in the admin: to look at."""

from django.contrib import admin

from orchestrator.channels.letters.models import Letter, LetterBatch, LetterDownload
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(LetterBatch)
class LetterBatchAdmin(ReadOnly):
    """Batches with their state."""

    list_display = ("id", "state", "opened_at", "closed_at", "printed_at")
    list_filter = ("state",)


@admin.register(Letter)
class LetterAdmin(ReadOnly, BigTable):
    """Letters, by their touch."""

    list_display = ("batch_id", "touch_id", "contact", "reason", "at")
    list_select_related = ("contact",)
    search_fields = ("touch_id__exact", "contact__external_id__exact", "contact__email__exact")
    raw_id_fields = ("touch", "contact")
    ordering = ("-id",)


@admin.register(LetterDownload)
class LetterDownloadAdmin(ReadOnly):
    """Who took which file out."""

    list_display = ("batch_id", "what", "letters", "by", "at")
    list_select_related = ("by",)
    list_filter = ("what",)
