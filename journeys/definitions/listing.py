"""Reads the journeys for lists and searches."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from contacts.stages.rules import Phase
from journeys.definitions.entry_rules import TRIGGERS
from journeys.definitions.models import Journey, SavedView, Version

FILTERS = ("q", "state", "phase", "entry")
LONGEST = 100


def read_filters(given: Mapping[str, Any]) -> dict[str, str]:
    """Take the filters of the list out of an address or a form; what makes no sense is left out."""
    known = {"state": Journey.State.values, "phase": [phase.value for phase in Phase], "entry": TRIGGERS}
    found = {name: str(given.get(name, "")).replace("\0", "").strip()[:LONGEST] for name in FILTERS}
    return {name: text for name, text in found.items() if text and (name == "q" or text in known[name])}


def listed_journeys() -> QuerySet[Journey]:
    """List all journeys but archived ones, those that run first, then by priority."""
    return (
        Journey.objects.exclude(state=Journey.State.ARCHIVED)
        .select_related("live_version")
        .order_by("state", "-priority", "slug")
    )


def found_journeys(words: str) -> QuerySet[Journey]:
    """Find journeys whose name in one of the languages, or whose short name, contains the words."""
    return listed_journeys().filter(_called(words))


def filtered_journeys(filters: Mapping[str, str]) -> list[tuple[Journey, Version | None]]:
    """List journeys by filters (see read_filters), each with the version that speaks for it: the live one, else its draft.

    Archived ones only where they are asked for. Two statements.
    """
    state, words = filters.get("state"), filters.get("q")
    found = Journey.objects.filter(state=state).select_related("live_version") if state else listed_journeys()
    if words:
        found = found.filter(_called(words))
    if "phase" in filters:
        found = found.filter(phase=filters["phase"])
    journeys = list(found.order_by("state", "-priority", "slug"))
    newest = Version.objects.filter(journey__in=[one for one in journeys if one.live_version is None])
    drafts = {version.journey_id: version for version in newest.order_by("number")}
    rows = [(one, one.live_version or drafts.get(one.pk)) for one in journeys]
    if "entry" in filters:
        rows = [(one, version) for one, version in rows if trigger_of(version) == filters["entry"]]
    return rows


def trigger_of(version: Version | None) -> str:
    """How people come into a version: one of TRIGGERS, empty where nobody has said it yet."""
    entry = (version.definition.get("entry") or {}) if version else {}
    return next((trigger for trigger in TRIGGERS if entry.get(trigger)), "")


def saved_views(user: User) -> list[tuple[str, str]]:
    """The views that somebody keeps: name and filters as in the address."""
    return list(SavedView.objects.filter(user=user).values_list("name", "query"))


def _called(words: str) -> Q:
    return Q(name_en__icontains=words) | Q(name_de__icontains=words) | Q(slug__icontains=words)
