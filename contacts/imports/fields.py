"""Reads cells into the fields that every person has: addresses, names, country, language, time zone."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from babel import Locale

from contacts.imports.guess import EMAIL
from contacts.imports.registry import Refused
from contacts.imports.rules import Reason
from contacts.profiles.rules import countries, phone_of, zones

REGION = "DE"  # where a phone number without a country code is from
FILLING = str.maketrans("", "", " \u00a0\u202f()/.-")
BLANKS = re.compile(r"\s+")
LENGTHS = {"external_id": 200, "first_name": 200, "last_name": 200, "job_title": 200, "account": 200}
LANGUAGES = {
    **dict.fromkeys(("de", "deu", "ger", "german", "deutsch", "allemand"), "de"),
    **dict.fromkeys(("en", "eng", "english", "englisch", "anglais"), "en"),
}
ALIASES = {
    "usa": "US", "united states of america": "US", "uk": "GB", "great britain": "GB", "england": "GB", "großbritannien": "GB",
    "brd": "DE", "holland": "NL", "the netherlands": "NL", "russia": "RU", "south korea": "KR", "korea": "KR", "czechia": "CZ",
    "czech republic": "CZ", "tschechien": "CZ", "hong kong": "HK", "hongkong": "HK", "macau": "MO", "uae": "AE", "vietnam": "VN",
    "turkey": "TR", "türkei": "TR",
}  # fmt: skip


def read_email(text: str) -> str:
    """Read an address; kept in lower case."""
    text = text.strip().lower()
    if len(text) > 320:
        raise Refused(Reason.TOO_LONG, text[:60])
    if not EMAIL.fullmatch(text) or not text.isprintable():
        raise Refused(Reason.BAD_EMAIL, text)
    return text


def read_phone(text: str, country: str = "") -> str:
    """Read a number as E.164. country: where it is from when it does not say."""
    short = text.translate(FILLING)
    short = "+" + short[2:] if short.startswith("00") else short
    number = phone_of(short, None) or phone_of(text, country or REGION)
    if number is None:
        raise Refused(Reason.BAD_PHONE, text)
    return number


def read_country(text: str) -> str:
    """Read an ISO code or the name of a country in English or German."""
    code = country_names().get(BLANKS.sub(" ", text.strip()).casefold())
    if code is None:
        raise Refused(Reason.BAD_COUNTRY, text)
    return code


def read_language(text: str) -> str:
    """Read a language or a locale of the languages that we write in."""
    word = re.split(r"[-_]", text.strip().casefold())[0].strip()
    if word not in LANGUAGES:
        raise Refused(Reason.BAD_LANGUAGE, text)
    return LANGUAGES[word]


def read_zone(text: str) -> str:
    """Read the IANA name of a time zone."""
    if text.strip() not in zones():
        raise Refused(Reason.BAD_ZONE, text)
    return text.strip()


def read_line(text: str, longest: int) -> str:
    """Read a text of one line: breaks and tabs become blanks."""
    text = text.strip()
    if not text.isprintable():
        text = BLANKS.sub(" ", text)
        if any(letter < " " or letter == "\x7f" or "\ud800" <= letter <= "\udfff" for letter in text):
            raise Refused(Reason.BAD_TEXT, text)
    if len(text) > longest:
        raise Refused(Reason.TOO_LONG, text[:60])
    return text


def reader_of(field: str) -> tuple[Callable[[str], Any], bool]:
    """Give the function that reads cells of a field, and whether the same cell often comes again."""
    special: dict[str, tuple[Callable[[str], Any], bool]] = {
        "email": (read_email, False),
        "phone": (read_phone, False),
        "country": (read_country, True),
        "language": (read_language, True),
        "time_zone": (read_zone, True),
    }
    if field in special:
        return special[field]
    longest = LENGTHS.get(field, 320)
    return (lambda text: read_line(text, longest)), field in ("first_name", "job_title", "account")


@cache
def country_names() -> dict[str, str]:
    """Codes and names of countries in English and German, in small letters. Source: Unicode CLDR, through babel."""
    codes = countries()
    found = {code.casefold(): code for code in codes}
    for language in ("en", "de"):
        territories = Locale(language).territories
        found |= {str(name).casefold(): code for code, name in territories.items() if code in codes}
    return found | ALIASES
