"""Links of sent messages in the admin: to look at."""

from django.contrib import admin

from orchestrator.channels.models import Link
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Link)
class LinkAdmin(ReadOnly, BigTable):
    """Where links of messages lead."""

    list_display = ("touch_id", "position", "url")
    search_fields = ("touch_id__exact",)
    ordering = ("-id",)
