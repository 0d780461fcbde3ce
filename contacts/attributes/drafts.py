"""What somebody wants to define, and everything that is wrong with it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from contacts.attributes.rules import CONTROL, MAX_CHOICES, MAX_KEY, Kind
from contacts.attributes.special import CATEGORY_NAMES, TAKEN, Special, special_of

LONGEST_DAYS = 36_500
Said = dict[str, str]  # {"en", "de"}


class Draft(NamedTuple):
    """One definition as wanted. choices: [{"value", "en", "de"}]; source: who alone delivers it, empty for anybody."""

    key: str
    kind: str = Kind.TEXT
    name_en: str = ""
    name_de: str = ""
    choices: tuple[Mapping[str, Any], ...] = ()
    source: str = ""
    purpose: str = ""
    sensitive: bool = False
    keep_days: int | None = None


def draft_problems(draft: Draft) -> list[tuple[str, Said]]:
    """Find everything that is wrong: field and sentence."""
    found = _key_problems(draft)
    if draft.kind not in list(Kind):
        found.append(("kind", {"en": f"expected one of {', '.join(Kind)}", "de": f"eines von {', '.join(Kind)}"}))
    found += _choice_problems(draft)
    if draft.keep_days is not None and not 1 <= draft.keep_days <= LONGEST_DAYS:
        said = {"en": f"expected 1 to {LONGEST_DAYS} days", "de": f"erwartet: 1 bis {LONGEST_DAYS} Tage"}
        found.append(("keep_days", said))
    for name, most in (("name_en", 200), ("name_de", 200), ("source", 50), ("purpose", 200)):
        if len(getattr(draft, name)) > most or CONTROL.search(getattr(draft, name)):
            said = {"en": f"expected at most {most} characters", "de": f"erwartet: höchstens {most} Zeichen"}
            found.append((name, said))
    return found


def _key_problems(draft: Draft) -> list[tuple[str, Said]]:
    key = draft.key
    if not 1 <= len(key) <= MAX_KEY or CONTROL.search(key) or key != key.strip():
        said = f"expected 1 to {MAX_KEY} characters without blanks around them"
        return [("key", {"en": said, "de": f"erwartet: 1 bis {MAX_KEY} Zeichen ohne Leerzeichen am Rand"})]
    if key in TAKEN:
        german = f"{key} ist ein festes Feld jeder Person und kann kein Attribut sein"
        return [("key", {"en": f"{key} is a fixed field of every person and cannot be an attribute", "de": german})]
    special = special_of(key)
    if special is Special.SECRET:
        english = "passwords, tokens and card numbers do not belong into a marketing system"
        german = "Passwörter, Token und Kartennummern gehören nicht in ein Marketingsystem"
        return [("key", {"en": english, "de": german})]
    found: list[tuple[str, Said]] = []
    if special and not draft.sensitive:
        names = CATEGORY_NAMES[special]
        english = (
            f"the key names {names['en']}, a special category of data (GDPR Art. 9): tick sensitive and say the purpose"
        )
        german = (
            f"der Schlüssel nennt {names['de']}, eine besondere Kategorie von Daten (Art. 9 DSGVO): "
            "bitte „sensibel“ ankreuzen und den Zweck angeben"
        )
        found.append(("sensitive", {"en": english, "de": german}))
    if (special or draft.sensitive) and not draft.purpose.strip():
        english = "sensitive data needs a purpose: what is it needed for?"
        german = "sensible Daten brauchen einen Zweck: wofür werden sie gebraucht?"
        found.append(("purpose", {"en": english, "de": german}))
    return found


def _choice_problems(draft: Draft) -> list[tuple[str, Said]]:
    values = [str(choice.get("value", "")) for choice in draft.choices]
    if draft.kind == Kind.CHOICE and not values:
        return [("choices", {"en": "expected at least one choice", "de": "erwartet: mindestens eine Auswahl"})]
    if values and draft.kind not in (Kind.CHOICE, Kind.LIST):
        english = "only a choice and a list have choices"
        german = "nur eine Auswahl und eine Liste haben Auswahlwerte"
        return [("choices", {"en": english, "de": german})]
    if len(values) > MAX_CHOICES:
        said = {"en": f"expected at most {MAX_CHOICES} choices", "de": f"erwartet: höchstens {MAX_CHOICES} Werte"}
        return [("choices", said)]
    found = []
    for value in values:
        if not 1 <= len(value) <= MAX_KEY or CONTROL.search(value) or value != value.strip():
            said = {"en": f"expected 1 to {MAX_KEY} characters in each", "de": f"erwartet: je 1 bis {MAX_KEY} Zeichen"}
            found.append(("choices", said))
        elif values.count(value) > 1:
            found.append(("choices", {"en": f"{value} is there twice", "de": f"{value} steht zweimal da"}))
    return found[:1]
