"""A send step as a sentence, and the labels on its ways out."""

from typing import Any

from contacts.conditions.language import say
from contacts.conditions.names import Names, quoted
from contacts.conditions.rules import say_duration
from journeys.steps.base import EXPIRES
from journeys.steps.sent import WAIT_FOR
from journeys.steps.slots import slot_name

CHANNELS = {
    "email": {"en": "e-mail", "de": "E-Mail"},
    "sms": {"en": "SMS", "de": "SMS"},
    "push": {"en": "push message", "de": "Push-Nachricht"},
    "letter": {"en": "letter", "de": "Brief"},
    "onsite": {"en": "message on the site", "de": "Nachricht auf der Website"},
}
UNCHOSEN = {"en": "with content that is not chosen yet", "de": "mit noch nicht gewähltem Inhalt"}
TEXT = {"en": "{} {}, within {} or not at all", "de": "{} {}, innerhalb von {} oder gar nicht"}
SLOT = {"en": ", in the slot “{}”", "de": ", im Slot „{}“"}
OFFER = {"en": ", with the offer {}", "de": ", mit dem Angebot {}"}
VERDICT = {"en": "; waits until it is decided", "de": "; wartet, bis entschieden ist"}
REACTION = {"en": "; waits at most {} {}", "de": "; wartet höchstens {} {}"}
REACTIONS = {
    "clicked": {"en": "for a click", "de": "auf einen Klick"},
    "opened": {"en": "until it is opened", "de": "bis sie geöffnet wird"},
}
UNTIL = {"en": "until {}", "de": "bis: {}"}
REACTED = {
    "clicked": {"en": "clicked", "de": "geklickt"},
    "opened": {"en": "opened", "de": "geöffnet"},
}
WAYS = {
    "next": {"en": "sent", "de": "gesendet"},
    "not_sent": {"en": "not sent", "de": "nicht gesendet"},
    "reacted": {"en": "reacted", "de": "hat reagiert"},
    "timeout": {"en": "no reaction within {}", "de": "keine Reaktion innerhalb von {}"},
}


def say_send(settings: dict[str, Any], language: str, names: Names | None = None) -> str:
    """The step as a sentence."""
    slug = settings.get("block")
    name = quoted(names, "block", slug, language) if slug else UNCHOSEN[language]
    channel = CHANNELS.get(settings.get("channel", "email"), CHANNELS["email"])[language]
    text = TEXT[language].format(channel, name, say_duration(settings.get("expires") or EXPIRES, language, dative=True))
    if settings.get("slot"):
        text += SLOT[language].format(slot_name(settings["slot"], language))
    if settings.get("offer"):
        text += OFFER[language].format(quoted(names, "offer", settings["offer"], language))
    if settings.get("then") == "verdict":
        text += VERDICT[language]
    elif settings.get("then") == "reaction":
        most = say_duration(settings.get("wait_for") or WAIT_FOR, language)
        text += REACTION[language].format(most, _say_reaction(settings.get("reaction", "clicked"), language, names))
    return text


def _say_reaction(given: Any, language: str, names: Names | None) -> str:
    if isinstance(given, str):
        return REACTIONS.get(given, REACTIONS["clicked"])[language]
    return UNTIL[language].format(say(given, language, names))


def say_way(settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
    """The label on a way out; empty where there is one only."""
    then = settings.get("then", "move_on")
    if then == "move_on":
        return ""
    if exit == "timeout":
        most = say_duration(settings.get("wait_for") or WAIT_FOR, language, dative=True)
        return WAYS["timeout"][language].format(most)
    if exit == "next" and then == "reaction":
        given = settings.get("reaction", "clicked")
        return REACTED[given][language] if given in ("clicked", "opened") else WAYS["reacted"][language]
    return WAYS[exit][language]
