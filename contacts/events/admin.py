"""Facts in the admin: to look at."""

from django.contrib import admin

from contacts.events.models import Event, EventType, MessageId, News
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(EventType)
class EventTypeAdmin(admin.ModelAdmin):
    """What events are called, and whether they are behaviour."""

    list_display = ("slug", "name_en", "name_de", "kind")
    list_filter = ("kind",)
    search_fields = ("slug", "name_en", "name_de")


@admin.register(Event)
class EventAdmin(ReadOnly, BigTable):
    """Facts, the newest first; found by the contact's id or address."""

    list_display = ("name", "contact", "occurred_at", "received_at", "source")
    list_select_related = ("contact",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    ordering = ("-id",)


@admin.register(MessageId)
class MessageIdAdmin(ReadOnly, BigTable):
    """Which messages arrived already."""

    list_display = ("key",)
    search_fields = ("key__exact",)


@admin.register(News)
class NewsAdmin(ReadOnly, BigTable):
    """Who waits for the pulse."""

    list_display = ("contact_id", "name", "since")
    search_fields = ("contact_id__exact",)
