"""Who is who, pure: what counts as an identifier, what says nothing about a person, and when two people may be one."""

import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from contacts.profiles.rules import phone_of
from orchestrator.kernel.fields import translated

ANONYMOUS, USER, EMAIL, PHONE, APART, PREVIOUS = "anonymous", "user", "email", "phone", "apart", "previous"
ANY = "*"  # a blocked value of every kind
OWN_KINDS = frozenset({ANONYMOUS, USER, EMAIL, PHONE, APART, PREVIOUS, ANY})
BY_RULES = "rules"  # who merged, where nobody did
MOST_LINKS = 5  # people that rules alone merge into one within LINKS_COUNT_FOR, and open questions about one key
LINKS_COUNT_FOR = timedelta(days=30)
UNDO_FOR = timedelta(days=30)
LEAST_RANDOM = 16  # characters of an anonymous id that nobody can guess
LEAST_DIFFERENT = 6  # different characters among them
MOST_VALUE, MOST_USER, MOST_KIND = 320, 200, 50
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

# Texts that stand where nobody knew the value. `info@*` stands for every domain, `test@test.*` for every ending.
DEFAULT_BLOCKED: dict[str, tuple[str, ...]] = {
    ANY: (
        *("null", "undefined", "none", "nil", "nan", "0", "-", "n/a", "unknown", "anonymous", "guest", "test", "true", "false", "-1"),
        *("[object object]", "00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"),
    ),
    EMAIL: (
        *("info@*", "office@*", "kontakt@*", "contact@*", "hello@*", "hallo@*", "mail@*", "post@*", "team@*", "sales@*"),
        *("support@*", "service@*", "admin@*", "webmaster@*", "postmaster@*", "abuse@*", "buchhaltung@*", "rechnung@*"),
        *("noreply@*", "no-reply@*", "donotreply@*", "do-not-reply@*", "test@*", "none@*", "null@*", "asdf@*"),
        *("test@test.*", "a@a.*", "x@x.*", "*@test.de", "*@test.com"),
        *("test@example.*", "user@example.*", "name@example.*", "email@example.*", "you@example.*", "example@example.*"),
    ),
    PHONE: ("+490000000", "+49123456789", "+491234567890", "+10000000000", "+11111111111", "+15555555555"),
}  # fmt: skip

REASONS: dict[str, dict[str, str]] = {
    "user_ids": {
        "en": "They have two different user ids.",
        "de": "Sie haben zwei verschiedene Benutzer-IDs.",
    },
    "emails": {
        "en": "They have two different e-mail addresses.",
        "de": "Sie haben zwei verschiedene E-Mail-Adressen.",
    },
    "both_known": {
        "en": "Both are known people, not just visitors.",
        "de": "Beide sind bekannte Personen, nicht nur Besuche.",
    },
    "many_links": {
        "en": "This identifier joined more than 5 people within 30 days: it may be shared.",
        "de": "Diese Kennung hat in 30 Tagen mehr als 5 Personen verbunden: Sie könnte geteilt sein.",
    },
    "unproven": {
        "en": "It was claimed in a browser or an app, without proof.",
        "de": "Es wurde in einem Browser oder einer App behauptet, ohne Nachweis.",
    },
    "failed": {
        "en": "Rules decided it, and it could not be done. Please tell whoever runs this product.",
        "de": "Regeln haben es entschieden, aber es war nicht möglich. Bitte der Technik melden.",
    },
    "same_phone": {"en": "They have the same phone number.", "de": "Sie haben dieselbe Telefonnummer."},
    "same_email": {"en": "They have the same e-mail address.", "de": "Sie haben dieselbe E-Mail-Adresse."},
    "same_name": {
        "en": "They have the same name in the same company.",
        "de": "Sie heißen gleich und gehören zur selben Firma.",
    },
    "": {"en": "It was decided by rules.", "de": "Es wurde von Regeln entschieden."},
}


class Seen(NamedTuple):
    """What somebody is called in a message.

    ids: name of a source -> its own id of the person. previous_id: what they were called until now, an anonymous or a
    user id (an alias).
    """

    user_id: str | None = None
    anonymous_id: str | None = None
    email: str | None = None
    phone: str | None = None
    ids: Mapping[str, str] = {}
    previous_id: str | None = None


class Key(NamedTuple):
    """One identifier: its kind and its value."""

    kind: str
    value: str


class BadIdentifier(ValueError):
    """An identifier that cannot be stored. `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


def checked(seen: Seen) -> Seen:
    """Bring the identifiers of a message into the form in which they are compared: no white space around, e-mail in
    lower case, phone as E.164 where it says its country.

    Raises BadIdentifier: nothing is named at all, or a value is too long or has control characters.
    """
    given = {
        "user_id": (seen.user_id, MOST_USER),
        "anonymous_id": (seen.anonymous_id, MOST_VALUE),
        "email": (seen.email, MOST_VALUE),
        "phone": (seen.phone, 40),
        "previous_id": (seen.previous_id, MOST_USER),
        **{f"ids.{source}": (value, MOST_VALUE) for source, value in seen.ids.items()},
    }
    clean = {}
    for field, (value, most) in given.items():
        value = (value or "").strip()
        if len(value) > most:
            raise BadIdentifier(field[:80], f"expected at most {most} characters, got {len(value)}")
        if CONTROL.search(value):
            raise BadIdentifier(field[:80], "expected text without control characters")
        clean[field] = value
    for source in seen.ids:
        if not source or len(source) > MOST_KIND - 3 or CONTROL.search(source):
            raise BadIdentifier("ids", f"expected names of sources of 1 to {MOST_KIND - 3} characters")
    if not any(clean.values()):
        raise BadIdentifier(
            "", "expected a user id, an anonymous id, an e-mail address, a phone number or an id of a source"
        )
    phone = clean["phone"] and (phone_of(clean["phone"], None) or clean["phone"])
    ids = {source: clean[f"ids.{source}"] for source in seen.ids if clean[f"ids.{source}"]}
    return Seen(
        user_id=clean["user_id"] or None,
        anonymous_id=clean["anonymous_id"] or None,
        email=clean["email"].lower() or None,
        phone=phone or None,
        ids=ids,
        previous_id=clean["previous_id"] or None,
    )


def kind_of_source(source: str) -> str:
    """Name the kind of identifiers of a source."""
    return f"{source} id" if source in OWN_KINDS else source


def claims(seen: Seen) -> list[Key]:
    """List what a message says about who the person is, the strongest first; the anonymous id is not one of them."""
    found = [Key(USER, seen.user_id)] if seen.user_id else []
    found += [Key(kind_of_source(source), value) for source, value in sorted(seen.ids.items())]
    found += [Key(EMAIL, seen.email)] if seen.email else []
    return found + ([Key(PHONE, seen.phone)] if seen.phone else [])


def apart_key(seen: Seen) -> Key:
    """Name the place where the facts of a claim without proof are kept, one for each browser and claim."""
    said = [Key(ANONYMOUS, seen.anonymous_id or ""), *claims(seen)[:1]]
    return Key(APART, hashlib.sha256("\x1f".join(part for key in said for part in key).encode()).hexdigest())


def linkable(anonymous_id: str) -> bool:
    """Whether nobody can guess an anonymous id, so that it may lead to a known person.

    Source: CVE-2018-10189, tracking by counted ids let anybody become each contact.
    """
    try:
        return uuid.UUID(anonymous_id).int != 0
    except ValueError:
        plain = re.sub(r"[\W_]", "", anonymous_id)
        return len(plain) >= LEAST_RANDOM and len(set(plain.lower())) >= LEAST_DIFFERENT


def rank(external_id: str | None, email: str, created_at: datetime, contact_id: int) -> tuple[bool, bool, float, int]:
    """Order people by who survives a merge: the one with a user id, else with an e-mail address, else the older."""
    return (not external_id, not email, created_at.timestamp(), contact_id)


def patterns(mail: str) -> list[str]:
    """List the rows of the block list that would block an e-mail address."""
    local, _, domain = mail.lower().rpartition("@")
    return [mail.lower(), f"{local}@*", f"*@{domain}", f"{local}@{domain.split('.')[0]}.*"]


def blockable(kind: str, value: str) -> Key:
    """Bring a value into the form in which the block list keeps it. Raises BadIdentifier."""
    kind, value = kind.strip(), value.strip().lower()
    if not kind or len(kind) > MOST_KIND or CONTROL.search(kind):
        raise BadIdentifier("kind", f"expected a name of 1 to {MOST_KIND} characters")
    if not value or len(value) > MOST_VALUE or CONTROL.search(value):
        raise BadIdentifier("value", f"expected a text of 1 to {MOST_VALUE} characters")
    if value in ("*", "*@*"):
        raise BadIdentifier("value", "expected more than a star: that would block everybody")
    return Key(kind, value)


def say_reason(code: str, language: str | None = None) -> str:
    """Say why two people were not merged by rules."""
    return translated(REASONS[code], language) if code in REASONS else code
