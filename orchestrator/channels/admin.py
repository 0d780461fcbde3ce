"""Links, attempts, stops, rate limits and senders in the admin, to look at; receivers of webhooks, which are taken out to be called again."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from orchestrator.channels.feedback.models import Hook
from orchestrator.channels.models import Attempt, Link, Receiver
from orchestrator.channels.senders.models import Sender, SenderDay
from orchestrator.channels.throttle.models import Bucket, Stop
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Link)
class LinkAdmin(ReadOnly, BigTable):
    """Where links of messages lead."""

    list_display = ("touch_id", "position", "url")
    search_fields = ("touch_id__exact",)
    ordering = ("-id",)


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, BigTable):
    """What providers refused, and in which words."""

    list_display = ("touch_id", "at", "channel", "provider", "outcome", "code", "words", "by")
    search_fields = ("touch_id__exact",)
    ordering = ("-id",)


@admin.register(Stop)
class StopAdmin(ReadOnly):
    """Who stopped sending, when and why."""

    list_display = ("__str__", "since", "by", "why", "ended_at", "ended_by")
    ordering = ("-id",)


@admin.register(Bucket)
class BucketAdmin(ReadOnly):
    """How many messages a second go out."""

    list_display = ("kind", "name", "per_second", "most", "tokens", "filled_at")


@admin.register(Hook)
class HookAdmin(ReadOnly, BigTable):
    """Webhooks of providers that came in the last days."""

    list_display = ("source", "key", "at")
    search_fields = ("key__exact",)
    ordering = ("-id",)


@admin.register(Sender)
class SenderAdmin(ReadOnly):
    """Who mail is from; changed on its own page, which keeps one default."""

    list_display = ("name", "address", "is_default", "warm_up_from")


@admin.register(SenderDay)
class SenderDayAdmin(ReadOnly):
    """What new senders sent on each day."""

    list_display = ("sender", "day", "count")
    list_select_related = ("sender",)
    date_hierarchy = "day"


@admin.register(Receiver)
class ReceiverAdmin(ReadOnly):
    """Receivers that do not answer, or are gone."""

    list_display = ("step", "away_since", "tried_at", "gone_at")
    list_select_related = ("step__version__journey",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete has it called again."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
