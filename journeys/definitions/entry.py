"""Says how people enter a journey, when they may come again, how many, when they leave, and how it is measured."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language

from consent.purposes.models import Purpose
from contacts.conditions.language import say
from contacts.conditions.names import Names, named, quoted, spaced
from contacts.conditions.rules import say_duration
from journeys.definitions.rules import PURPOSE
from orchestrator.kernel.fields import translated

WORDS: dict[str, dict[str, str]] = {
    "none": {"en": "nobody yet: what lets people in is not chosen", "de": "noch niemand: der Auslöser ist nicht gewählt"},
    "signal": {"en": "signal {} fires", "de": "Signal {} ausgelöst wird"},
    "event": {"en": "{} happens", "de": "{} geschieht"},
    "segment": {"en": "comes into segment {}", "de": "in Segment {} kommt"},
    "segment left": {"en": "leaves segment {}", "de": "Segment {} verlässt"},
    "stage": {"en": "comes into stage {}", "de": "in Stufe {} kommt"},
    "api": {"en": "another system lets the person in (API)", "de": "ein anderes System die Person hineinlässt (API)"},
    "journey goal": {"en": "reaches the goal of journey {}", "de": "das Ziel von Journey {} erreicht"},
    "journey completed": {"en": "comes to the end of journey {}", "de": "ans Ende von Journey {} kommt"},
    "journey left": {"en": "is out of journey {}", "de": "aus Journey {} heraus ist"},
    "outcome": {"en": " with outcome “{}”", "de": " mit Ergebnis „{}“"},
    "once": {"en": "on {} at {}, everybody in segment {}", "de": "am {} um {} Uhr, alle in Segment {}"},
    "day": {"en": "every day at {}, everybody in segment {}", "de": "jeden Tag um {} Uhr, alle in Segment {}"},
    "week": {"en": "every week on {} at {}, everybody in segment {}", "de": "jede Woche {} um {} Uhr, alle in Segment {}"},
    "month": {"en": "every month on day {} at {}, everybody in segment {}", "de": "jeden Monat am {}. um {} Uhr, alle in Segment {}"},
    "from": {"en": "from {}", "de": "ab {}"},
    "until": {"en": "until {}", "de": "bis {}"},
    "local": {"en": "local time of each person", "de": "Ortszeit jeder Person"},
    "team": {"en": "time of the team", "de": "Zeit des Teams"},
    "and": {"en": "and {}", "de": "und {}"},
    "key": {"en": "one run for each {}", "de": "ein Durchlauf für jedes {}"},
    "exclude": {"en": "not in segment {}", "de": "nicht in Segment {}"},
    "never": {"en": "never", "de": "nie"},
    "parallel": {"en": "at any time, by another key", "de": "jederzeit, mit einem anderen Schlüssel"},
    "after leaving": {"en": "after leaving", "de": "nach dem Verlassen"},
    "after start": {"en": "at once after the start", "de": "gleich nach dem Start"},
    "delay leaving": {"en": "{} after leaving", "de": "{} nach dem Verlassen"},
    "delay start": {"en": "{} after the start", "de": "{} nach dem Start"},
    "person": {"en": "at most {} times a person", "de": "höchstens {}-mal je Person"},
    "person 1": {"en": "once a person, for good", "de": "einmal je Person, für immer"},
    "hour": {"en": "at most {} people an hour", "de": "höchstens {} Personen je Stunde"},
    "limit day": {"en": "at most {} people a day", "de": "höchstens {} Personen je Tag"},
    "all": {"en": "at most {} people in all", "de": "höchstens {} Personen insgesamt"},
    "goal": {"en": "the goal “{}” is reached: {}", "de": "das Ziel „{}“ erreicht ist: {}"},
    "within entry": {"en": "within {} of the entry", "de": "innerhalb von {} nach dem Eintritt"},
    "within send": {"en": "within {} of the last message", "de": "innerhalb von {} nach der letzten Nachricht"},
    "within open": {"en": "within {} of the last opened message", "de": "innerhalb von {} nach dem letzten Öffnen"},
    "within click": {"en": "within {} of the last click", "de": "innerhalb von {} nach dem letzten Klick"},
    "exit event": {"en": "{} happens after the entry", "de": "{} nach dem Eintritt geschieht"},
    "segment_left": {"en": "leaves segment {}", "de": "Segment {} verlässt"},
    "exit stage": {"en": "comes into stage {}", "de": "in Stufe {} kommt"},
    "withdrawn": {"en": "consent to {} is withdrawn", "de": "die Einwilligung in {} widerrufen ist"},
    "account": {"en": "the person's company is closed", "de": "die Firma der Person geschlossen ist"},
    "max_age": {"en": "after {} at the latest", "de": "spätestens nach {}"},
    "target": {"en": "{}, target {}", "de": "{}, Ziel {}"},
}  # fmt: skip
MEASURE_NAMES = {
    "goal_share": {"en": "share of people who reach the goal", "de": "Anteil der Personen, die das Ziel erreichen"},
    "click_share": {"en": "share of messages that are clicked", "de": "Anteil der angeklickten Nachrichten"},
    "sent": {"en": "messages sent", "de": "gesendete Nachrichten"},
    "entered": {"en": "people who entered", "de": "eingetretene Personen"},
    "handovers_accepted_share": {"en": "share of leads that sales accept", "de": "Anteil der angenommenen Leads"},
}
DAY_NAMES = {
    "en": {"mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun"},
    "de": {"mon": "Mo", "tue": "Di", "wed": "Mi", "thu": "Do", "fri": "Fr", "sat": "Sa", "sun": "So"},
}


def spoken(language: str | None = None) -> str:
    """The language of a sentence, "en" or "de": the given one, else that of the page."""
    return (language or get_language() or "en")[:2] if (language or get_language() or "en")[:2] == "de" else "en"


def _w(key: str, language: str, *parts: Any) -> str:
    return WORDS[key][language].format(*parts)


def entry_texts(entry: Mapping[str, Any], names: Names | None = None, language: str | None = None) -> list[str]:
    """Say what lets people in, one text a rule; the first is the trigger. An entry without one says so."""
    language = spoken(language)
    texts = [trigger_text(entry, names, language)]
    if entry.get("when"):
        texts.append(_w("and", language, say(entry["when"], language, names)))
    if entry.get("exclude"):
        texts.append(_w("exclude", language, quoted(names, "segment", entry["exclude"], language)))
    if entry.get("key"):
        texts.append(_w("key", language, spaced(entry["key"])))
    return texts


def trigger_text(entry: Mapping[str, Any], names: Names | None = None, language: str | None = None) -> str:
    """Say what opens a journey, as the end of "Enters when ..."."""
    language = spoken(language)
    if entry.get("event"):
        leaf = {key: entry[key] for key in ("event", "where") if entry.get(key)}
        return _w("event", language, say(leaf, language, names))
    if isinstance(entry.get("schedule"), dict):
        return _schedule_text(entry["schedule"], names, language)
    if entry.get("api"):
        return _w("api", language)
    if entry.get("journey"):
        text = _w(f"journey {entry.get('state', 'completed')}", language, quoted(names, "journey", entry["journey"], language))  # fmt: skip
        return text + (_w("outcome", language, entry["outcome"]) if entry.get("outcome") else "")
    for kind in ("signal", "segment", "stage"):
        if entry.get(kind):
            words = "segment left" if kind == "segment" and entry.get("change") == "left" else kind
            return _w(words, language, quoted(names, kind, entry[kind], language))
    return _w("none", language)


def entry_name(entry: Mapping[str, Any], names: Names | None = None, language: str | None = None) -> str:
    """Name what opens a journey in a word or two: the name of the signal, event, segment, stage or journey; or empty."""
    language = spoken(language)
    if isinstance(entry.get("schedule"), dict):
        return named(names, "segment", entry["schedule"].get("segment") or "", language)
    for kind in ("signal", "event", "segment", "stage", "journey"):
        if entry.get(kind):
            return named(names, kind, entry[kind], language)
    return "API" if entry.get("api") else ""


def _schedule_text(schedule: Mapping[str, Any], names: Names | None, language: str) -> str:
    segment = quoted(names, "segment", schedule.get("segment") or "", language)
    if "at" in schedule:
        when = datetime.fromisoformat(schedule["at"])
        text = _w("once", language, say_day(when.date(), language), f"{when:%H:%M}", segment)
    else:
        given: list[Any] = [schedule.get("time") or "?", segment]
        if schedule.get("every") == "week":
            given.insert(0, ", ".join(DAY_NAMES[language][day] for day in DAY_NAMES["en"] if day in schedule.get("days", [])))  # fmt: skip
        if schedule.get("every") == "month":
            given.insert(0, schedule.get("day", 1))
        text = _w(schedule.get("every") or "day", language, *given)
    ends = [_w(end, language, say_day(date.fromisoformat(schedule[end]), language)) for end in ("from", "until") if schedule.get(end)]  # fmt: skip
    return ", ".join([text, *ends, _w("local" if schedule.get("local", True) else "team", language)])


def say_day(day: date, language: str) -> str:
    """Say a day: 1 Dec 2026 as `2026-12-01`, in German `01.12.2026`."""
    return f"{day:%d.%m.%Y}" if language == "de" else day.isoformat()


def reentry_text(entry: Mapping[str, Any], language: str | None = None) -> str:
    """Say when somebody may come in again."""
    language = spoken(language)
    reentry = entry.get("reentry")
    if reentry in ("never", "parallel"):
        return _w(reentry, language)
    rule = reentry if isinstance(reentry, dict) else {}
    after = "start" if rule.get("after") == "start" else "leaving"
    if not rule.get("delay"):
        return _w(f"after {after}", language)
    return _w(f"delay {after}", language, say_duration(rule["delay"], language))


def limit_texts(entry: Mapping[str, Any], language: str | None = None) -> list[str]:
    """Say how many may come in, one text a limit."""
    language, limits = spoken(language), entry.get("limits") or {}
    keys = {"person": "person 1" if limits.get("person") == 1 else "person", "hour": "hour", "day": "limit day", "all": "all"}  # fmt: skip
    return [_w(word, language, f"{limits[key]:,}".replace(",", "." if language == "de" else ",")) for key, word in keys.items() if limits.get(key)]  # fmt: skip


def goal_text(definition: Mapping[str, Any], names: Names | None = None, language: str | None = None) -> str:
    """Say the goal with its window; empty where there is none."""
    language, goal = spoken(language), definition.get("goal")
    if not isinstance(goal, dict) or not goal.get("when"):
        return ""
    rule = say(goal["when"], language, names)
    if goal.get("within"):
        span = say_duration(goal["within"], language, dative=True)
        rule += ", " + _w(f"within {goal.get('from', 'entry')}", language, span)
    return _w("goal", language, translated(goal.get("name"), language), rule)


def exit_text(part: Mapping[str, Any], names: Names | None = None, language: str | None = None) -> str:
    """Say one exit; by its own name where it has one."""
    language = spoken(language)
    if part.get("event"):
        leaf = {key: part[key] for key in ("event", "where") if part.get(key)}
        rule = _w("exit event", language, say(leaf, language, names))
    elif part.get("segment_left"):
        rule = _w("segment_left", language, quoted(names, "segment", part["segment_left"], language))
    elif part.get("stage"):
        rule = _w("exit stage", language, quoted(names, "stage", part["stage"], language))
    else:
        rule = say(part.get("when"), language, names)
    return f"{translated(part['name'], language)}: {rule}" if part.get("name") else rule


def leave_texts(definition: Mapping[str, Any], names: Names | None = None, language: str | None = None) -> list[str]:
    """Say what lets people leave before the end, one text a rule, in the order in which the rules are asked."""
    language = spoken(language)
    texts = [goal_text(definition, names, language)]
    texts += [exit_text(part, names, language) for part in definition.get("exit") or []]
    purpose = definition.get("purpose", PURPOSE)
    if purpose != Purpose.SERVICE:  # a contract is not withdrawn
        texts.append(_w("withdrawn", language, quoted(names, "purpose", purpose, language)))
    texts.append(_w("account", language))
    if definition.get("max_age"):
        texts.append(_w("max_age", language, say_duration(definition["max_age"], language, dative=True)))
    return [text for text in texts if text]


def kpi_texts(definition: Mapping[str, Any], language: str | None = None) -> list[str]:
    """Say what the journey is measured by, the core figure first."""
    language = spoken(language)
    texts = []
    for kpi in definition.get("kpis") or []:
        name, target = translated(kpi.get("name"), language), kpi.get("target")
        share = str(kpi.get("measure")).endswith("_share")
        said = "" if target is None else f"{100 * target:g} %" if share else f"{target:g}"
        texts.append(_w("target", language, name, said) if said else name)
    return texts
