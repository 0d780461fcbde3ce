"""Offers, pure: why somebody did not get one, codes that nobody can guess, when something runs out, what contradicts."""

import re
import secrets
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from orchestrator.kernel.fields import translated

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs that nobody takes for each other: no 0 O, no 1 I
LENGTH = 12  # 60 bits
GROUP = 4
MOST_CODES = 200_000  # at once
LONGEST_CODE = 60
CODE = re.compile(r"[^\s\x00-\x1f\x7f,;\"']+")
TOKEN = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
DISCOUNTS = frozenset(["discount", "voucher", "free_shipping"])  # two of these for one person contradict each other
DECISIONS = {  # what an offer step decided, in the order of the gates; "" is an offer
    "": ("got the offer", "hat das Angebot bekommen"),
    "kept": ("has this offer already and keeps it", "hat dieses Angebot bereits und behält es"),
    "holdout": (
        "is in the holdout: goes the same way, gets nothing",
        "ist in der Kontrollgruppe: geht denselben Weg, bekommt nichts",
    ),
    "not_live": ("the offer is not live", "das Angebot ist nicht live"),
    "not_valid": ("the offer is not valid at this time", "das Angebot gilt zu dieser Zeit nicht"),
    "other_phase": ("the person is in another phase", "die Person ist in einer anderen Phase"),
    "other_segment": ("the offer is only for other segments", "das Angebot gilt nur für andere Segmente"),
    "not_eligible": (
        "the person does not meet the conditions of the offer",
        "die Person erfüllt die Bedingungen des Angebots nicht",
    ),
    "resting": (
        "the person declined an offer and rests from offers",
        "die Person hat ein Angebot abgelehnt und hat Ruhe vor Angeboten",
    ),
    "other_offer": ("the person has another open offer", "die Person hat ein anderes offenes Angebot"),
    "account_promised": (
        "somebody else at the company has another open offer",
        "jemand anderes in der Firma hat ein anderes offenes Angebot",
    ),
    "grants_used_up": ("the offer was made as often as allowed", "das Angebot wurde so oft gemacht wie erlaubt"),
    "budget_used_up": ("the budget is used up", "das Budget ist aufgebraucht"),
    "codes_used_up": ("no code is left", "es ist kein Code mehr übrig"),
}
OFFERED = ("", "kept", "holdout")  # whoever goes on as somebody with an offer
AGAINST = {  # why a message with an offer is not sent
    "no_grant": ("the person was not given this offer", "die Person hat dieses Angebot nicht bekommen"),
    "not_open": ("the offer is not open any more", "das Angebot ist nicht mehr offen"),
    "not_valid": ("the offer is not valid any more", "das Angebot gilt nicht mehr"),
    "other_segment": DECISIONS["other_segment"],
    "other_offer": DECISIONS["other_offer"],
    "account_promised": DECISIONS["account_promised"],
}
CONFLICTS = {
    "exclusive": (
        "both offers are only for certain segments, and the same people are in both",
        "beide Angebote gelten nur für bestimmte Segmente, und dieselben Personen sind in beiden",
    ),
    "discounts": ("the same people would get two discounts", "dieselben Personen bekämen zwei Rabatte"),
    "overlap": ("the same people are in both journeys now", "dieselben Personen sind jetzt in beiden Journeys"),
    "same_phase": ("both journeys speak to the same phase", "beide Journeys sprechen dieselbe Phase an"),
}


class ReadCodes(NamedTuple):
    """Codes out of a paste or a file. twice: given more than once. wrong: the first lines that cannot be codes."""

    codes: list[str]
    twice: int
    wrong: list[str]


class TooManyCodes(ValueError):
    """More codes than can be taken in at once."""


def read_codes(text: str) -> ReadCodes:
    """Read codes, one a line; of a line with commas or semicolons the first value, without its quotes.

    Raises TooManyCodes.
    """
    found: dict[str, None] = {}
    twice, wrong = 0, []
    lines = text.removeprefix("\ufeff").splitlines()
    if len(lines) > MOST_CODES:
        raise TooManyCodes(f"{len(lines)} > {MOST_CODES}")
    for line in lines:
        code = re.split(r"[,;\t]", line.strip(), maxsplit=1)[0].strip().strip("\"'")
        if not code:
            continue
        if not CODE.fullmatch(code) or len(code) > LONGEST_CODE:
            wrong.append(line.strip()[:LONGEST_CODE])
        elif code in found:
            twice += 1
        else:
            found[code] = None
    return ReadCodes(list(found), twice, wrong)


def new_codes(count: int, prefix: str = "") -> list[str]:
    """Make codes of 60 random bits each, in groups of four: "SPRING-7K2M-XQ4D-PB9T". Raises TooManyCodes."""
    if count > MOST_CODES:
        raise TooManyCodes(f"{count} > {MOST_CODES}")
    made: set[str] = set()
    while len(made) < count:
        signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        groups = [signs[i : i + GROUP] for i in range(0, LENGTH, GROUP)]
        made.add("-".join([prefix, *groups] if prefix else groups))
    return sorted(made)


def days_left(left: Decimal | int | None, used_in_a_week: Decimal | int) -> int | None:
    """In how many days something is used up at last week's pace; None when it has no end or nothing is used."""
    if left is None or used_in_a_week <= 0:
        return None
    return max(0, int(Decimal(left) * 7 / Decimal(used_in_a_week)))


def say_decision(code: str, language: str | None = None) -> str:
    """Say what an offer step decided, "en" or "de", the active language when None. Raises KeyError."""
    en, de = DECISIONS[code]
    return translated({"en": en, "de": de}, language)


def say_against(code: str, language: str | None = None) -> str:
    """Say why a message with an offer is not sent. Raises KeyError."""
    en, de = AGAINST[code]
    return translated({"en": en, "de": de}, language)


def say_conflict(code: str, language: str | None = None) -> str:
    """Say what is wrong with two offers at once. Raises KeyError."""
    en, de = CONFLICTS[code]
    return translated({"en": en, "de": de}, language)


def contradictions(mine: str, other: str, *, same: bool, exclusive: bool, shared: int) -> Iterable[str]:
    """List what is wrong with two offers, given their kinds, whether both name segments, and how many people share them."""
    if same:
        return []
    found = []
    if exclusive and shared:
        found.append("exclusive")
    if mine in DISCOUNTS and other in DISCOUNTS:
        found.append("discounts")
    found.append("overlap" if shared else "same_phase")
    return found
