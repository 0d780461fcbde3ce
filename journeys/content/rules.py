"""What content may be: limits, the choice of a language, lines that are safe in a header."""

import html
import re
from collections.abc import Collection
from typing import NamedTuple

LANGUAGES = ("en", "de")
CHANNELS = ("email", "sms", "push", "letter", "onsite")
Key = tuple[str, str, str]  # of a variant: channel, language, arm (empty: everybody)
SOURCE_LIMIT = 64 * 1024  # of one text, in bytes
OUTPUT_LIMIT = 512 * 1024  # of one rendered part, in bytes
SUBJECT_LIMIT = 500
# What ends a line, in any program on the way, and what no text needs: C0, DEL, C1, line and paragraph separator.
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]+")


class Problem(NamedTuple):
    """What is wrong with a text. level: "error" (it cannot be sent) or "warning". stops: it cannot be approved like this."""

    field: str
    message: str
    level: str
    stops: bool = False


class ContentProblem(Exception):
    """A text cannot be filled in, and where."""


class MissingContent(Exception):
    """A block has no text for the channel in any language, or is not approved."""


def one_line(text: str, limit: int = SUBJECT_LIMIT) -> str:
    """Make a text that stands in one header line: whatever could end the line becomes a space."""
    return " ".join(BREAKS.sub(" ", text).split())[:limit]


def choose_language(wanted: str, present: Collection[str]) -> str | None:
    """Pick the language of a message: the person's, else English, else any; None when there is no text at all."""
    for language in (wanted, "en", *LANGUAGES):
        if language in present:
            return language
    return min(present, default=None)


def choose_key(present: Collection[Key], channel: str, language: str, arm: str) -> Key | None:
    """Pick the variant for a person: their language, else English, else any; of it the arm's text, else everybody's.

    None when nothing was written for the channel, neither for the arm nor for everybody.
    """
    fitting = [key for key in present if key[0] == channel and key[2] in ("", arm)]
    chosen = choose_language(language, {key[1] for key in fitting})
    return max((key for key in fitting if key[1] == chosen), key=lambda key: key[2], default=None)


CHANNEL_NAMES = {
    "email": {"en": "E-mail", "de": "E-Mail"},
    "sms": {"en": "SMS", "de": "SMS"},
    "push": {"en": "Push", "de": "Push"},
    "letter": {"en": "Letter", "de": "Brief"},
    "onsite": {"en": "On the site", "de": "Auf der Website"},
}
LANGUAGE_NAMES = {"en": {"en": "English", "de": "Englisch"}, "de": {"en": "German", "de": "Deutsch"}}
# what a block wants from somebody
PURPOSES = {
    "awareness": {"en": "Make known", "de": "Bekannt machen"},
    "trust": {"en": "Inform, build trust", "de": "Informieren, Vertrauen"},
    "activation": {"en": "Help to start", "de": "Aktivieren"},
    "conversion": {"en": "Lead to the order", "de": "Zum Abschluss führen"},
    "service": {"en": "Serve", "de": "Service"},
    "retention": {"en": "Keep", "de": "Binden"},
    "winback": {"en": "Win back", "de": "Zurückgewinnen"},
    "advocacy": {"en": "Ask to recommend", "de": "Empfehlen lassen"},
}
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,98}[a-z0-9])?")
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("^{}\\[~]|€\f")  # sent as two characters
MOST_LINKS = 200  # in one text
HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I)
HARMLESS = ("https:", "http:", "mailto:", "tel:", "#", "/", "?", "{{", "{%")
SUBJECT_SEEN = 50  # of a subject, in the list of a phone


class Length(NamedTuple):
    """How long a text message is. segments: what is charged; fits: characters that fit into so many segments."""

    alphabet: str
    used: int
    segments: int
    fits: int


def sms_length(text: str) -> Length:
    """Count a text message as operators do (3GPP TS 23.038): GSM-7 where every character is in it, else UCS-2."""
    if all(char in GSM or char in GSM_TWICE for char in text):
        used, alone, joined = sum(2 if char in GSM_TWICE else 1 for char in text), 160, 153
        alphabet = "GSM-7"
    else:
        used, alone, joined = len(text.encode("utf-16-be", "surrogatepass")) // 2, 70, 67
        alphabet = "UCS-2"
    segments = 1 if used <= alone else -(-used // joined)
    return Length(alphabet, used, segments if used else 0, alone if segments == 1 else segments * joined)


SAYS_STOP = re.compile(r"\b(stop|stopp|unsubscribe|abmelden)\b", re.I)
MOST_SEGMENTS = 3  # of an SMS, before its author is asked whether that is wanted


def with_stop(text: str, line: str) -> str:
    """Have a text message end with how to stop, where it does not say so itself."""
    return text if not line or SAYS_STOP.search(text) else f"{text}\n{line}".strip()


def harmful_links(body: str) -> list[str]:
    """List the addresses written in a body that no mail lets out: `javascript:`, `data:` and the like."""
    found = (re.sub(r"[\x00-\x20]+", "", html.unescape(one or other)) for one, other in HREF.findall(body))
    return [url for url in found if url and not url.lower().startswith(HARMLESS) and ":" in url.split("/")[0]]


def link_count(body: str) -> int:
    """Count the links that stand in a body."""
    return len(HREF.findall(body))
