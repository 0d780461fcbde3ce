"""Reads reports as mail servers write them: complaints in ARF (RFC 5965) and bounces as DSN (RFC 3464)."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import CloseBoundaryNotFoundDefect
from email.message import Message
from email.utils import parsedate_to_datetime

from orchestrator.channels.feedback.rules import ABOUT_US, Kind, Report, plain

MOST_BYTES = 512 * 1024
MOST_RECIPIENTS = 100
COMPLAINTS = ("abuse", "fraud", "opt-out", "opt-out-list")  # the others are no complaint of a person
ADDRESS = re.compile(r"[^@\s,;<>()\"\\\x00-\x1f\x7f]{1,64}@[^@\s,;<>()\"\\\x00-\x1f\x7f]{1,255}")
BRACKETS = re.compile(r"^[^<>]*<([^<>]*)>$")
UNSUBSCRIBE = re.compile(r"/u/([A-Za-z0-9_.:-]{1,200})/")


class Unreadable(Exception):
    """This is no report that can be understood: nothing was written."""


def read_report(raw: str, *, touch_of: Callable[[str], int | None]) -> list[Report]:
    """Read one report; a bounce may be about several recipients, and one that is about nothing gives an empty list.

    touch_of: the touch that a token of an unsubscribe link names, None when we did not sign it. Nothing else in a
    mail tells the touch: whoever writes a report may write any number.
    Raises Unreadable.
    """
    data = raw.encode("utf-8", "replace")
    if len(data) > MOST_BYTES:
        raise Unreadable(f"expected at most {MOST_BYTES} bytes, got {len(data)}")
    mail = message_from_bytes(data)
    if any(isinstance(defect, CloseBoundaryNotFoundDefect) for defect in mail.defects):
        raise Unreadable(
            "the report ends too early: its last boundary is missing"
        )  # half an address may be another one
    parts = {part.get_content_type(): part for part in _parts(mail)}
    touch = _touch(parts, touch_of)
    at, key = _date(mail), _text(mail, "Message-ID") or hashlib.sha256(data).hexdigest()
    if "message/feedback-report" in parts:
        return _complaint(_fields(parts["message/feedback-report"]), touch, at, key)
    if "message/delivery-status" in parts:
        return _bounces(_fields(parts["message/delivery-status"]), touch, at, key)
    raise Unreadable("expected multipart/report with message/feedback-report or message/delivery-status")


def _parts(mail: Message) -> list[Message]:
    """The parts of the report itself, not those of the message that it is about."""
    if not mail.is_multipart():
        return []
    return [part for part in mail.get_payload() if isinstance(part, Message)]


def _fields(part: Message) -> list[Message]:
    """The blocks of fields of a part. Raises Unreadable."""
    blocks = part.get_payload()
    found = [block for block in blocks if isinstance(block, Message)] if isinstance(blocks, list) else []
    if not any(block.keys() for block in found):
        raise Unreadable(f"{part.get_content_type()} has no fields")
    return found


def _complaint(blocks: list[Message], touch: int | None, at: datetime | None, key: str) -> list[Report]:
    fields = blocks[0]
    kind = _text(fields, "Feedback-Type").lower()
    if not kind:
        raise Unreadable("expected the field Feedback-Type")
    if kind not in COMPLAINTS:
        return []
    addresses = {found for value in fields.get_all("Original-Rcpt-To", []) if (found := _address(str(value)))}
    if not addresses and touch is None:
        raise Unreadable("expected Original-Rcpt-To, or the message with its own unsubscribe link")
    if len(addresses) > 1:
        touch = None  # it cannot have gone to all of them
    signed = touch is not None
    return [
        Report(Kind.COMPLAINT, one, touch, at, f"{key}\x1f{one}", signed=signed)
        for one in sorted(addresses)[:MOST_RECIPIENTS] or [""]
    ]


def _bounces(blocks: list[Message], touch: int | None, at: datetime | None, key: str) -> list[Report]:
    about = [block for block in blocks if "Final-Recipient" in block or "Original-Recipient" in block]
    if not about:
        raise Unreadable("expected the field Final-Recipient")
    found = []
    for block in about[:MOST_RECIPIENTS]:
        action, status = _text(block, "Action").lower(), _text(block, "Status")
        if not action or not re.match(r"[245]\.\d{1,3}\.\d{1,3}", status):
            raise Unreadable("expected the fields Action and Status, for example failed and 5.1.1")
        if action != "failed":  # delayed, delivered, relayed, expanded: not over yet, or fine
            continue
        # the address that we wrote to, where a forwarder told both
        address = _address(_text(block, "Original-Recipient")) or _address(_text(block, "Final-Recipient"))
        if not address:
            raise Unreadable("expected an address in Final-Recipient, for example rfc822; anna@example.com")
        subject = status.split(".")[1]
        if subject in ABOUT_US:
            continue
        kind = Kind.HARD if status[0] == "5" and subject == "1" else Kind.SOFT
        words = _text(block, "Diagnostic-Code") or status
        signed = touch if len(about) == 1 else None
        found.append(Report(kind, address, signed, at, f"{key}\x1f{address}", words[:200], signed=signed is not None))
    return found


def _touch(parts: dict[str, Message], touch_of: Callable[[str], int | None]) -> int | None:
    """The touch of the message that came back, by the signature in its unsubscribe link."""
    head = ""
    if "message/rfc822" in parts:
        inner = parts["message/rfc822"].get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        head = str(first.get("List-Unsubscribe", "")) if isinstance(first, Message) else ""
    elif "text/rfc822-headers" in parts:
        payload = parts["text/rfc822-headers"].get_payload(decode=True)
        head = str(message_from_bytes(payload).get("List-Unsubscribe", "")) if isinstance(payload, bytes) else ""
    token = UNSUBSCRIBE.search(head)
    return touch_of(token[1]) if token else None


def _address(value: str) -> str:
    """The address in a field such as `rfc822; <anna@example.com>`, empty when it is none."""
    kind, semicolon, rest = value.partition(";")
    if semicolon and kind.strip().lower() not in ("rfc822", "utf-8"):
        return ""
    found = BRACKETS.sub(r"\1", (rest if semicolon else value).strip())
    return plain(found) if ADDRESS.fullmatch(found) else ""


def _text(fields: Message, name: str) -> str:
    """One field as one line without control characters, empty when it is not there."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", str(fields.get(name, ""))).strip()[:500]


def _date(mail: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(_text(mail, "Date"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None  # without a readable date it counts as of now
