"""What a batch of letters may be, and how an address is written on an envelope."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST = 200  # letters in one batch: of two pages each they take about ten seconds to become a file


def address_lines(
    *,
    name: str,
    company: str,
    street: str,
    postal_code: str,
    city: str,
    country: str,
    home: str,
    countries: Mapping[str, str],
) -> list[str]:
    """Write an address in up to six lines as DIN 5008 has them: the country last, in capitals, and abroad only."""
    lines = [company, name, street, f"{postal_code} {city}"]
    if country and country != home:
        lines.append(countries.get(country, country).upper())
    return [line for line in (" ".join(one.split()) for one in lines) if line]


def paragraphs(text: str) -> list[list[str]]:
    """Part a text: paragraphs where a line is empty, each as its lines."""
    found = [[line.strip() for line in part.split("\n")] for part in text.replace("\r\n", "\n").split("\n\n")]
    return [[line for line in part if line] for part in found if any(part)]


def closes_at(opened_at: datetime, *, hour: int, zone: str) -> datetime:
    """Say when a batch closes by itself: at the next full hour that was set, on the clock of the team."""
    local = opened_at.astimezone(ZoneInfo(zone))
    end = datetime.combine(local.date(), time(hour), ZoneInfo(zone))
    return end if end > local else datetime.combine(local.date() + timedelta(days=1), time(hour), ZoneInfo(zone))
