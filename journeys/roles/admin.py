"""Roles of channels in the admin: to look at."""

from django.contrib import admin

from journeys.roles.models import ChannelRole
from orchestrator.kernel.admin import ReadOnly


@admin.register(ChannelRole)
class ChannelRoleAdmin(ReadOnly):
    """What the team has chosen."""

    list_display = ("channel", "phase", "role")
    list_filter = ("channel", "phase", "role")
