"""Audiences in the admin: to look at."""

from django.contrib import admin

from orchestrator.channels.audiences.models import Audience, AudienceBatch, AudienceMember, AudienceRun
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Audience)
class AudienceAdmin(ReadOnly):
    """What follows which people where."""

    list_display = ("slug", "name_en", "destination", "state", "members", "last_run_at", "next_at", "failures")
    list_filter = ("destination", "state")
    search_fields = ("slug", "name_en", "name_de")


@admin.register(AudienceRun)
class AudienceRunAdmin(ReadOnly, BigTable):
    """What each run did."""

    list_display = ("audience", "kind", "state", "started_at", "added", "removed", "refused", "failed", "words", "by")
    list_select_related = ("audience", "by")
    list_filter = ("kind", "state", "audience")


@admin.register(AudienceBatch)
class AudienceBatchAdmin(ReadOnly, BigTable):
    """What a platform answered."""

    list_display = ("run", "kind", "number", "state", "size", "refused", "words", "at")
    list_select_related = ("run",)
    list_filter = ("kind", "state")


@admin.register(AudienceMember)
class AudienceMemberAdmin(ReadOnly, BigTable):
    """Who is in which audience; the hashes stay out of sight."""

    list_display = ("audience", "contact", "state", "reason", "since", "called_at")
    list_select_related = ("audience", "contact")
    list_filter = ("state", "audience")
    exclude = ("email_hash", "phone_hash")
