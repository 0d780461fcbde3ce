"""What comes back: when an open or a click was most likely no person, and what a bounce or a complaint counts once as."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

TOO_QUICK = timedelta(seconds=1.5)
SCANNED_WITHIN = timedelta(seconds=10)  # machines that follow every link do it as soon as the mail is there
SCANNED_LINKS = 3  # as many different links of one message in so short a time nobody follows
# Scanners of mail, programs, and who fetches ahead. Proxies that fetch a picture because a person opened the mail (Gmail, Yahoo,
# Outlook) are not among them.
MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|prefetch|monitor|curl|wget|python|okhttp|java/|go-http|httpclient|headless|phantom|"
    r"barracuda|proofpoint|mimecast|safelinks|symantec|messagelabs|trendmicro|fireeye|trellix|cloudmark|forcepoint|websense|sophos|"
    r"cisco|ironport|mcafee|zscaler|bitdefender|kaspersky|avanan|checkpoint|hornetsecurity|retarus|spamhaus|virustotal|urldefen[cs]e|"
    r"slackbot|whatsapp|facebookexternalhit|skypeuripreview|google-safety|googleother|feedfetcher|node-fetch|axios|libwww|ruby|perl",
    re.IGNORECASE,
)
# Apple's mail privacy protection loads all pictures ahead, through a proxy that calls itself no more than this.
APPLE_AHEAD = re.compile(r"Mozilla/5\.0\s*")
PROXIES = re.compile(r"googleimageproxy|ggpht|yahoomailproxy|outlookmobile|ms-office|microsoft outlook", re.IGNORECASE)
PREFETCH = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz", "Sec-Fetch-Purpose")
AHEAD = ("prefetch", "preview", "prerender")
UNKNOWN_PROGRAM = "unknown"


def likely_machine(headers: Mapping[str, str], *, called_at: datetime | None, now: datetime, links: int = 0) -> bool:
    """Say whether a scanner or a prefetcher asked: by its name, by its headers, or quicker than anybody reads.

    links: how many other links of the message were followed within SCANNED_WITHIN.
    """
    agent = headers.get("User-Agent", "")[:1000]
    if not agent or APPLE_AHEAD.fullmatch(agent):
        return True
    if MACHINES.search(agent) and not PROXIES.search(agent):
        return True
    if any(word in headers.get(name, "").lower() for name in PREFETCH for word in AHEAD):
        return True
    if called_at is None or now - called_at < TOO_QUICK:
        return True
    return links >= SCANNED_LINKS - 1


def told_by(agent: str) -> dict[str, str]:
    """The program that a provider names as if it had asked us; one it does not name speaks neither for a machine nor for a person."""
    return {"User-Agent": agent or UNKNOWN_PROGRAM}


class Kind(StrEnum):
    """What came back. Soft: the mail did not arrive, the address may well exist."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"  # by what the provider offers for it; ours is consent.preferences
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"


BOUNCES = (Kind.HARD, Kind.SOFT)
VISITS = {Kind.OPENED: "email_opened", Kind.CLICKED: "email_clicked"}
# protocol, content, policy (RFC 3463): a server that blocks us says nothing about the address
ABOUT_US = ("5", "6", "7")
STATUS = re.compile(r"\b([45])\.(\d{1,3})\.\d{1,3}\b")
NO_SUCH_ADDRESS = (550, 551, 553)  # where the server gives no enhanced code


def bounce_kind(words: str, code: int = 0) -> Kind | None:
    """Say what a mail server's words mean for the address: dead, not now, or nothing. code: of SMTP, where it is known."""
    found = STATUS.search(words[:500])
    if found is None:
        return Kind.HARD if code in NO_SUCH_ADDRESS else Kind.SOFT
    if found[2] in ABOUT_US:
        return None
    return Kind.HARD if (found[1], found[2]) == ("5", "1") else Kind.SOFT


class Report(NamedTuple):
    """One thing that came back about one message or one address.

    touch: which message, where the report knows it; signed: proven by our own signature. key: what makes the report one where it does not. at: when it
    happened, the time of arrival when None. words: the server's own.
    """

    kind: Kind
    address: str = ""
    touch: int | None = None
    at: datetime | None = None
    key: str = ""
    words: str = ""
    signed: bool = False


BOUNCED, COMPLAINED = "email_bounced", "email_complained"
DELIVERED, UNSUBSCRIBED = "email_delivered", "email_unsubscribed"
EVENT_TYPES = {
    BOUNCED: ("E-mail came back", "E-Mail kam zurück"),
    COMPLAINED: ("Complaint about an e-mail", "Beschwerde über eine E-Mail"),
    DELIVERED: ("E-mail delivered", "E-Mail zugestellt"),
    UNSUBSCRIBED: ("Unsubscribed at the mail provider", "Beim Mail-Anbieter abgemeldet"),
}
EVENT_NAMES = {
    Kind.HARD: BOUNCED,
    Kind.SOFT: BOUNCED,
    Kind.COMPLAINT: COMPLAINED,
    Kind.DELIVERED: DELIVERED,
    Kind.UNSUBSCRIBED: UNSUBSCRIBED,
}
SOFT_MOST, SOFT_WITHIN = 5, timedelta(days=14)  # a delivery in between resets nothing, see docs/guide/feedback.md
CLOCK_AHEAD = timedelta(minutes=5)


def message_id(report: Report) -> str:
    """What a report counts once as: of a message each kind happens once, of an address alone the key or the time tells."""
    if report.touch is not None:
        return f"{report.kind}-{report.touch}"
    told = report.key or f"{plain(report.address)}\x1f{report.at.isoformat() if report.at else ''}"
    return f"{report.kind}-{hashlib.sha256(told.encode()).hexdigest()}"


def kind_of(name: str, properties: Mapping[str, Any]) -> Kind | None:
    """What an event says that came back; None for any other event. A bounce that does not say which is a soft one."""
    if name == COMPLAINED:
        return Kind.COMPLAINT
    if name == BOUNCED:
        return Kind.HARD if properties.get("kind") == Kind.HARD else Kind.SOFT
    return None


def plain(address: str) -> str:
    """Write an address as contacts and the suppression list do."""
    return address.strip().lower()
