"""When people who arrive at a step move on, as parameters of a statement."""

from datetime import datetime, timedelta
from typing import NamedTuple

from contacts.profiles.queries import zones_in_use
from journeys.definitions.models import Step
from journeys.steps.registry import kind_of
from orchestrator.kernel import sql


class Arrival(NamedTuple):
    """The wait at a step: a span, or (zones not empty) one release per time zone."""

    span: timedelta
    zones: list[str]
    releases: list[datetime]


def first_arrival(step: Step, now: datetime) -> Arrival:
    """The wait at one step for people who arrive now."""
    arrival = kind_of(step.kind).arrival(step.settings)
    if arrival.local is None:
        return Arrival(arrival.after, [], [])
    zones = zones_in_use()
    return Arrival(arrival.after, zones, [arrival.local(now, zone) for zone in zones])


def ways(step: Step, now: datetime) -> dict[str, sql.Part]:
    """The ways out of a step, with the wait at each target."""
    targets = {target.pk: target for target in Step.objects.filter(pk__in=set(step.exits.values()))}
    zones: list[str] = []
    zone_targets: list[int] = []
    releases: list[datetime] = []
    spans: dict[int, timedelta] = {}
    for target in targets.values():
        arrival = first_arrival(target, now)
        spans[target.pk] = arrival.span
        zones += arrival.zones
        zone_targets += [target.pk] * len(arrival.zones)
        releases += arrival.releases
    return {
        "exits": sql.value(list(step.exits)),
        "targets": sql.value(list(step.exits.values())),
        "spans": sql.value([spans[target] for target in step.exits.values()]),
        "zones": sql.value(zones),
        "zone_targets": sql.value(zone_targets),
        "releases": sql.value(releases),
    }
