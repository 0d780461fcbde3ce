"""What the traits of a person or a company say in our words; what has no column stays an attribute."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from babel import Locale

from contacts.profiles.rules import LANGUAGES, countries, zones
from orchestrator.api.rules import Problem, email_problems, text_problems

# trait -> column of a contact, and the most characters it holds
COLUMNS = {
    "email": ("email", 320),
    "phone": ("phone", 40),
    "firstName": ("first_name", 200),
    "first_name": ("first_name", 200),
    "firstname": ("first_name", 200),
    "lastName": ("last_name", 200),
    "last_name": ("last_name", 200),
    "lastname": ("last_name", 200),
    "title": ("job_title", 200),
    "jobTitle": ("job_title", 200),
    "job_title": ("job_title", 200),
}
KEYS = ("email", "phone")  # an empty one is no word against the one that is known
DAYS = ("birthday", "createdAt", "created_at")  # sent as instants, meant as days
INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d")
COMPANY = {"name": 200, "domain": 253, "industry": 100}


class Company(NamedTuple):
    """What is said about a company."""

    external_id: str
    name: str | None = None
    domain: str | None = None
    industry: str | None = None
    country: str | None = None


class Person(NamedTuple):
    """What is said about a person: columns, attributes (null takes one away), and the company."""

    fields: Mapping[str, str] = {}
    attributes: Mapping[str, Any] = {}
    company: Company | None = None


def read_person(traits: Mapping[str, Any], context: Mapping[str, Any], path: str) -> tuple[Person, list[Problem]]:
    """Sort traits into columns and attributes; path says where they stand in the request."""
    left = dict(traits)
    problems: list[Problem] = []
    fields: dict[str, str] = {}
    for trait, (column, most) in COLUMNS.items():
        if trait not in left:
            continue
        text, found = _text(f"{path}.{trait}", left.pop(trait), most)
        problems += found
        if text is not None and (text or column not in KEYS):
            fields.setdefault(column, text)
    if fields.get("email"):
        problems += email_problems(f"{path}.email", fields["email"])
    problems += _name(left, fields, path)
    company, found = _company_of(left, path)
    problems += found
    _place(left, context, fields)
    return Person(fields, _flat(left), company), problems


def read_company(external_id: str, traits: Mapping[str, Any], path: str) -> tuple[Company, list[Problem]]:
    """Read the traits of a company; those that have no column are nobody's yet and go."""
    problems: list[Problem] = []
    said: dict[str, str | None] = {}
    for name, most in COMPANY.items():
        given = traits.get(name)
        if name == "domain" and given is None:
            given = _domain(traits.get("website"))
        text, found = _text(f"{path}.{name}", given, most)
        problems += found
        said[name] = text or None
    address = traits.get("address")
    place = address.get("country") if isinstance(address, dict) else None
    country = country_code(traits.get("country") or place)
    return Company(external_id, said["name"], said["domain"], said["industry"], country), problems


def country_code(said: Any) -> str | None:
    """Say the code of a country that is given as a code, or by its English or German name."""
    if not isinstance(said, str):
        return None
    code = said.strip().upper()
    return code if code in countries() else _country_names().get(said.strip().casefold())


def slug(text: str) -> str:
    """Turn the name of an event into ours: `Order Completed` -> `order_completed`; a name without spaces and signs stays."""
    text = text.strip()
    if re.fullmatch(r"[A-Za-z0-9_-]+", text):
        return text
    for umlaut, letters in {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}.items():
        text = text.replace(umlaut, letters).replace(umlaut.upper(), letters)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")


@cache
def _country_names() -> dict[str, str]:
    """Source: Unicode CLDR, through babel."""
    found = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in countries():
                found[str(name).casefold()] = str(code)
    return found


def _text(path: str, given: Any, most: int) -> tuple[str | None, list[Problem]]:
    if given is None:
        return None, []
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str):
        return None, [Problem(path, "expected a text")]
    given = given.strip()
    if len(given) > most:
        return None, [Problem(path, f"expected at most {most} characters, got {len(given)}")]
    return given, list(text_problems([(path, given)]))


def _name(left: dict[str, Any], fields: dict[str, str], path: str) -> list[Problem]:
    """Split `name` where the two parts were not said themselves."""
    text, problems = _text(f"{path}.name", left.pop("name", None), 400)
    if text and not problems and not {"first_name", "last_name"} & set(fields):
        first, _, last = text.rpartition(" ")
        fields["first_name"], fields["last_name"] = (first.strip()[:200], last[:200]) if first else (last[:200], "")
    return problems


def _company_of(left: dict[str, Any], path: str) -> tuple[Company | None, list[Problem]]:
    company = left.get("company")
    if isinstance(company, str | int) and not isinstance(company, bool):
        left.pop("company")
        company = {"name": str(company)}
    elif isinstance(company, dict):
        company = left.pop("company")
    else:
        return None, []
    external_id, problems = _text(f"{path}.company.id", company.get("id") or company.get("name"), 200)
    if not external_id or problems:
        return None, problems
    known = {"id", *COMPANY, "website", "country", "address"}
    rest = {name: value for name, value in company.items() if name not in known}
    if rest:
        left["company"] = rest
    return read_company(external_id, company, f"{path}.company")


def _place(left: dict[str, Any], context: Mapping[str, Any], fields: dict[str, str]) -> None:
    """Take country, language and time zone where they are ones we know; others stay attributes, and are not lost."""
    address = left.get("address")
    if code := country_code(left.get("country")):
        fields["country"] = code
        del left["country"]
    if isinstance(address, dict) and (code := country_code(address.get("country"))):
        fields.setdefault("country", code)
        left["address"] = {name: value for name, value in address.items() if name != "country"}
    for trait in ("language", "locale"):
        if language := _language(left.get(trait)):
            fields.setdefault("language", language)
            del left[trait]
    if language := _language(context.get("locale")):
        fields.setdefault("language", language)
    for trait in ("timezone", "timeZone", "time_zone"):
        if isinstance(zone := left.get(trait), str) and zone in zones():
            fields.setdefault("time_zone", zone)
            del left[trait]
    if isinstance(zone := context.get("timezone"), str) and zone in zones():
        fields.setdefault("time_zone", zone)


def _language(said: Any) -> str | None:
    code = re.split("[-_]", said.strip().lower())[0] if isinstance(said, str) else ""
    return code if code in LANGUAGES else None


def _domain(website: Any) -> str | None:
    if not isinstance(website, str):
        return None
    try:
        host = urlsplit(website if "//" in website else f"//{website}").hostname or ""
    except ValueError:  # a bracket that never closes
        return None
    return host.removeprefix("www.") or None


def _flat(left: Mapping[str, Any]) -> dict[str, Any]:
    """Name what is one level deeper with a dot, and cut instants that mean a day."""
    found: dict[str, Any] = {}
    for name, value in left.items():
        inner = value.items() if isinstance(value, dict) else ()
        found.update({f"{name}.{key}": deeper for key, deeper in inner} if inner else {name: value})
    for name in DAYS:
        if isinstance(found.get(name), str) and (day := INSTANT.match(found[name])) and _is_instant(found[name]):
            found[name] = day[1]
    return found


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
