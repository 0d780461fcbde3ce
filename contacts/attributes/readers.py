"""Reads numbers, days and instants the way people write them in files."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

GROUPS = r"[ \u00a0\u202f'\u2019{}]"  # between thousands: blanks, Swiss apostrophes, and the other of point and comma
CURRENCY = re.compile(r"^(?:€|\$|£|EUR|USD|CHF|GBP)\s*|\s*(?:€|\$|£|EUR|USD|CHF|GBP)$")
YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})(\d{2})(\d{2})")
YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
NAMED = re.compile(r"(\d{1,2})[. -]+([^\W\d_]+)[., -]+(\d{4})|([^\W\d_]+)\.? (\d{1,2})(?:,|\.)? (\d{4})")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*(Z|[+-]\d{2}:?\d{2})?", re.I)
MONTHS = {
    **{
        "jan": 1,
        "feb": 2,
        "mar": 3,
        "apr": 4,
        "may": 5,
        "jun": 6,
        "jul": 7,
        "aug": 8,
        "sep": 9,
        "oct": 10,
        "nov": 11,
        "dec": 12,
    },
    **{"mär": 3, "mrz": 3, "mae": 3, "mai": 5, "okt": 10, "dez": 12},
}


def read_number(text: str, decimal: str) -> int | float:
    """Read "1.234,5" (decimal comma) or "1,234.5" (decimal point), with a sign and a currency or without.

    Returns a whole number where nothing but noughts follow the decimal sign. Raises ValueError.
    """
    other = "." if decimal == "," else ","
    text = CURRENCY.sub("", text.strip()).replace("\u2212", "-")
    groups = GROUPS.format(re.escape(other))
    found = re.fullmatch(
        rf"([+-]?)(\d{{1,15}}|\d{{1,3}}(?:({groups})\d{{3}})(?:\3\d{{3}})*)(?:{re.escape(decimal)}(\d{{1,15}}))?", text
    )
    if not found:
        raise ValueError(text)
    whole, fraction = re.sub(r"\D", "", found[2]), (found[4] or "").rstrip("0")
    sign = "-" if found[1] == "-" else ""
    return float(f"{sign}{whole}.{fraction}") if fraction else int(f"{sign}{whole}")


def read_day(text: str, day_first: bool | None) -> date:
    """Read a day: "2026-03-01", "1.3.2026", "1. März 2026", "Mar 1, 2026", and "1/3/2026" by day_first.

    day_first: whether the day stands before the month between slashes and dashes; with points it always does.
    None refuses what can be read both ways. Raises ValueError with an English and a German reason.
    """
    text = " ".join(text.split())
    if found := YEAR_FIRST.fullmatch(text):
        year, month, day = (found[1], found[3], found[4]) if found[1] else (found[5], found[6], found[7])
    elif found := YEAR_LAST.fullmatch(text):
        first, second, year = found[1], found[3], found[4]
        if found[2] != "." and day_first is None and first != second and int(first) <= 12 and int(second) <= 12:
            raise ValueError("both")
        before = found[2] == "." or (int(first) > 12 if day_first is None else day_first)
        day, month = (first, second) if before else (second, first)
    elif found := NAMED.fullmatch(text):
        name = (found[2] or found[4]).lower()
        if name[:3] not in MONTHS:
            raise ValueError(text)
        day, month, year = found[1] or found[5], str(MONTHS[name[:3]]), found[3] or found[6]
    else:
        raise ValueError(text)
    return date(int(year), int(month), int(day))


def read_midnight(text: str, day_first: bool | None) -> date:
    """Read a day that may have midnight behind it, as spreadsheets write days. Raises ValueError."""
    day, clock = _divide(text)
    if clock and (clock[1], clock[2], clock[3] or "00", (clock[4] or "0").strip("0")) not in (
        ("00", "00", "00", ""),
        ("0", "00", "00", ""),
    ):
        raise ValueError(text)
    return read_day(day, day_first)


def read_instant(text: str, day_first: bool | None, zone: ZoneInfo | None) -> datetime:
    """Read a day with a time, in UTC. zone: where a time without an offset was meant. Raises ValueError."""
    day, clock = _divide(text)
    if clock is None:
        raise ValueError(text)
    on, micros = read_day(day, day_first), (clock[4] or "").ljust(6, "0")
    local = datetime(on.year, on.month, on.day, int(clock[1]), int(clock[2]), int(clock[3] or 0), int(micros))  # noqa: DTZ001  the zone follows
    if clock[5]:
        offset = "+0000" if clock[5].upper() == "Z" else clock[5].replace(":", "")
        return in_utc(
            datetime.strptime(f"{local:%Y-%m-%d %H:%M:%S.%f}".rjust(26, "0") + offset, "%Y-%m-%d %H:%M:%S.%f%z")
        )
    if zone is None:
        raise ValueError("offset")
    return in_utc(local.replace(tzinfo=zone))


def in_utc(at: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError beyond the years 1 to 9999 and without an offset."""
    if at.tzinfo is None:
        raise ValueError("offset")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(str(at)) from None


def _divide(text: str) -> tuple[str, re.Match[str] | None]:
    """Part the day from the time behind it."""
    text = " ".join(text.split())
    found = CLOCK.search(text)
    if not found or found.end() != len(text) or found.start() == 0:
        return text, None
    return text[: found.start()].rstrip(" ,T"), found
