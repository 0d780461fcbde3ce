"""Contact rules in the admin."""

from django.contrib import admin

from consent.limits.models import Holdout, HoldoutMember, Limit, QuietHours, Rest
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Limit)
class LimitAdmin(admin.ModelAdmin):
    """How much is enough."""

    list_display = ("slug", "name_en", "name_de", "channel", "most", "window", "overflow", "active")
    list_filter = ("active", "channel")
    search_fields = ("slug", "name_en", "name_de")


@admin.register(QuietHours)
class QuietHoursAdmin(admin.ModelAdmin):
    """When to be quiet."""

    list_display = ("__str__", "channel", "starts", "ends", "active")
    list_filter = ("active",)


@admin.register(Rest)
class RestAdmin(admin.ModelAdmin):
    """How long marketing rests after a goal."""

    list_display = ("slug", "name_en", "name_de", "phase", "hours", "active")
    list_filter = ("active", "phase")


@admin.register(Holdout)
class HoldoutAdmin(ReadOnly):
    """Groups held out; made and ended on the page of contact rules, since their members are drawn with them."""

    list_display = ("slug", "name_en", "name_de", "journey", "buckets", "walks", "active")
    list_filter = ("active",)


@admin.register(HoldoutMember)
class HoldoutMemberAdmin(ReadOnly, BigTable):
    """Who is held out."""

    list_display = ("holdout", "contact", "since")
    list_select_related = ("holdout", "contact")
    list_filter = ("holdout",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    ordering = ("-id",)
