"""What the arbiter knows before it decides: the places where people are, quiet hours there, and what journeys weigh."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

import holidays
import structlog
from django.conf import settings

from consent.limits.models import QuietHours
from contacts.attributes.queries import definitions
from contacts.conditions.language import compile_condition, validate
from contacts.profiles.models import Contact
from contacts.profiles.rules import zone_of_country
from journeys.definitions.models import Journey
from orchestrator.arbiter.rules import Periods, Window, periods, quiet_until, usable_zone
from orchestrator.kernel.scope import AnyOf

log = structlog.get_logger()


class Place(NamedTuple):
    """Where somebody is, as far as it is known: their time zone and country, and their company's country."""

    zone: str
    country: str
    account_country: str

    @property
    def usable(self) -> str:
        """The zone whose clock counts: the person's, else the company's, else the country's, else the team's."""
        account, own = zone_of_country(self.account_country), zone_of_country(self.country)
        return usable_zone((self.zone, account, own, settings.TEAM_TIME_ZONE))


class Quiet:
    """The active quiet hours, read once for a batch."""

    def __init__(self) -> None:
        self.hours = list(QuietHours.objects.filter(active=True).order_by("pk"))

    def until(self, place: Place, channel: str, now: datetime) -> datetime | None:
        """Say when the quiet hours end that hold at a place in a channel now; None when it is not quiet."""
        country = (place.country or place.account_country).upper()
        windows = [
            Window(one.starts, one.ends, frozenset(one.weekdays), one.holidays)
            for one in self.hours
            if one.channel in ("", channel) and one.country.upper() in ("", country)
        ]
        if not windows:
            return None
        return quiet_until(now, place.usable, windows, is_holiday=lambda day: is_holiday(country, day))


def is_holiday(country: str, day: date) -> bool:
    """Whether a day is a public holiday in all of a country (ISO 3166-1 alpha-2); no where the country is not known."""
    return day in _holidays(country, day.year)


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    if country not in holidays.list_supported_countries(include_aliases=False):
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))


def periods_at(place: Place, now: datetime) -> Periods:
    """Say the calendar day, week and month at a place."""
    return periods(now, place.usable)


def in_context(people: Sequence[int], now: datetime) -> tuple[list[int], list[int]]:
    """Find whom the context of a journey fits among people: two lists that go together, journeys and contacts.

    A context that is no valid condition (any more) fits nobody, so that its factor is 1, and is told as an error: of one
    journey it must not stop the messages of all others.
    """
    pairs: list[tuple[int, int]] = []
    running = (Journey.State.LIVE, Journey.State.ENDING)
    journeys = list(Journey.objects.filter(state__in=running, context__isnull=False).order_by("pk"))
    known = definitions() if journeys else {}
    for journey in journeys:
        problems = validate(journey.context, "context", definitions=known, run=False)
        if errors := [str(problem) for problem in problems if problem.level == "error"]:
            log.error("context of a journey is no condition: its factor is 1", journey=journey.slug, problems=errors)
            continue
        who = Contact.objects.filter(AnyOf("pk", people)).filter(compile_condition(journey.context or {}, now=now))
        pairs += [(journey.pk, contact) for contact in who.values_list("pk", flat=True)]
    return [journey for journey, _ in pairs], [contact for _, contact in pairs]
