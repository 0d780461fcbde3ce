"""Our key for web push (VAPID, RFC 8292): what browsers subscribe under, and what signs each message."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02, b64urlencode

SIGNED_FOR = 12 * 3600  # seconds; a day at most


def public_key() -> str:
    """The half of our key that browsers ask for (applicationServerKey); empty where there is none."""
    if not settings.VAPID_PRIVATE_KEY:
        return ""
    point = _key(settings.VAPID_PRIVATE_KEY).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return str(b64urlencode(point))


def signature(endpoint: str, now: datetime) -> dict[str, str]:
    """Sign for one push service, so that it knows whose messages it carries."""
    place = urlsplit(endpoint)
    claims = {
        "aud": f"{place.scheme}://{place.netloc}",
        "sub": settings.VAPID_SUBJECT,
        "exp": int(now.timestamp()) + SIGNED_FOR,
    }
    return {"Authorization": _key(settings.VAPID_PRIVATE_KEY).sign(claims)["Authorization"]}


@lru_cache(maxsize=4)
def _key(text: str) -> Any:
    return Vapid02.from_string(text)
