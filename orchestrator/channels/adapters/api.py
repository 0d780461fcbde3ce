"""Mail by the HTTP API of a provider, through Anymail: our own door to the network, and what an answer means."""

from collections.abc import Mapping
from typing import Any, cast

import requests
from anymail.backends.base import AnymailBaseBackend
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from requests.adapters import BaseAdapter

from orchestrator.channels.providers import PROVIDERS, SECONDS, Provider
from orchestrator.channels.rules import SENT, Answer, by_status
from orchestrator.kernel import outward

WORDS = 300  # characters of a refusal that are kept
NONE = Provider(())


class NotReached(requests.ConnectionError):
    """A provider did not answer. `sent`: the request may have arrived."""

    sent = True


class Door(BaseAdapter):
    """Requests of Anymail go out like every call of ours: public addresses only, no redirects, one limit of time for all of it."""

    key = ""  # of the message that is sent, for providers that take one

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Call once. Raises NotReached."""
        body = request.body or b""
        headers = {name: str(value) for name, value in request.headers.items() if name.lower() != "content-length"}
        headers |= {"Accept-Encoding": "identity"} | ({"Idempotency-Key": self.key} if self.key else {})
        try:
            answer = outward.call(
                request.method or "POST",
                request.url or "",
                headers=headers,
                body=body if isinstance(body, bytes) else str(body).encode(),
                seconds=SECONDS,
                allowed=settings.MAIL_ALLOW_PRIVATE,
            )
        except (outward.Refused, outward.NotReached) as problem:
            missed = NotReached(str(problem))
            missed.sent = isinstance(problem, outward.NotReached) and problem.sent
            raise missed from problem
        response = requests.Response()
        response.status_code, response.request, response.url = answer.status, request, request.url or ""
        response._content, response.reason, response.encoding = answer.body, "", "utf-8"
        return response

    def close(self) -> None:
        """Nothing is kept open."""


def provider() -> Provider:
    """The provider that is called; one without abilities where mail goes by SMTP."""
    return PROVIDERS.get(settings.MAIL_PROVIDER, NONE)


def addressed(message: EmailMultiAlternatives, *, token: str, key: str) -> EmailMultiAlternatives:
    """Tell the provider which message of ours this is, and that nothing in it is to be counted: that is ours, with consent."""
    ours, extra = provider(), cast(Any, message)
    if ours.metadata:
        extra.metadata = {"touch": token}
    if ours.untracked:
        extra.track_opens = extra.track_clicks = False
    if ours.key == "mail":
        message.extra_headers["idempotencyKey"] = key
    return message


def opened(backend: AnymailBaseBackend) -> Door:
    """Have the requests of an open backend go through our door."""
    door = Door()
    if isinstance(backend, AnymailRequestsBackend) and backend.session is not None:
        for scheme in ("https://", "http://"):
            backend.session.mount(scheme, door)
    return door


def send(backend: AnymailBaseBackend, door: Door, message: EmailMultiAlternatives, key: str) -> Answer:
    """Hand one mail over and say what the provider answered."""
    by_request = provider().key == "request"
    door.key = key if by_request else ""
    try:
        if not backend.send_messages([message]):
            return Answer("unavailable", "the mail backend took nothing")
    except AnymailRecipientsRefused:
        return Answer("rejected", f"refused: {_states(message)}")
    except AnymailAPIError as error:
        return _refused(error, repeatable=by_request)
    except AnymailError as error:  # nothing was sent: the message cannot be put into words of this provider
        return Answer("rejected", str(error)[:WORDS])
    if _status(message).status == {
        "failed"
    }:  # Mailjet says so of one mail in an answer that Anymail does not raise for
        return Answer("rejected", _status(message).esp_response.text[:WORDS])
    return SENT._replace(words=str(_status(message).message_id or "")[:WORDS])


def _refused(error: AnymailAPIError, *, repeatable: bool) -> Answer:
    cause, status = error.__cause__, error.status_code
    if isinstance(cause, NotReached):
        lost = cause.sent and not repeatable
        return Answer("unknown" if lost else "unavailable", str(cause)[:WORDS])
    if isinstance(error.response, Mapping):  # of AWS's own library
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    body = getattr(error.response, "text", "") or str(error.args[0] if error.args else "")
    return by_status(status, body[:WORDS], repeatable=repeatable)


def _status(message: EmailMultiAlternatives) -> Any:
    return cast(Any, message).anymail_status


def _states(message: EmailMultiAlternatives) -> str:
    return ", ".join(sorted(str(one) for one in _status(message).status or ()))
