"""Requests of people and what follows from them, in the admin: to look at."""

from django.contrib import admin

from consent.privacy.models import Export, Request, RequestLog, Retention, Tombstone
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Request)
class RequestAdmin(ReadOnly, BigTable):
    """Who used a right, and when it is due."""

    list_display = ("id", "kind", "state", "received_at", "due_on", "done_at")
    list_filter = ("kind", "state")
    ordering = ("-id",)


@admin.register(RequestLog)
class RequestLogAdmin(ReadOnly, BigTable):
    """What was done about requests."""

    list_display = ("request", "what", "by", "at")
    list_select_related = ("request", "by")
    ordering = ("-id",)


@admin.register(Export)
class ExportAdmin(ReadOnly, BigTable):
    """What people got; the content is not shown."""

    list_display = ("request", "size", "made_at", "expires_at", "fetched_at")
    list_select_related = ("request",)
    exclude = ("content",)
    ordering = ("-id",)


@admin.register(Tombstone)
class TombstoneAdmin(ReadOnly, BigTable):
    """Addresses that stay silent, as digests."""

    list_display = ("channel", "digest", "reason", "at")
    list_filter = ("reason",)
    ordering = ("-id",)


@admin.register(Retention)
class RetentionAdmin(ReadOnly):
    """How long what is kept; changed on the page of retention rules, which shows first what would go."""

    list_display = ("slug", "days", "active", "changed_at")
