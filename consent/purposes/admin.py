"""Purposes in the admin."""

from django.contrib import admin

from consent.purposes.models import Purpose


@admin.register(Purpose)
class PurposeAdmin(admin.ModelAdmin):
    """What data or a channel may be used for."""

    list_display = ("slug", "name_en", "name_de", "enforcement", "legal_basis")
    list_filter = ("enforcement",)
    search_fields = ("slug", "name_en", "name_de")
