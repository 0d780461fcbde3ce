"""What may happen to a handover, with which reasons, and when an answer is due in business hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.kernel.fields import translated

OPENS, CLOSES = time(9), time(17)
SATURDAY = 5
STRENGTHS = ("strong", "medium", "weak")


class Action(StrEnum):
    """What sales does with a lead."""

    ACCEPT = "accept"
    REJECT = "reject"
    RECYCLE = "recycle"
    WIN = "win"
    LOSE = "lose"


@dataclass(frozen=True)
class Move:
    """From which states an action leads to which state, and the reasons a person can choose from."""

    before: tuple[str, ...]
    after: str
    reasons: tuple[str, ...] = ()
    closes: bool = True


MOVES = {
    Action.ACCEPT: Move(("waiting",), "accepted", closes=False),
    Action.REJECT: Move(
        ("waiting",),
        "rejected",
        ("no_need", "no_budget", "wrong_person", "not_reachable", "known_already", "no_target"),
    ),
    Action.RECYCLE: Move(("waiting", "accepted"), "recycled", ("later", "needs_information", "not_reachable")),
    Action.WIN: Move(("accepted",), "won"),
    Action.LOSE: Move(("accepted",), "lost", ("price", "competitor", "no_decision", "missing_feature", "timing")),
}

REASONS = {
    "merged": {"en": "the person has another conversation already", "de": "mit der Person läuft bereits ein Gespräch"},
    "no_need": {"en": "has no need", "de": "hat keinen Bedarf"},
    "no_budget": {"en": "has no budget", "de": "hat kein Budget"},
    "wrong_person": {"en": "is not the right person", "de": "ist nicht die richtige Person"},
    "not_reachable": {"en": "cannot be reached", "de": "ist nicht erreichbar"},
    "known_already": {"en": "is a lead of ours already", "de": "ist bei uns schon als Lead in Arbeit"},
    "no_target": {"en": "does not fit our customers", "de": "passt nicht zu unseren Zielkunden"},
    "later": {"en": "wants to decide later", "de": "will später entscheiden"},
    "needs_information": {"en": "needs more information first", "de": "braucht zuerst mehr Informationen"},
    "price": {"en": "the price", "de": "der Preis"},
    "competitor": {"en": "chose a competitor", "de": "hat sich für einen Wettbewerber entschieden"},
    "no_decision": {"en": "decided nothing", "de": "hat nichts entschieden"},
    "missing_feature": {"en": "something is missing in our offer", "de": "in unserem Angebot fehlt etwas"},
    "timing": {"en": "the time is wrong", "de": "der Zeitpunkt passt nicht"},
}


def say_reason(code: str, language: str | None = None) -> str:
    """Say why a lead was rejected, recycled or lost; empty for no reason, the code itself for one from before."""
    return translated(REASONS.get(code, code), language)


def business_due(now: datetime, respond_within: timedelta, zone: str) -> datetime:
    """Say when an answer is due that may take so many business hours (Monday to Friday, 9 to 17).

    now: timezone-aware. respond_within counts open hours only: 8 hours are one working day.
    zone: the team's IANA time zone. Returns UTC; public holidays count as working days.
    """
    place = ZoneInfo(zone)
    left = max(respond_within, timedelta())
    day = now.astimezone(place).date()
    while True:
        if day.weekday() < SATURDAY:
            opens, closes = _instant(day, OPENS, place), _instant(day, CLOSES, place)
            start = max(opens, now.astimezone(UTC))
            if start < closes and left <= closes - start:
                return start + left
            left -= max(closes - start, timedelta())
        day += timedelta(days=1)


def _instant(day: date, at: time, place: ZoneInfo) -> datetime:
    """Instants are compared in UTC: two aware times of one zone would be compared by the wall clock."""
    return datetime.combine(day, at, place).astimezone(UTC)


def main_signal(snapshot: Mapping[str, Any]) -> dict[str, Any] | None:
    """Pick the signal to begin the conversation with: the strongest, of these the newest."""
    signals = sorted(snapshot.get("signals", []), key=lambda s: str(s["fired_at"]), reverse=True)
    signals.sort(key=lambda s: STRENGTHS.index(s["strength"]))
    return signals[0] if signals else None
