"""Reads what the page of the day shows, in a fixed number of statements."""

from datetime import datetime, timedelta

from django.db.models import Count

from consent.limits.models import Limit
from journeys.definitions.models import Journey
from orchestrator.arbiter.models import Verdict
from orchestrator.kernel import sql
from orchestrator.kernel.fields import translated


def shown_journeys() -> list[Journey]:
    """List the journeys that run or are paused, the highest priority first."""
    states = (Journey.State.LIVE, Journey.State.PAUSED, Journey.State.ENDING)
    return list(Journey.objects.filter(state__in=states).select_related("live_version"))


def verdicts(*, since: datetime) -> list[tuple[str, str, int]]:
    """Count the touches by outcome and reason of their verdicts; a touch held twice for one reason counts once."""
    rows = Verdict.objects.filter(at__gte=since).values_list("outcome", "reason")
    return [(o, r, n) for o, r, n in rows.annotate(n=Count("touch", distinct=True)).order_by("-n", "outcome", "reason")]


def limit_names() -> dict[str, str]:
    """Name the limits by their short names, in the active language."""
    rows = Limit.objects.values_list("slug", "name_en", "name_de")
    return {slug: translated({"en": en, "de": de}) for slug, en, de in rows}


def needs(*, now: datetime) -> list[tuple[str, int, int | None]]:
    """Count what waits for a person: (what, how many, journey id where it belongs to one)."""
    params = {"now": now, "since": now - timedelta(days=7)}
    found = sql.rows(sql.statement("reporting/dashboards/sql/needs.sql"), params)
    return [(what, n, journey) for what, n, journey in found if n]
