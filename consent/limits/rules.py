"""Contact rules as sentences for people."""

from datetime import time, timedelta

from orchestrator.kernel.fields import translated

HOUR, DAY = 3600, 86_400
UNITS = {
    DAY: {"en": ("day", "days"), "de": ("Tag", "Tagen")},
    HOUR: {"en": ("hour", "hours"), "de": ("Stunde", "Stunden")},
    60: {"en": ("minute", "minutes"), "de": ("Minute", "Minuten")},
}
CHANNELS = {
    "": {"en": "in all channels together", "de": "über alle Kanäle zusammen"},
    "email": {"en": "by e-mail", "de": "per E-Mail"},
}
OVERFLOW = {
    "hold": {"en": "what is more waits until there is room", "de": "was darüber liegt, wartet, bis Platz ist"},
    "drop": {"en": "what is more is dropped", "de": "was darüber liegt, wird verworfen"},
}


def say_limit(most: int, window: timedelta, channel: str, overflow: str, language: str | None = None) -> str:
    """Say a limit, e.g. "At most 3 messages by e-mail in 7 days; what is more is dropped."."""
    spans = {code: _span(window, code) for code in ("en", "de")}
    where = {code: translated(CHANNELS.get(channel, channel), code) for code in ("en", "de")}
    rest = {code: translated(OVERFLOW[overflow], code) for code in ("en", "de")}
    return translated(
        {
            "en": f"At most {most} {'message' if most == 1 else 'messages'} {where['en']} in {spans['en']}; {rest['en']}.",
            "de": f"Höchstens {most} {'Nachricht' if most == 1 else 'Nachrichten'} {where['de']} in {spans['de']}; {rest['de']}.",
        },
        language,
    )


def say_quiet_hours(starts: time, ends: time, channel: str, language: str | None = None) -> str:
    """Say quiet hours, e.g. "Quiet from 20:00 to 08:00 at the person's place, in all channels."."""
    en = "in every channel" if not channel else translated(CHANNELS.get(channel, channel), "en")
    de = "in jedem Kanal" if not channel else translated(CHANNELS.get(channel, channel), "de")
    return translated(
        {
            "en": f"Quiet from {starts:%H:%M} to {ends:%H:%M} at the person's place, {en}.",
            "de": f"Ruhe von {starts:%H:%M} bis {ends:%H:%M} Uhr am Ort der Person, {de}.",
        },
        language,
    )


def _span(window: timedelta, language: str) -> str:
    seconds = int(window.total_seconds())
    size = next((size for size in UNITS if seconds >= size and seconds % size == 0), 60)
    number = max(1, seconds // size)
    return f"{number} {UNITS[size][language][number != 1]}"
