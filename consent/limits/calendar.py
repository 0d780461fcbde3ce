"""Public holidays of countries, by the package `holidays`."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import holidays


class Holiday(NamedTuple):
    """A public holiday of a whole country."""

    country: str
    day: date
    name: str


def has_calendar(country: str) -> bool:
    """Whether the public holidays of a country (ISO 3166-1 alpha-2) are known."""
    return country in holidays.list_supported_countries(include_aliases=False)


def holidays_between(countries: Iterable[str], first: date, last: date, language: str = "en") -> list[Holiday]:
    """List the public holidays of countries from a day to a day, both included, in order of time.

    Countries without a calendar have none. Holidays of single states of a country are not among them.
    """
    found = [
        Holiday(country, day, name)
        for country in countries
        if has_calendar(country)
        for year in range(first.year, last.year + 1)
        for day, name in _of_year(country, year, language)
        if first <= day <= last
    ]
    return sorted(found, key=lambda one: (one.day, one.country))


def next_holidays(countries: Iterable[str], today: date, language: str = "en", most: int = 3) -> list[Holiday]:
    """List the next holidays of each country, `most` a country, in order of time."""
    counted: dict[str, int] = {}
    found = []
    for one in holidays_between(countries, today, today + timedelta(days=400), language):
        counted[one.country] = counted.get(one.country, 0) + 1
        if counted[one.country] <= most:
            found.append(one)
    return found


@lru_cache(maxsize=500)
def _of_year(country: str, year: int, language: str) -> tuple[tuple[date, str], ...]:
    supported = holidays.country_holidays(country).supported_languages
    spoken = next((one for one in supported if one == language or one.startswith(f"{language}_")), None)
    return tuple(sorted(holidays.country_holidays(country, years=year, language=spoken).items()))
