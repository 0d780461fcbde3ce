"""What a slot shows, pure: the parts of an on-site text, addresses that may stand in a page, and what comes back."""

import re
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlsplit

CHANNEL = "onsite"
LANGUAGES = ("en", "de")
LINE = re.compile(r"[ \t]*(!?)\[([^\[\]\n]*)\]\(([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)[ \t]*")
SLUG = re.compile(r"[A-Za-z0-9_-]{1,100}")
MOST_TITLE, MOST_TEXT, MOST_URL = 300, 4_000, 2_000
MOST_PRODUCTS = 4  # in one recommendation
SCRIPT_BYTES = 5_000  # the script of pages stays below


class Reaction(StrEnum):
    """What somebody did with what was shown. Each counts once."""

    SHOWN = "shown"
    CLICKED = "clicked"
    DISMISSED = "dismissed"


EVENT_TYPES = {
    "onsite_shown": ("Message seen on the site", "Nachricht auf der Website gesehen"),
    "onsite_clicked": ("Message on the site clicked", "Nachricht auf der Website geklickt"),
    "onsite_dismissed": ("Message on the site closed", "Nachricht auf der Website geschlossen"),
}


class Sources(NamedTuple):
    """The texts of a message as they were written, each filled by itself: no value can become a button or a picture."""

    title: str
    text: str
    label: str = ""
    url: str = ""
    alt: str = ""
    image: str = ""


def split_text(title: str, body: str) -> Sources:
    """Part a text into its parts: the first line `![what it shows](address)` is the picture, the first `[label](address)`
    the button; both are taken out of the text.
    """
    image: tuple[str, str] | None = None
    button: tuple[str, str] | None = None
    kept: list[str] = []
    for line in body.splitlines():
        found = LINE.fullmatch(line)
        if found and found[1] and image is None:
            image = (found[2], found[3])
        elif found and not found[1] and button is None:
            button = (found[2], found[3])
        else:
            kept.append(line)
    label, url = button or ("", "")
    alt, address = image or ("", "")
    return Sources(title, "\n".join(kept).strip(), label, url, alt, address)


def shown(filled: Sources) -> dict[str, Any]:
    """Make what a page shows out of filled texts; a button or a picture with another address than http(s) is left out."""
    button, image = web_address(filled.url), web_address(filled.image)
    label = " ".join(filled.label.split())[:MOST_TITLE]
    return {
        "title": " ".join(filled.title.split())[:MOST_TITLE],
        "text": filled.text.strip()[:MOST_TEXT],
        "image": {"url": image, "alt": " ".join(filled.alt.split())[:MOST_TITLE]} if image else None,
        "button": {"label": label or button, "url": button} if button else None,
    }


def web_address(given: str) -> str:
    """Give an address of the web, http or https with a host; empty for anything else."""
    given = given.strip()
    if not given or len(given) > MOST_URL or re.search(r"[\x00-\x20\x7f\\\"<>]", given):
        return ""
    try:
        parts = urlsplit(given)
        return given if parts.scheme.lower() in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""
