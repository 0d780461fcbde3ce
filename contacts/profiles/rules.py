"""What a country tells about a person: the time zone and the language, where nobody said them; and phone numbers."""

import re
from functools import cache
from zoneinfo import available_timezones

import phonenumbers
from babel.core import get_global

LANGUAGES = ("en", "de")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
DEFAULT_LANGUAGE = "de"
GERMAN_SPEAKING = frozenset({"DE", "AT", "CH", "LI"})
# countries with several zones: the one where most people live
MAIN_ZONES = {
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "CY": "Asia/Nicosia",
    "RU": "Europe/Moscow",
    "US": "America/New_York",
    "CA": "America/Toronto",
    "MX": "America/Mexico_City",
    "BR": "America/Sao_Paulo",
    "AR": "America/Argentina/Buenos_Aires",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "AU": "Australia/Sydney",
    "NZ": "Pacific/Auckland",
}


def zone_of_country(country: str | None) -> str | None:
    """Say the time zone of a country (ISO 3166-1 alpha-2, any case), or None when it is not known."""
    country = (country or "").upper()
    return MAIN_ZONES.get(country) or _single_zones().get(country)


def language_of_country(country: str | None) -> str:
    """Say the language to write to somebody there; without a country the team's default."""
    if not country:
        return DEFAULT_LANGUAGE
    return "de" if country.upper() in GERMAN_SPEAKING else "en"


def phone_of(text: str, country: str | None) -> str | None:
    """Bring a phone number to E.164 ("+49301234567"), or None when it is not one.

    country: where a number without a country code is meant to be (ISO 3166-1 alpha-2); without it such a number is None.
    """
    if E164.fullmatch(text):  # the long way costs 0.1 ms
        return text
    try:
        number = phonenumbers.parse(text, (country or "").upper() or None)
    except phonenumbers.NumberParseException:
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if phonenumbers.is_possible_number(number) and E164.fullmatch(written) else None


@cache
def zones() -> frozenset[str]:
    """List every time zone that this machine knows."""
    return frozenset(available_timezones())


@cache
def countries() -> frozenset[str]:
    """List the ISO 3166-1 alpha-2 codes of all countries."""
    return frozenset(code for code in get_global("territory_currencies") if len(code) == 2) - {"EU", "ZZ"}


@cache
def _single_zones() -> dict[str, str]:
    """Source: Unicode CLDR, through babel."""
    found: dict[str, list[str]] = {}
    for zone, country in get_global("zone_territories").items():
        found.setdefault(country, []).append(zone)
    return {country: names[0] for country, names in found.items() if len(names) == 1 and names[0] in zones()}
