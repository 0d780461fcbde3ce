"""One call of a webhook: signed, with a key that lets the other side know a repetition, and what its answer means."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from django.conf import settings

from orchestrator.kernel import outward

AGAIN = frozenset({408, 425, 429})  # 4xx that say: not now
LONGEST_WAIT = 24 * 3600  # seconds that another side may ask us to wait
GONE = 410  # the receiver wants no more calls (Standard Webhooks)
WHSEC = "whsec_"


class Request(NamedTuple):
    """What is sent. key: the same for every repetition. secret: signs it; several, parted by blanks, while one is changed for another;
    empty: not signed.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    key: str
    secret: str
    seconds: float


class Outcome(NamedTuple):
    """What became of one call. state: done, failed (for good) or again. wait: seconds that the other side asked for."""

    state: str
    words: str = ""
    status: int | None = None
    body: Any = None
    wait: int = 0


def call(request: Request, *, now: datetime) -> Outcome:
    """Call once and say what the answer means; words never say what stands in our network."""
    stamp = str(int(now.timestamp()))
    headers = {
        "User-Agent": "journey-orchestrator",
        "Accept": "application/json",
        **request.headers,
        "Idempotency-Key": request.key,
        "Webhook-Id": request.key,
        "Webhook-Timestamp": stamp,
    }
    if request.secret:
        headers["Webhook-Signature"] = signatures(request.secret, request.key, stamp, request.body)
    try:
        answer = outward.call(
            request.method,
            request.url,
            headers=headers,
            body=b"" if request.method == "GET" else request.body,
            seconds=request.seconds,
            allowed=settings.WEBHOOK_ALLOW_PRIVATE,
        )
    except outward.Refused as refused:
        return Outcome("failed", str(refused))
    except outward.NotReached as missed:
        return Outcome("again", str(missed))
    return understood(answer, now=now)


def signatures(secret: str, key: str, stamp: str, body: bytes) -> str:
    """Sign as Standard Webhooks does: HMAC-SHA256 over id, timestamp and body, in Base64; one for each secret that holds."""
    signed = f"{key}.{stamp}.".encode() + body
    return " ".join(
        f"v1,{base64.b64encode(hmac.new(one, signed, hashlib.sha256).digest()).decode()}" for one in keys_of(secret)
    )


def keys_of(secret: str) -> list[bytes]:
    """Read secrets: `whsec_` and Base64 as Standard Webhooks has them, or any other text as it stands."""
    parts = secret.split()
    if not all(part.startswith(WHSEC) for part in parts):
        return [secret.encode()]
    try:
        return [base64.b64decode(part.removeprefix(WHSEC), validate=True) for part in parts]
    except binascii.Error:
        return [secret.encode()]


def understood(answer: outward.Answer, *, now: datetime) -> Outcome:
    """Say what an answer means: 2xx is done, 5xx and "not now" come again, the rest is for good."""
    said = f"answered {answer.status}"
    if answer.status >= 500 or answer.status in AGAIN:
        return Outcome("again", said, answer.status, wait=_wait(answer.retry_after, now))
    if 300 <= answer.status < 400:
        return Outcome("failed", f"{said}: a redirect, which is not followed", answer.status)
    if not 200 <= answer.status < 300:
        return Outcome("failed", said, answer.status)
    return Outcome("done", "", answer.status, _json(answer))


def _wait(retry_after: str, now: datetime) -> int:
    """Read Retry-After, seconds or a date (RFC 9110), as seconds from now."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(int(retry_after[:9]), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0
    until = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, min(int((until - now).total_seconds()), LONGEST_WAIT))


def _json(answer: outward.Answer) -> Any:
    """The body where it is JSON, else None."""
    if not answer.whole:
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
