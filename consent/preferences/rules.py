"""What a signed link names, how long things hold, and how long somebody may pause."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

FORM = re.compile(r"([1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})(?:-([A-Za-z0-9_-]{1,50}))?", re.ASCII)
NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
CONFIRM_WITHIN = timedelta(days=7)
# how often one address is asked to confirm: (at most, in)
ASKED_AT_MOST = ((1, timedelta(hours=24)), (3, timedelta(days=30)))
FORGET_AFTER = timedelta(days=31)  # what nobody confirmed; longer than any window of ASKED_AT_MOST
EXTRA_FIELDS = ("first_name", "last_name", "country")
TEXT_LIMIT = 100
LONGEST_PAUSE = timedelta(days=730)
PAUSES = {"1w": timedelta(weeks=1), "2w": timedelta(weeks=2), "4w": timedelta(weeks=4)}
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Subject(NamedTuple):
    """Whose link it is, in which touch it went out (0: in none), and for which topic (empty: e-mail marketing itself)."""

    contact_id: int
    touch_id: int
    topic: str = ""


class BadPause(Exception):
    """The end of a pause is no day, over already, or further away than two years."""


def written(subject: Subject) -> str:
    """Write a subject as text that can be signed."""
    return f"{subject.contact_id}-{subject.touch_id}" + (f"-{subject.topic}" if subject.topic else "")


def read(text: str) -> Subject | None:
    """Read a subject back; None when the text is not one."""
    found = FORM.fullmatch(text)
    return Subject(int(found[1]), int(found[2]), found[3] or "") if found else None


def may_ask(asked: Iterable[datetime], now: datetime) -> bool:
    """Whether an address may be asked once more to confirm, after having been asked at these times."""
    times = list(asked)
    return all(sum(at > now - window for at in times) < most for most, window in ASKED_AT_MOST)


def pause_until(choice: str, day: str, *, zone: str, now: datetime) -> datetime | None:
    """Say until when somebody wants a pause; None when they want none.

    choice: empty, a key of PAUSES, "3m", or "day" (until the beginning of `day`, ISO, where the person lives).
    Raises BadPause.
    """
    if not choice:
        return None
    if choice in PAUSES:
        return now + PAUSES[choice]
    here = now.astimezone(ZoneInfo(zone))
    if choice == "3m":
        year, month = here.year + (here.month + 2) // 12, (here.month + 2) % 12 + 1
        last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        return here.replace(year=year, month=month, day=min(here.day, last)).astimezone(UTC)
    try:
        until = datetime.combine(date.fromisoformat(day if choice == "day" else ""), time.min, ZoneInfo(zone))
    except ValueError as error:
        raise BadPause from error
    if not now < until <= now + LONGEST_PAUSE:
        raise BadPause
    return until.astimezone(UTC)


def one_line(text: str) -> str:
    """What somebody wrote about themselves, on one line and no longer than a name is."""
    return " ".join(BREAKS.sub(" ", text).split())[:TEXT_LIMIT]
