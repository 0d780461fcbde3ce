"""Tasks in the admin: to look at."""

from django.contrib import admin

from contacts.tasks.models import Task
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Task)
class TaskAdmin(ReadOnly, BigTable):
    """What sales and service are to do."""

    list_display = ("contact", "team", "queue", "owner", "state", "outcome", "due_at", "closed_at", "journey_slug")
    list_select_related = ("contact", "owner")
    list_filter = ("team", "state", "outcome")
