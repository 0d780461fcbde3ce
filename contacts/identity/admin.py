"""Identity in the admin: to look at; the pages of duplicates merge, undo and block."""

from django.contrib import admin

from contacts.identity.models import BlockedIdentifier, Identifier, Merge, MergedRow, MergeProposal
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Identifier)
class IdentifierAdmin(ReadOnly, BigTable):
    """Which further names lead to whom; found by the exact value."""

    list_display = ("kind", "contact_id", "source", "first_seen_at", "last_seen_at")
    list_filter = ("kind",)
    search_fields = ("value__exact",)


@admin.register(BlockedIdentifier)
class BlockedIdentifierAdmin(ReadOnly):
    """Values that say nothing about who somebody is."""

    list_display = ("kind", "value", "why", "by", "at")
    list_filter = ("kind",)
    search_fields = ("value",)


@admin.register(Merge)
class MergeAdmin(ReadOnly, BigTable):
    """Who was merged into whom; what was there before is kept for the undo, not for looking."""

    list_display = ("survivor_id", "loser_id", "why", "by", "at", "undone_at")
    exclude = ("loser", "survivor_before")
    search_fields = ("survivor_id__exact", "loser_id__exact")
    ordering = ("-id",)


@admin.register(MergedRow)
class MergedRowAdmin(ReadOnly, BigTable):
    """The rows that a merge touched, without what stood in them."""

    list_display = ("merge_id", "table", "row_id")
    list_filter = ("table",)
    exclude = ("content",)


@admin.register(MergeProposal)
class MergeProposalAdmin(ReadOnly, BigTable):
    """Two people who may be one."""

    list_display = ("first_id", "second_id", "kind", "reason", "state", "at", "decided_by")
    list_filter = ("state", "reason")
    ordering = ("-id",)
