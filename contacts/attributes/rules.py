"""Types of attributes: their names, what a value of each looks like, and how one is read from a text."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from contacts.attributes.readers import in_utc, read_instant, read_midnight, read_number

MAX_KEY = 200  # characters
MAX_TEXT = 10_000  # characters
MAX_LIST = 200  # entries
MAX_CHOICES = 200
LARGEST = 10**15  # numbers stay below, as in conditions
UNSAFE = re.compile(r"[\x00\ud800-\udfff]")
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|z|[+-]\d{2}:?\d{2})")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
YES = frozenset({"yes", "y", "ja", "j", "true", "wahr", "on", "an", "1", "x", "✓"})
NO = frozenset({"no", "n", "nein", "false", "falsch", "off", "aus", "0", "✗"})


class Kind(StrEnum):
    """The type of an attribute's values."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    YES_NO = "yes_no"
    DATE = "date"  # an ISO day, "2026-03-01"
    INSTANT = "instant"  # an ISO instant with its offset
    CHOICE = "choice"
    LIST = "list"  # of texts


KIND_NAMES = {
    Kind.TEXT: {"en": "text", "de": "Text"},
    Kind.NUMBER: {"en": "number", "de": "Zahl"},
    Kind.WHOLE: {"en": "whole number", "de": "ganze Zahl"},
    Kind.YES_NO: {"en": "yes or no", "de": "ja oder nein"},
    Kind.DATE: {"en": "date", "de": "Datum"},
    Kind.INSTANT: {"en": "instant", "de": "Zeitpunkt"},
    Kind.CHOICE: {"en": "choice", "de": "Auswahl"},
    Kind.LIST: {"en": "list", "de": "Liste"},
}
EXPECTED = {
    Kind.TEXT: {"en": "a text", "de": "ein Text"},
    Kind.NUMBER: {"en": "a number", "de": "eine Zahl"},
    Kind.WHOLE: {"en": "a whole number", "de": "eine ganze Zahl"},
    Kind.YES_NO: {"en": "true or false", "de": "true oder false"},
    Kind.DATE: {"en": "a date like 2026-03-01", "de": "ein Datum wie 2026-03-01"},
    Kind.INSTANT: {
        "en": "an instant with its offset like 2026-03-01T10:00:00Z",
        "de": "ein Zeitpunkt mit Abstand zu UTC wie 2026-03-01T10:00:00Z",
    },
    Kind.LIST: {"en": "a list of texts", "de": "eine Liste von Texten"},
}
EXPECTED_TEXT = EXPECTED | {
    Kind.YES_NO: {"en": "yes or no", "de": "ja oder nein"},
    Kind.DATE: {"en": "a date like 2026-03-01 or 1.3.2026", "de": "ein Datum wie 1.3.2026 oder 2026-03-01"},
    Kind.INSTANT: {"en": "a date with a time and its offset", "de": "ein Datum mit Uhrzeit und Abstand zu UTC"},
    Kind.LIST: {"en": "texts, parted by ; or |", "de": "Texte, getrennt durch ; oder |"},
}
LIKE = {",": {"en": " like 1.234,5", "de": " wie 1.234,5"}, ".": {"en": " like 1,234.5", "de": " wie 1,234.5"}}
BOTH_WAYS = {
    "en": "{} can be read both ways: say whether the day or the month comes first",
    "de": "{} lässt sich auf zwei Arten lesen: bitte sagen, ob Tag oder Monat vorn steht",
}
Choices = Sequence[Mapping[str, Any]]


class Unfit(ValueError):
    """A value is not of the type; the message is English, `say` knows German too."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__(texts["en"])
        self.texts = texts

    def say(self, language: str) -> str:
        """The message in a language, "en" or "de"."""
        return self.texts.get(language) or self.texts["en"]


def show(value: Any) -> str:
    """Show a given value in a message, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = UNSAFE.sub("�", text)
    return text if len(text) <= 60 else text[:57] + "..."


def typed(kind: str, value: Any, choices: Choices = ()) -> Any:
    """Check a JSON value and bring it into its one form: 5.0 is the whole number 5, instants are in UTC.

    choices: of the definition; a list with choices takes nothing else. Raises Unfit, a ValueError.
    """
    kind = Kind(kind)
    try:
        return _CHECKS[kind](value, choices)
    except ValueError:
        expected = _one_of(choices) if kind is Kind.CHOICE or (kind is Kind.LIST and choices) else EXPECTED[kind]
        raise _unfit(expected, value) from None


def parse(
    kind: str,
    text: str,
    decimal: str = ".",
    day_first: bool | None = None,
    choices: Choices = (),
    *,
    zone: ZoneInfo | None = None,
) -> Any:
    """Read a value out of a text, e.g. the cell of a file.

    decimal: "," or ".". day_first: whether 1/2/2026 is in February; None refuses what can be read both ways (days with
    points always stand before the month). zone: of times without an offset; None refuses them. Raises Unfit, a ValueError.
    """
    kind, text = Kind(kind), text.replace("\u00a0", " ").strip()
    try:
        if kind is Kind.NUMBER or kind is Kind.WHOLE:
            return typed(kind, read_number(text, decimal))
        if kind is Kind.YES_NO:
            return _yes_no(text)
        if kind is Kind.DATE:
            return read_midnight(text, day_first).isoformat()
        if kind is Kind.INSTANT:
            return read_instant(text, day_first, zone).isoformat()
        if kind is Kind.CHOICE:
            return _chosen(text, choices)
        if kind is Kind.LIST:
            return typed(kind, [_chosen(one, choices) if choices else one for one in _parts(text)], choices)
        return typed(kind, text)
    except ValueError as error:
        if str(error) == "both":
            raise Unfit({language: said.format(show(text)) for language, said in BOTH_WAYS.items()}) from None
        expected = EXPECTED_TEXT.get(kind) if not choices else None
        if kind is Kind.NUMBER:
            expected = {language: said + LIKE[decimal][language] for language, said in EXPECTED[kind].items()}
        raise _unfit(expected or _one_of(choices), text) from None


def guess_kind(values: Sequence[Any]) -> Kind:
    """Guess the type of JSON values: the narrowest that most fit; few texts that come again and again are choices."""
    order = (Kind.YES_NO, Kind.WHOLE, Kind.NUMBER, Kind.DATE, Kind.INSTANT, Kind.LIST)
    fitting = {kind: sum(fits(kind, value) for value in values) for kind in order}
    best = max(order, key=fitting.__getitem__)
    if fitting[best] * 2 > len(values):
        return best
    texts = [value for value in values if isinstance(value, str)]
    again = len(texts) >= 20 and len(set(texts)) <= 12 and all(len(text) <= 60 for text in texts)
    return Kind.CHOICE if again else Kind.TEXT


def fits(kind: str, value: Any, choices: Choices = ()) -> bool:
    """Whether a JSON value is of a type."""
    try:
        typed(kind, value, choices)
    except ValueError:
        return False
    return True


def _unfit(expected: Mapping[str, str], value: Any) -> Unfit:
    shown = show(value)
    return Unfit(
        {"en": f"expected {expected['en']}, got {shown}", "de": f"erwartet: {expected['de']}, bekommen: {shown}"}
    )


def _one_of(choices: Choices) -> dict[str, str]:
    listed = ", ".join(str(choice["value"]) for choice in choices[:8]) + (", ..." if len(choices) > 8 else "")
    return {"en": f"one of {listed}", "de": f"eines von {listed}"}


def _text(value: Any, choices: Choices) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or UNSAFE.search(value):
        raise ValueError
    return value


def _number(value: Any, choices: Choices) -> Any:
    # a truth is an int for Python, and not for people
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError
    if not math.isfinite(value) or not -LARGEST < value < LARGEST:
        raise ValueError
    return value


def _whole(value: Any, choices: Choices) -> int:
    number = _number(value, choices)
    if number != int(number):
        raise ValueError
    return int(number)


def _truth(value: Any, choices: Choices) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _day(value: Any, choices: Choices) -> str:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise ValueError
    return date.fromisoformat(value).isoformat()


def _instant(value: Any, choices: Choices) -> str:
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise ValueError
    return in_utc(datetime.fromisoformat(value.upper().replace(",", "."))).isoformat()


def _choice(value: Any, choices: Choices) -> str:
    if not isinstance(value, str) or all(choice["value"] != value for choice in choices):
        raise ValueError
    return value


def _list(value: Any, choices: Choices) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_LIST:
        raise ValueError
    check = _choice if choices else _text
    return list(dict.fromkeys(check(one, choices) for one in value))


_CHECKS: dict[Kind, Callable[[Any, Choices], Any]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.WHOLE: _whole,
    Kind.YES_NO: _truth,
    Kind.DATE: _day,
    Kind.INSTANT: _instant,
    Kind.CHOICE: _choice,
    Kind.LIST: _list,
}


def _yes_no(text: str) -> bool:
    word = text.casefold()
    if word not in YES | NO:
        raise ValueError(text)
    return word in YES


def _chosen(text: str, choices: Choices) -> str:
    """A choice by its value or its name in either language, in any case."""
    word = text.strip().casefold()
    for names in ("value", "en", "de"):
        for choice in choices:
            if str(choice.get(names, "")).casefold() == word:
                return str(choice["value"])
    raise ValueError(text)


def _parts(text: str) -> list[str]:
    if text.startswith("["):
        return _list(json.loads(text), ())
    return [part for one in re.split(r"[;|]", text) if (part := one.strip())]
