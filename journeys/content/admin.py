"""Content in the admin: to look at; it is written in the library and comes in from files."""

from django.contrib import admin

from journeys.content.models import Block, Image, Revision, Variant
from orchestrator.kernel.admin import ReadOnly, ReadOnlyInline


class VariantInline(ReadOnlyInline):
    """The languages of a block."""

    model = Variant
    fields = ("channel", "language", "arm", "subject", "preheader")


@admin.register(Block)
class BlockAdmin(ReadOnly):
    """Messages that steps send by reference."""

    list_display = (
        "slug",
        "name_en",
        "name_de",
        "channel",
        "phase",
        "purpose",
        "state",
        "version",
        "owner",
        "changed_at",
    )
    list_filter = ("channel", "phase", "purpose", "state")
    list_select_related = ("owner",)
    search_fields = ("slug", "name_en", "name_de")
    inlines = (VariantInline,)


@admin.register(Variant)
class VariantAdmin(ReadOnly):
    """The text of a block in one language."""

    list_display = ("block", "channel", "language", "arm", "subject")
    list_select_related = ("block",)
    list_filter = ("channel", "language")
    search_fields = ("block__slug", "subject")


@admin.register(Revision)
class RevisionAdmin(ReadOnly):
    """The versions of a block's texts: written by whom, approved by whom."""

    list_display = ("block", "number", "state", "by", "at", "reviewed_by", "reviewed_at")
    list_filter = ("state",)
    list_select_related = ("block", "by", "reviewed_by")
    search_fields = ("block__slug", "note")


@admin.register(Image)
class ImageAdmin(ReadOnly):
    """The pictures of the media library."""

    list_display = ("name_en", "mime", "width", "height", "size", "by", "at")
    list_select_related = ("by",)
    exclude = ("content",)
    search_fields = ("name_en", "file_name", "checksum")
