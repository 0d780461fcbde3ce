"""The doors of machines: contacts and events in, one answer an item, 202 only after the commit."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from psycopg.errors import DeadlockDetected, SerializationFailure
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orchestrator.api import schema
from orchestrator.api.body import Items, Refused, check_headers, read_body
from orchestrator.api.models import ApiKey
from orchestrator.api.operations import take_contacts, take_events
from orchestrator.api.rules import FUTURE, ContactIn, EventIn, Problem, read_item

RETRY_AFTER_SECONDS = 5
DRAIN = 64 * 1024 * 1024  # bytes
ATTEMPTS = 3  # of a transaction that the database ended because two got in each other's way
_ENCODE = msgspec.json.Encoder().encode


class OnlyJson(BaseContentNegotiation):
    """Answers are JSON, whatever was asked for."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """Take the one there is: the body is read by `read_body`."""
        return next(iter(parsers))

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        """Take the one there is."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class Intake(APIView, ABC):
    """What both doors share: read the items, take the good ones, say what is wrong with the others."""

    content_negotiation_class = OnlyJson
    http_method_names = ["post", "options"]
    kind: type

    def receive(self, request: Request) -> HttpResponse:
        """Take a request: 202 when something is stored, 400 when nothing could be."""
        now = timezone.now()
        try:
            items = self._items(request)
        except Refused as refused:
            return _answer(refused.status, {"errors": [_said(refused.problem)]})
        results: list[dict[str, Any]] = []
        good: list[tuple[int, Any]] = []
        for index, raw in enumerate(items.raw):
            item, problems = read_item(raw, self.kind)
            result: dict[str, Any] = {"index": index, "status": "rejected"}
            if item is None:
                result["errors"] = [_said(Problem(items.path(index, p.path), p.message)) for p in problems]
            else:
                good.append((index, item))
            results.append(result)
        source = cast(ApiKey, request.auth).source
        if good:
            _again(lambda: self.take(good, results, source, now))
        body = {"accepted": len(good), "rejected": len(items.raw) - len(good), "items": results}
        return _answer(202 if good else 400, body)

    @abstractmethod
    def take(self, good: list[tuple[int, Any]], results: list[dict[str, Any]], source: str, now: datetime) -> None:
        """Store the good items and write what became of them into the results."""

    def handle_exception(self, exc: Exception) -> Any:
        """Say 503 while the database cannot write, and everything else in our form."""
        if isinstance(exc, OperationalError | InterfaceError | InternalError):
            body = {"errors": [_said(Problem("", "the database cannot write at the moment, nothing was stored"))]}
            return _answer(503, body, {"Retry-After": str(RETRY_AFTER_SECONDS)})
        response: Response = super().handle_exception(exc)
        if isinstance(response.data, dict) and "detail" in response.data:
            response.data = {"errors": [_said(Problem("", str(response.data["detail"])))]}
        return response

    def _items(self, request: Request) -> Items:
        meta = request.META
        encoding = meta.get("HTTP_CONTENT_ENCODING", "").strip()
        length, transfer = meta.get("CONTENT_LENGTH"), meta.get("HTTP_TRANSFER_ENCODING", "")
        try:
            check_headers(meta.get("CONTENT_TYPE", ""), encoding, length, transfer)
        except Refused:
            _drain(request._request)
            raise
        try:
            data = request._request.body
        except RequestDataTooBig:
            raise Refused(413, "the body is too large") from None
        except UnreadablePostError:
            raise Refused(400, "the body ended before its Content-Length") from None
        return read_body(data, encoding)


class Contacts(Intake):
    """People in."""

    kind = ContactIn

    @extend_schema(operation_id="contacts", request=schema.CONTACTS, responses=schema.ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Make or change one person, or up to 500 in a batch."""
        return self.receive(request)

    def take(self, good: list[tuple[int, Any]], results: list[dict[str, Any]], source: str, now: datetime) -> None:
        """Store people."""
        told: dict[int, list[Problem]] = {}

        def warn(place: int, key: str, message: str) -> None:
            told.setdefault(place, []).append(Problem(f"attributes.{key}", message))

        ids = take_contacts(people=[person for _, person in good], source=source, now=now, warn=warn)
        for place, ((index, _), contact_id) in enumerate(zip(good, ids, strict=True)):
            results[index].update(status="stored", id=str(contact_id))
            if place in told:
                results[index]["warnings"] = [_said(problem) for problem in told[place]]


class Events(Intake):
    """Facts in."""

    kind = EventIn

    @extend_schema(operation_id="events", request=schema.EVENTS, responses=schema.ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Record one event, or up to 500 in a batch."""
        return self.receive(request)

    def take(self, good: list[tuple[int, Any]], results: list[dict[str, Any]], source: str, now: datetime) -> None:
        """Store events; one that claims to come from the future happened when it came in."""
        for index, event in good:
            event.message_id = event.message_id or uuid.uuid4().hex
            if event.occurred_at is None:
                event.occurred_at = now
            elif event.occurred_at > now + FUTURE:
                event.occurred_at = now
                results[index]["warning"] = "occurred_at lies in the future: the time of arrival counts"
        stored = take_events(events=[event for _, event in good], source=source, now=now)
        for (index, event), new in zip(good, stored, strict=True):
            results[index].update(status="stored" if new else "duplicate", id=event.message_id)


def _again(work: Callable[[], None]) -> None:
    """Do something, again when it was the loser of a deadlock."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            work()
            return
        except OperationalError as error:
            if attempt == ATTEMPTS or not isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
                raise


def _drain(request: HttpRequest) -> None:
    """Let a client finish sending what nobody reads: else it meets a closed connection instead of our answer."""
    left = DRAIN
    try:
        while left > 0 and (chunk := request.read(65_536)):
            left -= len(chunk)
    except UnreadablePostError:
        return  # it went away by itself


def _answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(_ENCODE(body), status=status, content_type="application/json", headers=headers)


def _said(problem: Problem) -> dict[str, str]:
    return {"path": problem.path, "message": problem.message}
