"""Takes the turns of schedules that have come: one statement a journey that has one, each turn once a time zone."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max

from contacts.profiles.queries import zones_in_use
from journeys.definitions.models import Journey
from journeys.enrollments.collecting import RUNNING, listening_since
from journeys.enrollments.models import ScheduleTurn
from journeys.enrollments.turns import Turn, last_turn
from orchestrator.kernel import sql


@sql.joined
def take_turns(*, now: datetime, journeys: tuple[int, ...] | None = None) -> int:
    """Queue the people of the segments whose schedules have come, for the next look at the queue; returns how many.

    After an outage only the newest turn of a place is taken: who would come too late by it is refused as late.
    journeys: ids of the only journeys that may take turns, None for all.
    """
    scheduled = Journey.objects.filter(state__in=RUNNING, live_version__definition__entry__has_key="schedule")
    if journeys is not None:
        scheduled = scheduled.filter(pk__in=journeys)
    found = list(scheduled.select_related("live_version").order_by("pk"))
    if not found:
        return 0
    since, taken, zones = listening_since(found), _taken([one.pk for one in found]), zones_in_use()
    n = 0
    for journey in found:
        if journey.live_version is None:
            continue
        schedule = journey.live_version.definition["entry"]["schedule"]
        places = zones if schedule.get("local", True) else [settings.TEAM_TIME_ZONE]
        turns = {zone: turn for zone in places if (turn := last_turn(schedule, zone, now))}
        due = {
            zone: turn
            for zone, turn in turns.items()
            if turn.at > since[journey.pk] and turn.at > taken.get((journey.pk, zone), since[journey.pk])
        }
        n += _take(journey, schedule, due, now) if due else 0
    return n


def _taken(journeys: list[int]) -> dict[tuple[int, str], datetime]:
    """The newest turn that was taken, of each journey and time zone."""
    rows = ScheduleTurn.objects.filter(journey__in=journeys).values_list("journey_id", "time_zone")
    return {(journey, zone): at for journey, zone, at in rows.annotate(at=Max("turn_at")).order_by()}


def _take(journey: Journey, schedule: dict[str, Any], due: dict[str, Turn], now: datetime) -> int:
    given = {
        "journey": journey.pk,
        "segment": schedule["segment"],
        "zones": list(due),
        "turns": [turn.at for turn in due.values()],
        # the local time: who moves to another time zone is taken in once by each turn
        "sources": [f"schedule:{turn.local}" for turn in due.values()],
        "local": schedule.get("local", True),
        "now": now,
    }
    ((n,),) = sql.rows(sql.statement("journeys/enrollments/sql/take_turns.sql"), given)
    return int(n)
