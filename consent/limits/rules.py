"""Contact rules: what they say as sentences, what of them cannot be meant, and what they would hold back."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time, timedelta
from typing import NamedTuple

from orchestrator.kernel.fields import translated

HOUR, DAY = 3600, 86_400
MINUTES_A_DAY = 24 * 60
Texts = Mapping[str, str]
CHANNELS: dict[str, dict[str, str]] = {
    "": {"en": "in all channels together", "de": "über alle Kanäle zusammen"},
    "email": {"en": "by e-mail", "de": "per E-Mail"},
    "sms": {"en": "by SMS", "de": "per SMS"},
    "push": {"en": "by push message", "de": "per Push-Nachricht"},
    "letter": {"en": "by letter", "de": "per Brief"},
    "onsite": {"en": "on the site", "de": "auf der Website"},
}
OVERFLOW = {
    "hold": {"en": "what is more waits until there is room", "de": "was darüber liegt, wartet, bis Platz ist"},
    "drop": {"en": "what is more is dropped", "de": "was darüber liegt, wird verworfen"},
    "next": {"en": "what is more tries the next channel", "de": "was darüber liegt, versucht den nächsten Kanal"},
}
UNITS = {
    DAY: {"en": ("day", "days"), "de": ("Tag", "Tagen")},
    HOUR: {"en": ("hour", "hours"), "de": ("Stunde", "Stunden")},
    60: {"en": ("minute", "minutes"), "de": ("Minute", "Minuten")},
}
CALENDARS = {
    "day": {"en": "in a calendar day", "de": "je Kalendertag"},
    "week": {"en": "in a calendar week", "de": "je Kalenderwoche"},
    "month": {"en": "in a calendar month", "de": "je Kalendermonat"},
}
CALENDAR_SPANS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
WEEKDAYS = {"en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")}
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


class Moment(NamedTuple):
    """A message that would go out. group: whose limit it counts under. at: seconds. bucket: its calendar window."""

    group: int
    at: float
    bucket: int


class Quiet(NamedTuple):
    """Quiet hours: local from and to, over midnight where `to` is before `from`; weekdays of the start, empty: all."""

    starts: time
    ends: time
    weekdays: tuple[int, ...] = ()


def held_back(moments: Iterable[Moment], *, most: int, window: float | None) -> Iterator[bool]:
    """Say of each message whether a limit would hold it back: a stream in order of time in, one answer each out.

    window: seconds of a sliding one, (at - window, at]; None counts in calendar buckets. What is held back takes no
    place under the limit. Memory: `most` instants a group, whatever the number of messages.
    """
    if window is None:
        counted: dict[int, tuple[int, int]] = {}
        for group, _, bucket in moments:
            last, used = counted.get(group, (bucket, 0))
            used = used if last == bucket else 0
            over = used >= most
            counted[group] = bucket, used + (not over)
            yield over
        return
    gone: dict[int, deque[float]] = {}
    for group, at, _ in moments:
        taken = gone.get(group)
        if taken is None:
            taken = gone[group] = deque(maxlen=most)
        over = most == 0 or (len(taken) == most and taken[0] > at - window)
        if not over:
            taken.append(at)
        yield over


def always_quiet(windows: Sequence[Quiet]) -> bool:
    """Whether quiet hours leave no minute of the week free; equal times are no window, as the arbiter sees them."""
    free = bytearray(b"\1") * (7 * MINUTES_A_DAY)
    for one in windows:
        first, last = _minute(one.starts), _minute(one.ends)
        length = (last - first) % MINUTES_A_DAY
        for day in one.weekdays or EVERY_DAY:
            begin = (day - 1) * MINUTES_A_DAY + first
            for minute in range(begin, begin + length):
                free[minute % len(free)] = 0
    return not any(free)


def say_limit(
    most: int,
    window: timedelta,
    channel: str,
    overflow: str,
    language: str | None = None,
    *,
    calendar: str = "",
    per: str = "person",
    who: str = "",
    purpose: str | Texts = "",
    phase: str | Texts = "",
    lookahead_hours: int = 0,
) -> str:
    """Say a limit, e.g. "At most 3 messages by e-mail in 7 days; what is more is dropped."."""
    said = {}
    for code in ("en", "de"):
        where = translated(CHANNELS.get(channel, channel), code)
        span = CALENDARS[calendar][code] if calendar else f"in {_span(window, code)}"
        about, of = translated(dict(purpose) if not isinstance(purpose, str) else purpose, code), _of(phase, code)
        said[code] = _LIMIT[code].format(
            most=most,
            messages=_MESSAGES[code][most != 1],
            about=_ABOUT[code].format(about) if about else "",
            of=of,
            account=_ACCOUNT[code] if per == "account" else "",
            less=_LESS[code] if who == "less" else "",
            where=where,
            span=span,
            rest=translated(OVERFLOW[overflow], code),
            ahead=_AHEAD[code].format(lookahead_hours) if lookahead_hours else "",
        )
    return translated(said, language)


def say_quiet_hours(
    starts: time,
    ends: time,
    channel: str,
    language: str | None = None,
    *,
    country: str = "",
    weekdays: Sequence[int] = (),
    holidays: bool = False,
) -> str:
    """Say quiet hours, e.g. "Quiet from 20:00 to 08:00 at the person's place, in every channel."."""
    en = "in every channel" if not channel else translated(CHANNELS.get(channel, channel), "en")
    de = "in jedem Kanal" if not channel else translated(CHANNELS.get(channel, channel), "de")
    some = tuple(weekdays) if 0 < len(set(weekdays)) < 7 else ()
    days = {code: ", ".join(WEEKDAYS[code][day - 1] for day in sorted(some)) for code in WEEKDAYS}
    place = {"en": f" to people in {country}", "de": f" für Personen in {country}"} if country else {"en": "", "de": ""}
    return translated(
        {
            "en": f"Quiet from {starts:%H:%M} to {ends:%H:%M} at the person's place{' (' + days['en'] + ')' if some else ''}, "
            f"{en}{place['en']}{', and all day on public holidays of their country' if holidays else ''}.",
            "de": f"Ruhe von {starts:%H:%M} bis {ends:%H:%M} Uhr am Ort der Person{' (' + days['de'] + ')' if some else ''}, "
            f"{de}{place['de']}{', und an Feiertagen ihres Landes den ganzen Tag' if holidays else ''}.",
        },
        language,
    )


def say_rest(hours: int, phase: str | Texts = "", language: str | None = None) -> str:
    """Say a rest, e.g. "No marketing for 3 days after somebody has reached the goal of a journey."."""
    spans = {code: _span(timedelta(hours=hours), code) for code in ("en", "de")}
    return translated(
        {
            "en": f"No marketing for {spans['en']} after somebody has reached the goal of a journey{_of(phase, 'en')}.",
            "de": f"Wer das Ziel einer Journey{_of(phase, 'de')} erreicht hat, bekommt danach kein Marketing: Ruhe von {spans['de']}.",
        },
        language,
    )


_MESSAGES = {"en": ("message", "messages"), "de": ("Nachricht", "Nachrichten")}
_ABOUT = {"en": " about “{}”", "de": " zu „{}“"}
_ACCOUNT = {"en": " to an account", "de": " an eine Firma"}
_LESS = {"en": " to people who want less", "de": " an Personen, die weniger wollen,"}
_AHEAD = {
    "en": " A place may be kept {} h for a journey that is worth more.",
    "de": " Ein Platz kann {} Std. für eine wichtigere Journey freigehalten werden.",
}
_LIMIT = {
    "en": "At most {most} {messages}{about}{of}{account}{less} {where} {span}; {rest}.{ahead}",
    "de": "Höchstens {most} {messages}{about}{of}{account}{less} {where} {span}; {rest}.{ahead}",
}


def _of(phase: str | Texts, language: str) -> str:
    name = translated(phase if isinstance(phase, str) else dict(phase), language)
    return {"en": f" of type {name}", "de": f" der Art {name}"}[language] if name else ""


def _span(window: timedelta, language: str) -> str:
    seconds = int(window.total_seconds())
    size = next((size for size in UNITS if seconds >= size and seconds % size == 0), 60)
    number = max(1, seconds // size)
    return f"{number} {UNITS[size][language][number != 1]}"


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
