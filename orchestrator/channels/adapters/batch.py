"""Several mails in one call of a provider that takes them so: each stays a mail of its own, with its own answer.

Anymail's batches are one text with values for each person. Ours are texts of their own, with signed links and headers for
unsubscribing: what Anymail makes of each is put together here, and it reads the parts of the answer as if each mail had gone
alone. Providers with keys against repetition get one call for a mail: a key stands for a whole call there.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urljoin

import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import AnymailError
from django.core.mail import EmailMultiAlternatives

from orchestrator.channels.adapters import api
from orchestrator.channels.rules import Answer, by_status


class Together(NamedTuple):
    """How a provider takes several mails.

    path: below its address. join: makes one body of what each mail would be alone. split: makes of the answer what each mail
    would have got alone, as status and body; raises ValueError, KeyError or TypeError when it is no such answer.
    """

    path: str
    join: Callable[[list[Any]], Any]
    split: Callable[[Any], list[tuple[int, Any]]]


def _postmark_alone(answer: Any) -> list[tuple[int, Any]]:
    if not isinstance(answer, list):
        raise TypeError
    return [(422 if one.get("ErrorCode") else 200, one) for one in answer]  # it is missing while their service is slow


def _mailjet_together(parts: list[Any]) -> Any:
    return {"Messages": [{**part["Globals"], **message} for part in parts for message in part["Messages"]]}


def _mailjet_alone(answer: Any) -> list[tuple[int, Any]]:
    return [
        (200 if one["Status"] == "success" else one["Errors"][0]["StatusCode"], {"Messages": [one]})
        for one in answer["Messages"]
    ]


TOGETHER: Mapping[str, Together] = {
    "mailjet": Together("send", _mailjet_together, _mailjet_alone),
    "postmark": Together("email/batch", list, _postmark_alone),
}


def send(
    backend: AnymailRequestsBackend,
    door: api.Door,
    messages: Sequence[EmailMultiAlternatives],
    how: Together,
    *,
    until: float,
) -> list[Answer] | None:
    """Hand mails over in one call, and say what the provider answered to each.

    until: by time.monotonic; after it nothing begins, and there are no answers. None: they have to go one by one, since one of them cannot be written for it, or it took none because of what they are.
    """
    try:
        payloads = [backend.build_message_payload(message, backend.send_defaults) for message in messages]
        alone = [one.get_request_params(backend.api_url) for one in payloads]
    except AnymailError:
        return None
    body = how.join([json.loads(one["data"]) for one in alone])
    asked = alone[0] | {"url": urljoin(backend.api_url, how.path), "data": json.dumps(body)}
    if time.monotonic() > until:
        return []
    try:
        response = backend.session.request(**asked)
    except api.NotReached as missed:
        return [Answer("unknown" if missed.sent else "unavailable", str(missed)[: api.WORDS])] * len(messages)
    try:
        parts = how.split(response.json())
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        parts = []
    if len(parts) == len(messages):
        return [_read(backend, door, message, part) for message, part in zip(messages, parts, strict=True)]
    status = response.status_code if response.status_code >= 300 else None
    said = by_status(status, response.text[: api.WORDS], repeatable=False)
    return None if said.outcome == "rejected" else [said] * len(messages)


def _read(
    backend: AnymailRequestsBackend, door: api.Door, message: EmailMultiAlternatives, part: tuple[int, Any]
) -> Answer:
    with _answering(backend, *part):
        return api.send(backend, door, message, "")


@contextmanager
def _answering(backend: Any, status: int, body: Any) -> Iterator[None]:
    """Have Anymail take this for the answer to the next mail."""
    response = requests.Response()
    response.status_code, response._content, response.encoding = status, json.dumps(body).encode(), "utf-8"
    response.headers["Content-Type"] = "application/json"

    def answered(payload: Any, message: Any) -> requests.Response:
        backend.raise_for_status(response, payload, message)
        return response

    backend.post_to_esp = answered
    try:
        yield
    finally:
        del backend.post_to_esp
