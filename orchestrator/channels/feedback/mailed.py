"""Bounces that come as mails to the address that each message names for them (VERP), also where nobody keeps to the standard."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_string
from email.message import Message
from email.utils import parsedate_to_datetime

from orchestrator.channels.feedback.reports import MOST_BYTES, Unreadable, read_report
from orchestrator.channels.feedback.rules import Kind, Report, bounce_kind
from orchestrator.channels.tokens import touch_of

LOCAL = "bounce"
VERP = re.compile(rf"{LOCAL}\+([ts][1-9][0-9]{{0,18}}-[0-9a-f]{{20}})@", re.ASCII | re.IGNORECASE)
WHERE = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
SERVERS = re.compile(r"mailer-?daemon|postmaster|mail delivery|<>", re.IGNORECASE)
DEAD = re.compile(
    r"user unknown|unknown user|no such (user|recipient|mailbox)|does ?n[o']t exist|mailbox (not found|unavailable)|"
    r"recipient (rejected|not found)|address (rejected|unknown)|invalid (recipient|mailbox)|account (is )?(disabled|closed)",
    re.IGNORECASE,
)
CODE = re.compile(r"\b(5[0-5]\d)[ -]")
TEXT_LIMIT = 20_000


def bounce_address(token: str, domain: str) -> str:
    """Where bounces of a message go: the address itself tells which one came back."""
    return f"{LOCAL}+{token}@{domain}"


def read_mail(raw: str, *, link_touch: Callable[[str], int | None]) -> list[Report]:
    """Read a mail to the address for bounces. What is no bounce (an answer of a person, a note of absence) gives an empty list.

    link_touch: the touch that a token of an unsubscribe link names. Raises Unreadable.
    """
    mail = message_from_string(raw[:MOST_BYTES])
    touch = _touch(mail)
    try:
        found = read_report(raw, touch_of=link_touch)
    except Unreadable:
        if touch is None:
            raise
        return _by_its_words(mail, touch)
    if touch is None or len(found) != 1:
        return found
    return [found[0]._replace(touch=touch, signed=True)]  # what it says of the recipient may be a forwarder's


def _touch(mail: Message) -> int | None:
    for name in WHERE:
        for value in mail.get_all(name, []):
            if (found := VERP.search(str(value))) and (touch := touch_of(found[1])):
                return touch
    return None


def _by_its_words(mail: Message, touch: int) -> list[Report]:
    automatic = str(mail.get("Auto-Submitted", "")).lower().startswith("auto-replied")
    sender = f"{mail.get('From', '')} {mail.get('Return-Path', '')}"
    if automatic or not SERVERS.search(sender):
        return []  # a person answered, or is on holiday
    text = f"{mail.get('Subject', '')}\n{_text(mail)}"[:TEXT_LIMIT]
    code = CODE.search(text)
    kind = bounce_kind(text, int(code[1]) if code else 0)
    if kind is Kind.SOFT and DEAD.search(text):
        kind = Kind.HARD
    words = re.sub(r"[\x00-\x1f\x7f]+", " ", text[:200]).strip()
    return [Report(kind, "", touch, _date(mail), words=words, signed=True)] if kind else []


def _text(mail: Message) -> str:
    for part in mail.walk():
        if part.get_content_maintype() == "text" and isinstance(content := part.get_payload(decode=True), bytes):
            return content.decode("utf-8", "replace")
    return ""


def _date(mail: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(mail.get("Date", "")))
    except (TypeError, ValueError, OverflowError):
        return None  # it counts as of now
    return found if found.tzinfo else found.replace(tzinfo=UTC)
