"""Journeys in the admin; versions and their steps are immutable."""

from django.contrib import admin
from django.http import HttpRequest

from journeys.definitions.models import Edit, Journey, SavedView, Step, Version
from orchestrator.kernel.admin import ReadOnly, ReadOnlyInline


@admin.register(Journey)
class JourneyAdmin(admin.ModelAdmin):
    """Journeys: priority and value can be changed here; the page of weights checks a context, what they do comes from versions."""

    list_display = ("slug", "name_en", "name_de", "phase", "state", "priority", "value", "live_version")
    list_select_related = ("live_version",)
    list_filter = ("phase", "state")
    search_fields = ("slug", "name_en", "name_de")
    readonly_fields = (
        "slug",
        "phase",
        "state",
        "context",
        "context_factor",
        "propensity",
        "live_version",
        "created_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A journey begins with its first version."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Journey | None = None) -> bool:
        """Archive it instead: its enrollments are the history of people."""
        return False


class StepInline(ReadOnlyInline):
    """The steps of a version."""

    model = Step
    fields = ("position", "key", "kind", "name_en", "name_de")


@admin.register(Version)
class VersionAdmin(ReadOnly):
    """Definitions of journeys."""

    list_display = ("journey", "number", "created_at", "published_at")
    list_select_related = ("journey",)
    list_filter = ("journey",)
    inlines = (StepInline,)


@admin.register(Step)
class StepAdmin(ReadOnly):
    """Steps of versions."""

    list_display = ("key", "version", "position", "kind", "name_en", "name_de")
    list_select_related = ("version",)
    list_filter = ("kind",)
    search_fields = ("key", "name_en", "name_de")


@admin.register(Edit)
class EditAdmin(ReadOnly):
    """Changes of drafts."""

    list_display = ("version", "number", "what", "by", "at")
    list_select_related = ("version", "by")
    ordering = ("-id",)


@admin.register(SavedView)
class SavedViewAdmin(ReadOnly):
    """Filters of the list of journeys that people kept."""

    list_display = ("user", "name")
    list_select_related = ("user",)
