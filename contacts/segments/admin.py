"""Segments in the admin."""

from django.contrib import admin

from contacts.segments.models import Segment, SegmentChange, SegmentMember, SegmentSize
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Segment)
class SegmentAdmin(ReadOnly):
    """Groups of people; they are changed on their own pages, which know who uses them."""

    list_display = ("slug", "name_en", "name_de", "active", "refreshed_at")
    list_filter = ("active",)
    search_fields = ("slug", "name_en", "name_de")


@admin.register(SegmentMember)
class SegmentMemberAdmin(ReadOnly, BigTable):
    """Who is in a segment now."""

    list_display = ("segment", "contact", "since")
    list_select_related = ("segment", "contact")
    list_filter = ("segment",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")


@admin.register(SegmentChange)
class SegmentChangeAdmin(ReadOnly, BigTable):
    """Who came and went."""

    list_display = ("segment", "contact", "entered", "at", "taken_at")
    list_select_related = ("segment", "contact")
    list_filter = ("segment", "entered")
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    ordering = ("-id",)


@admin.register(SegmentSize)
class SegmentSizeAdmin(ReadOnly, BigTable):
    """How many people were in a segment, day by day."""

    list_display = ("segment", "day", "size")
    list_select_related = ("segment",)
    list_filter = ("segment",)
    ordering = ("-day", "segment")
