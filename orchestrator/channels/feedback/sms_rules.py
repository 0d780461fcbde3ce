"""What an SMS service tells us: whether it was Twilio, whether a message arrived, and whether somebody wants no more."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

STOPS = frozenset({"STOP", "STOPP", "STOPALL", "ABMELDEN", "UNSUBSCRIBE", "END", "CANCEL", "QUIT"})
FIRST = frozenset({"STOP", "STOPP", "ABMELDEN", "UNSUBSCRIBE"})  # also with words of courtesy after them
WORD = re.compile(r"\w+")
DELIVERED = frozenset({"delivered", "read"})
FAILED = frozenset({"failed", "undelivered"})
EVENT_TYPES = {
    "sms_delivered": ("SMS delivered", "SMS zugestellt"),
    "sms_failed": ("SMS not delivered", "SMS nicht zugestellt"),
    "sms_replied": ("SMS answered", "SMS beantwortet"),
}


def wants_no_more(text: str) -> bool:
    """Whether a reply asks to stop, however it is written. In doubt it does: nobody is written to against their will."""
    words = WORD.findall(text[:500].upper())
    return bool(words) and (words[0] in FIRST or (len(words) == 1 and words[0] in STOPS))


def signed_by_twilio(*, signature: str, url: str, fields: Mapping[str, str], token: str) -> bool:
    """Whether who knows the token signed this form, posted to this address. In constant time.

    Source: https://www.twilio.com/docs/usage/security
    """
    if not token:
        return False
    whole = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    made = hmac.new(token.encode(), whole.encode("utf-8", "surrogatepass"), hashlib.sha1).digest()
    return hmac.compare_digest(base64.b64encode(made), signature.encode("utf-8", "replace"))
