"""Who is where, in the admin: to look at."""

from django.contrib import admin

from journeys.enrollments.calls import WebhookCall
from journeys.enrollments.models import Enrollment, Refusal, ScheduleTurn, Touch, Transition, Trigger
from orchestrator.kernel.admin import BigTable, ReadOnly

CONTACT = ("contact__external_id__exact", "contact__email__exact")


@admin.register(Enrollment)
class EnrollmentAdmin(ReadOnly, BigTable):
    """Runs of people through journeys."""

    list_display = ("contact", "journey", "version", "step", "arm", "entered_at", "due_at", "left_at", "reason")
    list_select_related = ("contact", "journey", "version", "step")
    list_filter = ("journey",)
    search_fields = CONTACT
    ordering = ("-id",)


@admin.register(Transition)
class TransitionAdmin(ReadOnly, BigTable):
    """Every move."""

    list_display = ("contact", "journey", "seq", "from_step", "to_step", "exit", "reason", "at")
    list_select_related = ("contact", "journey", "from_step", "to_step")
    list_filter = ("journey",)
    search_fields = CONTACT
    ordering = ("-id",)


@admin.register(Refusal)
class RefusalAdmin(ReadOnly, BigTable):
    """Who was not taken in, and why."""

    list_display = ("contact", "journey", "key", "reason", "at")
    list_select_related = ("contact", "journey")
    list_filter = ("journey",)
    search_fields = CONTACT
    ordering = ("-id",)


@admin.register(Touch)
class TouchAdmin(ReadOnly, BigTable):
    """Planned contacts with people."""

    list_display = ("contact", "journey", "block", "channel", "state", "reason", "proposed_at", "sent_at")
    list_select_related = ("contact", "journey", "block")
    list_filter = ("journey", "state")
    search_fields = CONTACT
    ordering = ("-id",)


@admin.register(Trigger)
class TriggerAdmin(ReadOnly, BigTable):
    """What may open a journey."""

    list_display = ("contact", "journey", "source", "key", "at", "retry_until", "taken_at")
    list_select_related = ("contact", "journey")
    list_filter = ("journey",)
    search_fields = CONTACT
    ordering = ("-id",)


@admin.register(ScheduleTurn)
class ScheduleTurnAdmin(ReadOnly):
    """Turns of schedules that were taken."""

    list_display = ("journey", "time_zone", "turn_at", "taken_at", "people")
    list_select_related = ("journey",)
    list_filter = ("journey",)
    ordering = ("-id",)


@admin.register(WebhookCall)
class WebhookCallAdmin(ReadOnly, BigTable):
    """Calls of other systems."""

    list_display = ("contact", "journey", "state", "attempts", "status", "error", "next_at", "done_at")
    list_select_related = ("contact", "journey")
    list_filter = ("journey", "state")
    search_fields = CONTACT
    ordering = ("-id",)
