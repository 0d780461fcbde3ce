"""Writes the daily values."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from contacts.stages.rules import Phase
from orchestrator.kernel import locks, sql


@transaction.atomic
def roll_up_kpis(*, now: datetime, days: int = 2) -> int:
    """Count the last local days of the team (today included) into daily values, over what was counted before.

    now: timezone-aware. days: how far back, at least 1. Returns how many values changed.
    """
    locks.hold("roll_up_kpis")
    last = now.astimezone(ZoneInfo(settings.TEAM_TIME_ZONE)).date()
    params = {
        "zone": settings.TEAM_TIME_ZONE,
        "first": last - timedelta(days=days - 1),
        "last": last,
        "phases": list(Phase),
    }
    changed = sql.count(sql.statement("reporting/kpis/sql/roll_up_phases.sql"), params)
    return changed + sql.count(sql.statement("reporting/kpis/sql/roll_up_journeys.sql"), params)
