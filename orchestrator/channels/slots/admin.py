"""Slots in the admin: to change; what they show and count: to look at."""

from django.contrib import admin

from orchestrator.channels.slots.models import Product, ProductPair, SeenProduct, Showing, Slot, SlotDay
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Slot)
class SlotAdmin(admin.ModelAdmin):
    """Places that messages are shown in."""

    list_display = ("slug", "kind", "place", "fallback", "active", "owner")
    list_filter = ("kind", "place", "active")
    list_select_related = ("fallback", "owner")
    search_fields = ("slug", "name_en", "name_de")
    raw_id_fields = ("fallback", "owner")
    readonly_fields = ("fallback_texts", "fallback_version")


@admin.register(Showing)
class ShowingAdmin(ReadOnly, BigTable):
    """Messages that are ready to be shown, or were."""

    list_display = ("touch_id", "contact", "slot", "language", "ready_at", "shown_at", "clicked_at", "dismissed_at")
    list_select_related = ("contact",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    raw_id_fields = ("touch", "contact")
    ordering = ("-touch_id",)


@admin.register(SlotDay)
class SlotDayAdmin(ReadOnly):
    """Counts by day."""

    list_display = ("slot", "on", "answer", "journey", "asked", "shown", "clicked", "dismissed")
    list_select_related = ("slot", "journey")
    list_filter = ("slot",)
    ordering = ("-on", "slot")


@admin.register(Product)
class ProductAdmin(ReadOnly, BigTable):
    """Products that events described."""

    list_display = ("key", "title", "price", "currency", "baskets", "seen_at")
    search_fields = ("key__exact",)
    ordering = ("-baskets",)


@admin.register(ProductPair)
class ProductPairAdmin(ReadOnly, BigTable):
    """Products that were bought together."""

    list_display = ("product", "other", "together", "lift", "rank")
    search_fields = ("product__exact",)
    ordering = ("product", "rank")


@admin.register(SeenProduct)
class SeenProductAdmin(ReadOnly, BigTable):
    """Products that people looked at lately."""

    list_display = ("contact", "product", "at", "bought")
    list_select_related = ("contact",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    raw_id_fields = ("contact",)
    ordering = ("-at",)
