"""Which other journeys talk to the same people, and on which days both did."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.translation import ngettext

from contacts.events.models import Event
from contacts.segments.models import SegmentMember
from contacts.signals.models import SignalFiring
from contacts.stages.models import StageChange
from journeys.definitions.models import Journey
from journeys.enrollments.models import Enrollment
from orchestrator.kernel import sql

LOOKED_BACK = timedelta(days=30)


class Collision(NamedTuple):
    """Another journey. people: who would be in both now; touched: whom it reached in 30 days; days: days of a person
    on which both sent something; last_day: the last of them."""

    journey: Journey
    people: int
    touched: int
    days: int
    last_day: date | None

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        said = ngettext("%(n)s person is in both", "%(n)s people are in both", self.people) % {"n": self.people}
        if not self.days:
            return said
        days = ngettext("on %(n)s day a message of each", "on %(n)s days a message of each", self.days)
        return f"{said}, {days % {'n': self.days}}"


def collisions(*, definition: dict[str, Any], journey_id: int | None, now: datetime) -> list[Collision]:
    """List the live journeys that talk to the people of a journey, those with most common days first.

    Its people: who is in it or came in the last 30 days; of a journey without any, whom its entry would have taken in.
    One statement beside the names, whatever the number of people.
    """
    since = now - LOOKED_BACK
    audience: QuerySet[Any] | None = None
    if journey_id:
        runs = Enrollment.objects.filter(Q(left_at=None) | Q(entered_at__gt=since), journey_id=journey_id)
        audience = runs if runs.exists() else None
    if audience is None:
        audience = _audience(definition.get("entry") or {}, since, now)
    if audience is None:
        return []
    text, params = sql.fill(
        sql.statement("journeys/enrollments/sql/collisions.sql"),
        audience=sql.compiled(audience.order_by().values_list("contact_id").distinct()),
        journey=sql.value(journey_id or 0),
        since=sql.value(since),
        now=sql.value(now),
    )
    found = sql.rows(text, params)
    others = Journey.objects.in_bulk([row[0] for row in found])
    return [Collision(others[other], *numbers) for other, *numbers in found]


def collision_counts() -> dict[int, int]:
    """Count for every live journey how many others have some of its people in them now; one statement for all."""
    return dict(sql.rows(sql.statement("journeys/enrollments/sql/collision_counts.sql"), {}))


def _audience(entry: dict[str, Any], since: datetime, now: datetime) -> QuerySet[Any] | None:
    """Whom an entry spoke about in the last 30 days; None for one that only machines or journeys open."""
    if "signal" in entry:
        return SignalFiring.objects.filter(signal__slug=entry["signal"], fired_at__gt=since, fired_at__lte=now)
    segment = entry.get("segment") or (entry.get("schedule") or {}).get("segment")
    if segment:
        return SegmentMember.objects.filter(segment__slug=segment)
    if "stage" in entry:
        return StageChange.objects.filter(to_stage__slug=entry["stage"], at__gt=since, at__lte=now)
    if "event" in entry:
        return Event.objects.filter(name=entry["event"], occurred_at__gt=since, occurred_at__lte=now)
    return None
