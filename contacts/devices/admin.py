"""Devices in the admin: to look at."""

from django.contrib import admin

from contacts.devices.models import Device
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Device)
class DeviceAdmin(ReadOnly, BigTable):
    """Browsers that take push messages. Their addresses are secrets: who knows one could write there."""

    list_display = ("contact", "label", "created_at", "last_ok_at", "gone_at")
    list_select_related = ("contact",)
    exclude = ("endpoint", "p256dh", "auth")
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    raw_id_fields = ("contact",)
    ordering = ("-id",)
