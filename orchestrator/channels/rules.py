"""What a provider's answer means, and what a mail must have before it goes."""

import html as markup
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

ENHANCED = re.compile(r"\s*5\.(\d{1,3})\.\d{1,3}\b")
NO_SUCH_ADDRESS = (550, 551, 553)  # where the server gives no enhanced code
MAILBOX_FULL = 552


class Answer(NamedTuple):
    """What a provider said about one message. outcome: sent, rejected, unavailable, unknown."""

    outcome: str
    words: str = ""
    bounced: bool = False  # the address itself is dead
    full: bool = False  # the mailbox takes nothing now, the address may live
    stopped: bool = False  # whoever has the address told the provider that they want nothing from us


SENT = Answer("sent")


def understood(code: int, words: str, *, about_recipient: bool) -> Answer:
    """Read a refusal of SMTP: 4xx may be tried again, 5xx not, and some 5xx mean that the address is dead."""
    if not 500 <= code < 600:
        return Answer("unavailable", f"{code} {words}")
    enhanced = ENHANCED.match(words)
    dead = enhanced[1] == "1" if enhanced else code in NO_SUCH_ADDRESS
    full = enhanced[1] == "2" if enhanced else code == MAILBOX_FULL
    return Answer("rejected", f"{code} {words}", about_recipient and dead, about_recipient and full)


MOST_WORDS = 200  # characters of what a provider said
CODE = re.compile(r"\s*([1-9][0-9]{1,3})\b[\s-]*")
NAMES_SOMEBODY = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+|\+?[0-9][0-9 ()/.-]{5,}[0-9]|[0-9A-Za-z_-]{24,}")


class Words(NamedTuple):
    """What a provider said, apart from whom it was about: the same trouble has the same words."""

    code: str
    text: str


def plain_words(said: str, *, about: Iterable[str]) -> Words:
    """Take the code from the front, and everything that names a person or a message out of the rest.

    about: what is known of the person: address, name, number; also the part of an address before the @.
    """
    found = CODE.match(said)
    text = " ".join(said[found.end() :].split() if found else said.split())
    for known in sorted({part for one in about for part in (one, one.partition("@")[0])}, key=len, reverse=True):
        if len(known) > 2:
            text = re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return Words(found[1] if found else "", NAMES_SOMEBODY.sub("…", text)[:MOST_WORDS])


NOT_ABOUT_THE_MAIL = frozenset({401, 402, 403, 404, 405, 425, 429})  # keys, bills, addresses of doors, too much at once
CERTAINLY_NOT = frozenset({501, 503, 505})  # the others of 5xx may come after the mail was taken
USED_BEFORE = "invalid_idempotent_request"  # Resend: the key came before, with other content; so that mail was taken


def by_status(status: int | None, words: str, *, repeatable: bool) -> Answer:
    """Read a refusal of an HTTP API.

    status: None when there was an answer that nobody understands. repeatable: a second call with the same key harms nobody.
    """
    said = f"{status or ''} {words}".strip()
    if status == 409 and repeatable:
        return SENT._replace(words=said) if USED_BEFORE in words else Answer("unavailable", said)
    if status in NOT_ABOUT_THE_MAIL or status in CERTAINLY_NOT:
        return Answer("unavailable", said)
    if status is not None and 400 <= status < 500 and status != 408:
        return Answer("rejected", said)
    return Answer("unavailable" if repeatable and status is not None else "unknown", said)


class Incomplete(ValueError):
    """A mail lacks what each must have; it is not sent. reason: no_sender, no_imprint, no_unsubscribe, no_text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Line(Protocol):
    """Who a mail is from, as it stands in it."""

    @property
    def line(self) -> str:
        """Name and address; empty when nobody is set."""


class Mail(Protocol):
    """What is looked at of a mail."""

    @property
    def html(self) -> str:
        """The page."""

    @property
    def text(self) -> str:
        """The same as plain text."""

    @property
    def unsubscribe(self) -> str:
        """The address for it."""

    @property
    def sender(self) -> Line | None:
        """Who it is from."""


def check_complete(mail: Mail, *, imprint: str, marketing: bool) -> None:
    """See that a mail says who it is from and how to end it, in its page and in its text. Raises Incomplete.

    Source: UWG § 7(2), DDG § 6 and § 5.
    """
    if mail.sender is None or not mail.sender.line:
        raise Incomplete("no_sender")
    if not mail.text.strip():
        raise Incomplete("no_text")
    lines = [" ".join(line.split()) for line in imprint.splitlines() if line.strip()]
    if not lines or not all(_has(part, line) for line in lines for part in (mail.html, mail.text)):
        raise Incomplete("no_imprint")
    if marketing and not (mail.unsubscribe and all(_has(part, mail.unsubscribe) for part in (mail.html, mail.text))):
        raise Incomplete("no_unsubscribe")


def _has(part: str, line: str) -> bool:
    """Whether a line stands in a page or a text, however it is broken and written there; the quick looks come first."""
    return line in part or markup.escape(line, quote=False) in part or line in " ".join(markup.unescape(part).split())


FAST, SLOW = 0.1, 0.25  # seconds that a group takes: below, the next may be larger; above, it is smaller


def next_size(size: int, seconds: float, most: int) -> int:
    """Say how many messages are handed over in the next go: twice as many while that takes a moment, half where it took long."""
    if seconds < FAST:
        return min(most, size * 2)
    return max(1, size // 2) if seconds > SLOW else size


WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def pushed(statuses: Sequence[int | None]) -> Answer:
    """Read what the push services of one person's devices said (RFC 8030): sent where one of them took the message.

    A repetition takes the place of the first on the device, so whatever was no answer is asked again.
    """
    words = " ".join(str(status or "no answer") for status in statuses)[:200]
    if any(status and 200 <= status < 300 for status in statuses):
        return SENT
    if all(status in (404, 410) for status in statuses):
        return Answer("rejected", words or "no device is left")
    if all(status is not None and status in (400, 404, 410, 413) for status in statuses):
        return Answer("rejected", words)
    return Answer("unavailable", words)
