"""What the calls of ad platforms share: what is sent, what an answer comes to, one call through the door."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings

from orchestrator.kernel import outward

SECONDS = 30.0  # 10,000 hashes are a megabyte and a half
AGAIN = frozenset({401, 403, 404, 408, 425, 429})  # a token or a list that is wrong is wrong for every batch
LONGEST_WAIT = 3600  # seconds that a platform may ask us to wait


class Batch(NamedTuple):
    """What one call says. people: hashes of the e-mail address and of the phone number, empty where there is none.

    session: a number of the run and kind; number: from 1; last: nothing follows; total: people of the whole session.
    """

    kind: str
    people: Sequence[tuple[str, str]]
    session: int
    number: int
    last: bool
    total: int
    account: str
    manager: str
    remote_list: str


class Outcome(NamedTuple):
    """What became of a call: done; failed (this batch is refused) or again (nothing goes on for now).

    refused: people whom the platform did not take; wait: seconds that it asked for.
    """

    state: str
    words: str = ""
    refused: int = 0
    remote_id: str = ""
    wait: int = 0


class Said(NamedTuple):
    """An answer: status, body where it is a JSON object (else empty), seconds to wait."""

    status: int
    body: Mapping[str, Any]
    wait: int


def ask(method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Said | Outcome:
    """Call once. An outcome instead of an answer: nobody answered."""
    try:
        answer = outward.call(
            method,
            url,
            headers={"Accept": "application/json", **headers},
            body=body,
            seconds=SECONDS,
            allowed=settings.AUDIENCE_ALLOW_PRIVATE,
        )
    except (outward.Refused, outward.NotReached) as missed:
        return Outcome("again", str(missed))
    wait = int(answer.retry_after) if answer.retry_after.isascii() and answer.retry_after.isdigit() else 0
    return Said(answer.status, _object(answer.body), min(wait, LONGEST_WAIT))


def said_no(said: Said, words: str) -> Outcome:
    """Tell what an answer other than 2xx means; words: what the platform said."""
    told = f"{said.status}: {words}" if words else f"answered {said.status}"
    again = said.status >= 500 or said.status in AGAIN or 300 <= said.status < 400
    return Outcome("again" if again else "failed", told, wait=said.wait)


def as_json(body: Any) -> bytes:
    """Write a body compactly."""
    return json.dumps(body, separators=(",", ":")).encode()


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
