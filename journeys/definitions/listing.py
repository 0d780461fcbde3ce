"""Reads the journeys for lists and searches."""

from django.db.models import Q, QuerySet

from journeys.definitions.models import Journey


def listed_journeys() -> QuerySet[Journey]:
    """List all journeys but archived ones, those that run first, then by priority."""
    return (
        Journey.objects.exclude(state=Journey.State.ARCHIVED)
        .select_related("live_version")
        .order_by("state", "-priority", "slug")
    )


def found_journeys(words: str) -> QuerySet[Journey]:
    """Find journeys whose name in one of the languages, or whose short name, contains the words."""
    called = Q(name_en__icontains=words) | Q(name_de__icontains=words) | Q(slug__icontains=words)
    return listed_journeys().filter(called)
