"""Who the demo company knows: contacts and companies, from a fixed seed."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contacts.accounts.operations import NewAccount
from contacts.profiles.operations import NewContact
from orchestrator.demo import words

# country, weight, share of people there who read English
COUNTRIES = (("DE", 68, 0.05), ("AT", 17, 0.04), ("CH", 15, 0.10))
KINDS = (("browser", 46), ("buyer", 36), ("regular", 18))
SHARE_B2B = 0.085
CONSENT_SHARES = {"email_marketing": 0.72, "profiling": 0.62, "third_party": 0.26}
ASCII = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss", ord(" "): "-"}
WITHDRAWN = 0.06  # of those who agreed to something


@dataclass(frozen=True)
class Person:
    """An invented person with habits; `kind` is browser, buyer, regular or project (B2B)."""

    number: int
    kind: str
    taste: str
    created_at: datetime
    quiet_from: datetime  # comes no more after this
    consents: dict[str, bool]
    withdrawn_at: datetime | None
    said: dict[str, Any] = field(repr=False)

    def contact(self) -> NewContact:
        """What the shop knows about this person at the start."""
        return NewContact(**self.said)


def companies(*, seed: int, count: int) -> list[NewAccount]:
    """Invent companies. The same seed gives the same ones."""
    dice = random.Random(f"{seed}:companies")
    found: dict[str, NewAccount] = {}
    industries = list(words.INDUSTRIES)
    while len(found) < count:
        industry = dice.choice(industries)
        start = dice.choice(words.COMPANY_STARTS)
        name = f"{dice.choice(words.INDUSTRIES[industry])} {start}"
        slug = _ascii(name)
        if slug in found:
            continue
        country = _country(dice)[0]
        found[slug] = NewAccount(f"A-{len(found) + 1:04d}", name, f"{slug}.example", industry, country)
    return list(found.values())


def people(*, seed: int, count: int, accounts: list[NewAccount], start: datetime, now: datetime) -> Iterator[Person]:
    """Invent people who came between start and now, ever more of them; ordered by nothing in particular."""
    for number in range(1, count + 1):
        yield person(seed=seed, number=number, accounts=accounts, start=start, now=now)


def person(*, seed: int, number: int, accounts: list[NewAccount], start: datetime, now: datetime) -> Person:
    """Invent one person: the same seed and number give the same one."""
    dice = random.Random(f"{seed}:person:{number}")
    created_at = start + (now - start) * math.sqrt(dice.random())
    works_for = dice.choice(accounts) if accounts and dice.random() < SHARE_B2B else None
    country, english = _country(dice)
    language = "en" if dice.random() < english else "de"
    first = dice.choice(words.FIRST_NAMES[language])
    last = dice.choice(words.LAST_STARTS) + dice.choice(words.LAST_ENDS)
    kind = "project" if works_for else dice.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0]
    taste = "office" if works_for else dice.choice(words.CATEGORIES)
    domain = works_for.domain if works_for else dice.choice(words.PRIVATE_DOMAINS)
    said: dict[str, Any] = {
        "external_id": f"NL-{number:05d}",
        "email": f"{_ascii(first)}.{_ascii(last)}.{number}@{domain}",
        "first_name": first,
        "last_name": last,
        "language": language,
        "country": works_for.country if works_for else country,
        "attributes": {"customer_number": f"NL-{number:05d}"},
    }
    if works_for:
        said |= {"account": works_for.external_id, "job_title": dice.choice(words.JOB_TITLES[language])}
    if dice.random() < 0.6:
        said["attributes"]["favourite_category"] = taste
    consents = {purpose: dice.random() < share for purpose, share in CONSENT_SHARES.items()}
    months = {"browser": 7, "buyer": 9, "regular": 26, "project": 12}[kind]
    quiet_from = created_at + timedelta(days=30 * dice.expovariate(1 / months))
    takes_back = any(consents.values()) and dice.random() < WITHDRAWN
    withdrawn_at = created_at + (now - created_at) * dice.random() if takes_back else None
    return Person(number, kind, taste, created_at, quiet_from, consents, withdrawn_at, said)


def ways(number: int, place: int) -> dict[str, Any]:
    """How somebody is reached beside mail. place: counts up, since no two people share a phone number."""
    streets, towns = words.STREETS, words.TOWNS
    postal_code, city = towns[number % len(towns)]
    street = f"{streets[number % len(streets)]} {number % 90 + 1}"
    return {
        "phone": f"+447700900{place:03d}",
        "attributes": {"street": street, "postal_code": postal_code, "city": city},
    }


def _country(dice: random.Random) -> tuple[str, float]:
    country, _, english = dice.choices(COUNTRIES, [weight for _, weight, _ in COUNTRIES])[0]
    return country, english


def _ascii(text: str) -> str:
    return text.lower().translate(ASCII)
