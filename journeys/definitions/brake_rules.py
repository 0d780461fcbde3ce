"""When too much of a journey's mail comes back: limits, and the sentence that says so."""

from collections.abc import Mapping
from typing import Any

from orchestrator.kernel.fields import translated

BRAKE_OF = 1_000  # the last mails of a journey that are looked at
LEAST = 100  # mails, before a share says anything
COMPLAINTS_WARN, COMPLAINTS_STOP, BOUNCES_STOP = 0.001, 0.003, 0.05
LEAST_COMPLAINTS = 2  # one person alone stops nobody's journey
WARN, STOP = "warn", "stop"
STOPPED = {
    "en": "Stopped by itself: of the last {sent} mails {complained} brought a complaint (0.3 % at most are all right) and {bounced} came back (5 % at most). Find out why before you let it go on.",
    "de": "Hat sich selbst angehalten: Auf die letzten {sent} E-Mails kamen {complained} Beschwerden (vertretbar sind höchstens 0,3 %), und {bounced} kamen zurück (höchstens 5 %). Klären Sie die Ursache, bevor Sie die Journey fortsetzen.",
}
WARNED = {
    "en": "Complaints are rising: {complained} of the last {sent} mails (from 0.3 % on the journey stops by itself).",
    "de": "Die Beschwerden nehmen zu: {complained} auf die letzten {sent} E-Mails (ab 0,3 % hält sich die Journey selbst an).",
}


def brake_level(*, sent: int, bounced: int, complained: int) -> str:
    """Say whether a journey is to be stopped, or warned about; empty when neither."""
    if sent < LEAST:
        return ""
    complaints = complained / sent if complained >= LEAST_COMPLAINTS else 0.0
    if complaints > COMPLAINTS_STOP or bounced / sent > BOUNCES_STOP:
        return STOP
    return WARN if complained / sent > COMPLAINTS_WARN else ""


def say_brake(found: Mapping[str, Any]) -> str:
    """Say what was found, as a sentence in the active language."""
    sentence = STOPPED if found.get("level") == STOP else WARNED
    return translated(sentence).format(**{name: found.get(name, 0) for name in ("sent", "bounced", "complained")})
