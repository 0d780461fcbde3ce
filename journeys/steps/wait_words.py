"""A wait as a sentence, and the labels on its ways out."""

from typing import Any

from contacts.conditions.columns import COLUMN_NAMES, column_name
from contacts.conditions.language import say
from contacts.conditions.names import QUOTES, Names, named
from contacts.conditions.rules import say_duration
from journeys.steps.local_time import DAYS

DAY_NAMES = {
    "en": dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)),
    "de": dict(zip(DAYS, ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"), strict=True)),
}
WORDS = {
    "en": {
        "for": "waits {}",
        "until": "until {}, at most {}",
        "window": "waits for {} local time, {}",
        "days": "waits {} until {} local time",
        "date": "waits for {}",
        "spread": ", spread over {}",
        "at": " at {} local time",
        "yearly": ", every year",
    },
    "de": {
        "for": "wartet {}",
        "until": "bis {}, höchstens {}",
        "window": "wartet auf {} Uhr Ortszeit, {}",
        "days": "wartet {} bis {} Uhr Ortszeit",
        "date": "wartet auf {}",
        "spread": ", verteilt über {}",
        "at": " um {} Uhr Ortszeit",
        "yearly": ", jedes Jahr",
    },
}
SIDES = {"en": {"-": "{} before {}", "+": "{} after {}"}, "de": {"-": "{} vor {}", "+": "{} nach {}"}}
WAYS = {
    "missing": {"en": "no date", "de": "kein Datum"},
    "past": {"en": "already past", "de": "schon vorbei"},
    "next": {"en": "it happened", "de": "ist geschehen"},
}
UNCHOSEN = {"en": "a date that is not chosen yet", "de": "ein noch nicht gewähltes Datum"}


def say_wait(settings: dict[str, Any], language: str, names: Names | None = None) -> str:
    """The step as a sentence."""
    words = WORDS[language]
    if "for" in settings:
        return words["for"].format(say_duration(settings["for"] or "", language))
    if "until" in settings:
        most = say_duration(settings.get("at_most") or "", language)
        return words["until"].format(say(settings["until"], language, names), most)
    text = words["for"].format("…")
    if "window" in settings:
        text = _say_window(settings["window"], language)
    elif "calendar_days" in settings:
        text = words["days"].format(_say_days(settings["calendar_days"], language), settings.get("at", "00:00"))
    elif "date" in settings:
        text = words["date"].format(_say_date(settings["date"], language, names))
    if "spread" in settings:
        text += words["spread"].format(say_duration(settings["spread"], language))
    return text


def _say_window(window: dict[str, Any], language: str) -> str:
    begin, end = window["from"], window.get("to", window["from"])
    hours = f"{begin}–{end}" if end != begin else begin
    return WORDS[language]["window"].format(hours, _say_weekdays(window.get("days", list(DAYS)), language))


def _say_weekdays(days: list[str], language: str) -> str:
    """Days of the week: `any day`, `Mon–Fri`, `Mon, Wed`."""
    if len(days) == 7:
        return {"en": "any day", "de": "an jedem Tag"}[language]
    said = [DAY_NAMES[language][day] for day in DAYS if day in days]
    places = [DAYS.index(day) for day in DAYS if day in days]
    if len(said) > 2 and places[-1] - places[0] == len(said) - 1:
        return f"{said[0]}\u2060–\u2060{said[-1]}"  # never broken at the dash
    return ", ".join(said)


def _say_days(days: int, language: str) -> str:
    one, many = {"en": ("calendar day", "calendar days"), "de": ("Kalendertag", "Kalendertage")}[language]
    return f"{days} {one if days == 1 else many}"


def _say_date(date: dict[str, Any], language: str, names: Names | None) -> str:
    words, key = WORDS[language], date.get("attribute")
    if not key:
        return UNCHOSEN[language]
    name = column_name(key, language) if key in COLUMN_NAMES else named(names, "attribute", key, language)
    text = QUOTES[language].format(name)
    if offset := date.get("offset"):
        text = SIDES[language][offset[0]].format(say_duration(offset[1:], language), text)
    text += words["at"].format(date["at"]) if "at" in date else ""
    return text + (words["yearly"] if date.get("yearly") else "")


def say_way(settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
    """The label on a way out; empty where there is one only."""
    if "date" in settings:
        return WAYS[exit][language] if exit in ("missing", "past") else ""
    if "until" not in settings:
        return ""
    if exit == "timeout":
        most = say_duration(settings.get("at_most") or "", language, dative=True)
        return {"en": "not within {}", "de": "nicht innerhalb von {}"}[language].format(most)
    until = settings["until"] or {}
    if "event" in until:  # short enough for a label without its window
        return say({key: until[key] for key in ("event", "count") if key in until}, language, names)
    return WAYS["next"][language]
