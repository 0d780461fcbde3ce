"""Purposes in the admin."""

from django.contrib import admin

from consent.purposes.models import Purpose, Wording
from orchestrator.kernel.admin import ReadOnly


@admin.register(Purpose)
class PurposeAdmin(admin.ModelAdmin):
    """What data or a channel may be used for."""

    list_display = ("slug", "name_en", "name_de", "enforcement", "legal_basis")
    list_filter = ("enforcement",)
    search_fields = ("slug", "name_en", "name_de")


@admin.register(Wording)
class WordingAdmin(ReadOnly):
    """The texts that people agree to, as they were."""

    list_display = ("purpose", "language", "version", "created_at")
    list_select_related = ("purpose",)
    list_filter = ("purpose", "language")
