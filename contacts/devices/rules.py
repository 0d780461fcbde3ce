"""What a subscription of a browser must look like."""

import base64
import binascii
import re

MOST = 10  # live devices of one person; the oldest goes first
ENDPOINT_LIMIT = 1_000
POINT, AUTH = 65, 16  # bytes: an uncompressed point on P-256, and a secret (RFC 8291)
AGENTS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class BadSubscription(Exception):
    """This is no subscription of a browser. field: where it is wrong."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def checked_keys(p256dh: str, auth: str) -> tuple[str, str]:
    """Give the keys of a subscription as they are kept. Raises BadSubscription."""
    for field, text, size in (("keys.p256dh", p256dh, POINT), ("keys.auth", auth, AUTH)):
        found = _decoded(text)
        if len(found) != size or (size == POINT and found[0] != 4):
            raise BadSubscription(field, f"expected {size} bytes in base64url")
    return p256dh.rstrip("="), auth.rstrip("=")


def label_of(agent: str) -> str:
    """Name a browser as people know it: "Firefox, Windows". Nothing else of what it says is kept."""
    browser = next((name for word, name in AGENTS if re.search(rf"\b{word}", agent)), "")
    system = next((name for word, name in SYSTEMS if word in agent), "")
    return ", ".join(filter(None, (browser, system)))


def _decoded(text: str) -> bytes:
    plain = text.rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,200}", plain):
        return b""
    try:
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except binascii.Error:
        return b""
