"""Lanes, roles, and what holds for a lane and a phase until the team says otherwise."""

from collections.abc import Mapping
from typing import Any

from contacts.stages.rules import Phase

MAIN, SUPPORTING, UNUSED = "main", "supporting", "unused"
ROLES = (MAIN, SUPPORTING, UNUSED)
# what a person meets: channels of messages, ads, and people of ours
LANES = {
    "email": {"en": "E-mail", "de": "E-Mail"},
    "sms": {"en": "SMS", "de": "SMS"},
    "push": {"en": "Push", "de": "Push"},
    "onsite": {"en": "On the site", "de": "Auf der Website"},
    "letter": {"en": "Letter", "de": "Brief"},
    "ads": {"en": "Ads (audiences)", "de": "Anzeigen (Zielgruppen)"},
    "sales": {"en": "Sales", "de": "Vertrieb"},
    "service": {"en": "Service", "de": "Service"},
}
# in the order of the phases: m(ain), s(upporting), u(nused)
_DEFAULTS = {
    "email": "smmmm",
    "sms": "ussss",
    "push": "sssss",
    "onsite": "mmmss",
    "letter": "usssu",
    "ads": "msssu",
    "sales": "ummss",
    "service": "ussms",
}
DEFAULTS: dict[tuple[str, str], str] = {
    (lane, phase.value): {"m": MAIN, "s": SUPPORTING, "u": UNUSED}[letter]
    for lane, letters in _DEFAULTS.items()
    for phase, letter in zip(Phase, letters, strict=True)
}


def lane_of(step: Mapping[str, Any], channels_of: Mapping[str, str]) -> str:
    """Say which lane a step uses; empty when it uses none. channels_of: the channel of content, by its short name."""
    kind = step.get("kind")
    if kind in ("send", "survey"):
        return str(step.get("channel") or channels_of.get(str(step.get("block")), "email"))
    if kind == "audience":
        return "ads" if step.get("action", "add") == "add" else ""
    if kind == "handover":
        return "sales"
    if kind == "task":
        return str(step.get("team") or "sales")
    return ""
