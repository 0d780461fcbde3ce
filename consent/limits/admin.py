"""Contact rules in the admin."""

from django.contrib import admin

from consent.limits.models import Limit, QuietHours


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
