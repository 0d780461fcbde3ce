"""Lifecycle stages in the admin."""

from django.contrib import admin

from contacts.stages.models import Stage, StageChange
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Stage)
class StageAdmin(ReadOnly):
    """Stages in the order of their rules; changed on their own pages."""

    list_display = ("position", "slug", "name_en", "name_de", "phase")
    list_display_links = ("slug",)
    list_filter = ("phase",)
    search_fields = ("slug", "name_en", "name_de")


@admin.register(StageChange)
class StageChangeAdmin(ReadOnly, BigTable):
    """Who moved from stage to stage, and by what."""

    list_display = ("contact", "from_stage", "to_stage", "at", "by")
    list_select_related = ("contact", "from_stage", "to_stage")
    list_filter = ("to_stage",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    ordering = ("-id",)
