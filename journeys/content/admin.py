"""Content in the admin: to look at; files bring it in."""

from django.contrib import admin

from journeys.content.models import Block, Variant
from orchestrator.kernel.admin import ReadOnly, ReadOnlyInline


class VariantInline(ReadOnlyInline):
    """The languages of a block."""

    model = Variant
    fields = ("language", "subject", "preheader")


@admin.register(Block)
class BlockAdmin(ReadOnly):
    """Messages that steps send by reference."""

    list_display = ("slug", "name_en", "name_de", "channel", "phase", "state", "version", "changed_at")
    list_filter = ("channel", "phase", "state")
    search_fields = ("slug", "name_en", "name_de")
    inlines = (VariantInline,)


@admin.register(Variant)
class VariantAdmin(ReadOnly):
    """The text of a block in one language."""

    list_display = ("block", "language", "subject")
    list_select_related = ("block",)
    list_filter = ("language",)
    search_fields = ("block__slug", "subject")
