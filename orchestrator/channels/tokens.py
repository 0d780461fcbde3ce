"""Signed names of messages that survive mail servers: lower case, no signs that mean something, short enough for an address."""

import re

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "orchestrator.channels.message"
FORM = re.compile(r"([ts])([1-9][0-9]{0,18})-([0-9a-f]{20})", re.ASCII)


def token(number: int, *, service: bool = False) -> str:
    """Name a message: a touch, or a service mail."""
    named = f"{'s' if service else 't'}{number}"
    return f"{named}-{_signature(named, settings.SECRET_KEY)}"


def touch_of(text: str) -> int | None:
    """The touch that a token names; None when we did not sign it, or when it names a service mail."""
    found = FORM.fullmatch(text.strip().lower()[:60])
    if found is None or found[1] != "t":
        return None
    named = f"t{found[2]}"
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return int(found[2]) if any(constant_time_compare(found[3], _signature(named, key)) for key in keys) else None


def _signature(named: str, key: str) -> str:
    return salted_hmac(SALT, named, secret=key, algorithm="sha256").hexdigest()[:20]
