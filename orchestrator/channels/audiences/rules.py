"""What audiences go by: limits, waits between runs, why somebody is kept out, columns of files."""

import re
from collections.abc import Mapping

Text = Mapping[str, str]  # {"en": ..., "de": ...}
MOST_A_CALL = 10_000  # people in one call: the limit of Google's Data Manager API and of Meta's Graph API
FIRST_WAIT = 60  # seconds after the first run that failed; each further one waits twice as long
LONGEST_WAIT = 3600  # removals wait as long
WORDS_LIMIT = 300  # characters that are kept of what a provider said
NUMBER = re.compile(r"[0-9]{1,25}")  # how accounts and lists are named at Google and Meta
NONE: Text = {"en": "", "de": ""}

# in the order in which they are looked at: keys of orchestrator/channels/audiences/sql/judge.sql
KEPT_OUT: dict[str, Text] = {
    "restricted": {"en": "use of the data is restricted", "de": "Nutzung der Daten ist eingeschränkt"},
    "withdrawn": {"en": "refused or withdrew consent", "de": "Einwilligung abgelehnt oder widerrufen"},
    "no_consent": {"en": "never agreed to third parties", "de": "hat Dritten nie zugestimmt"},
    "suppressed": {"en": "address is suppressed", "de": "Adresse ist gesperrt"},
    "same_address": {
        "en": "somebody with the same address refused or is restricted",
        "de": "jemand mit derselben Adresse hat abgelehnt oder ist eingeschränkt",
    },
    "no_address": {"en": "no e-mail address and no phone number", "de": "keine E-Mail-Adresse und keine Telefonnummer"},
}
# why a member was taken off, beside the above
LEFT: dict[str, Text] = {
    **KEPT_OUT,
    "left": {"en": "left the segment or list", "de": "hat Segment oder Liste verlassen"},
    "erased": {"en": "was erased", "de": "wurde gelöscht"},
    "changed": {"en": "address or number changed", "de": "Adresse oder Nummer hat sich geändert"},
    "ended": {"en": "the audience was ended", "de": "die Zielgruppe wurde beendet"},
}
COLUMNS: dict[str, Text] = {
    "email_sha256": {"en": "e-mail, hashed", "de": "E-Mail, gehasht"},
    "phone_sha256": {"en": "phone, hashed", "de": "Telefon, gehasht"},
    "email": {"en": "e-mail", "de": "E-Mail"},
    "phone": {"en": "phone", "de": "Telefon"},
    "first_name": {"en": "first name", "de": "Vorname"},
    "last_name": {"en": "last name", "de": "Nachname"},
    "country": {"en": "country", "de": "Land"},
    "language": {"en": "language", "de": "Sprache"},
    "external_id": {"en": "external id", "de": "externe ID"},
}
HASHED = ("email_sha256", "phone_sha256")
PLAIN = tuple(name for name in COLUMNS if name not in HASHED)


def wait_after(failures: int, *, asked: int = 0, spread: int = 0) -> int:
    """Say how many seconds to wait after so many failed runs in a row; asked: what the provider asked for.

    spread: any number of the audience, so that not all come back at the same moment (up to a fifth later).
    """
    wait = max(asked, min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(0, failures - 1), 20)))
    return int(wait * (1 + spread * 31 % 97 / 485))


def cell(value: str) -> str:
    """Make a value safe for spreadsheets: what begins like a formula begins with an apostrophe; a phone number stays."""
    if value[:1] in ("=", "+", "-", "@", "\t", "\r") and not re.fullmatch(r"\+[0-9]+", value):
        return f"'{value}"
    return value
