"""The doors that SDKs of the Segment dialect speak to: /v1/identify, track, page, screen, group, alias, batch."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, cast

import msgspec
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from orchestrator.api import schema
from orchestrator.api.arrivals import NewArrival, record_arrival
from orchestrator.api.authentication import WriteKeyAuthentication
from orchestrator.api.body import Items, Refused, split_body
from orchestrator.api.dialect import MAX_TRACKED, Around, Kind, Said, read_plain, read_tracked
from orchestrator.api.models import ApiKey
from orchestrator.api.rules import Problem
from orchestrator.api.tracking import take_tracked
from orchestrator.api.web import Door, again, answer, library_of, said

CODES = {400: "invalid_request", 401: "invalid_write_key", 413: "too_large", 503: "try_again"}
# a browser asks before it sends (CORS); no cookies are involved, so that any page may send
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, AnonymousId, X-Retry-Count, X-Api-Key",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "86400",
}
_SENT_AT = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)] | None)


class Tracking(Door):
    """One of the doors; `kind` None is a batch, whose items say their kind."""

    authentication_classes = [WriteKeyAuthentication]
    permission_classes = [AllowAny]  # the key may stand in the body: looked at in `_receive`
    types = ("application/json", "text/plain")  # pages send text/plain where they may not ask first
    kind: Kind | None = None

    @extend_schema(exclude=True)
    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Tell a browser that it may send."""
        return HttpResponse(status=204)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let pages of other sites read every answer, also a refusal."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in CORS.items():
            response[name] = value
        return response

    def errors(self, status: int, problems: Sequence[Problem]) -> dict[str, Any]:
        """SDKs read `code` and `message`; people read all of them."""
        first = problems[0]
        message = f"{first.path}: {first.message}" if first.path else first.message
        body = {"success": False, "code": CODES.get(status, "refused"), "message": message}
        return body | super().errors(status, problems)

    def receive(self, request: Request) -> HttpResponse:
        """Take a request: 200 after the commit when something is stored, 400 when nothing could be."""
        now, key = timezone.now(), cast(ApiKey | None, request.auth)
        try:
            items = split_body(self.body(request), most=MAX_TRACKED)
            if self.kind is None and not items.batch:
                raise Refused(400, "expected a list of items, it is missing", "batch")
            key = key or WriteKeyAuthentication().key_of_body(items.beside.get("writeKey"))
            if key is None:
                raise NotAuthenticated
            around = _around(items, key, now)
        except Refused as refused:
            if key is not None:
                arrival = self._arrival(request, key, [], [refused.problem], 1)
                record_arrival(arrival=arrival, now=now)
            return answer(refused.status, self.errors(refused.status, [refused.problem]))
        return self._take(request, items, key, around)

    def _take(self, request: Request, items: Items, key: ApiKey, around: Around) -> HttpResponse:
        good: list[tuple[int, Said]] = []
        rejected: list[dict[str, Any]] = []
        problems: list[Problem] = []
        batch = self.kind is None
        for index, raw in enumerate(items.raw):
            item, found = read_tracked(raw, self.kind, around)
            if item is None:
                found = [Problem(items.path(index, p.path) if batch else p.path, p.message) for p in found]
                rejected.append({"index": index, "errors": [said(problem) for problem in found]})
                problems += found
            else:
                good.append((index, item))
        warnings = [Problem(items.path(i, "") if batch else "", item.warning) for i, item in good if item.warning]
        arrival = self._arrival(request, key, [item for _, item in good], problems + warnings, len(rejected))
        if not good:
            record_arrival(arrival=arrival, now=around.now)
            return answer(400, self.errors(400, problems) | {"rejected": rejected})
        told = again(lambda: _store([item for _, item in good], arrival, key, around.now))
        warnings += [Problem(items.path(good[n][0], path) if batch else path, text) for n, path, text in told]
        body: dict[str, Any] = {"success": True}
        if rejected:
            body["rejected"] = rejected
        if warnings:
            body["warnings"] = [said(problem) for problem in warnings]
        return answer(200, body)

    def _arrival(
        self, request: Request, key: ApiKey, taken: Sequence[Said], problems: Sequence[Problem], rejected: int
    ) -> NewArrival:
        first = next((item for item in taken if item.event), taken[0] if taken else None)
        library = next((item.library for item in taken if item.library), "") or library_of(request)
        return NewArrival(
            source=key.source,
            door=self.kind or "batch",
            name=(first.event or first.kind) if first else "",
            library=library,
            accepted=len(taken),
            rejected=rejected,
            problem=problems[0] if problems else None,
        )


class Identify(Tracking):
    """Who somebody is, with traits."""

    kind = Kind.IDENTIFY

    @extend_schema(operation_id="identify", request=schema.TRACKED["identify"], responses=schema.SDK_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Say who somebody is: ids, and traits that become columns and attributes."""
        return self.receive(request)


class Track(Tracking):
    """What somebody did."""

    kind = Kind.TRACK

    @extend_schema(operation_id="track", request=schema.TRACKED["track"], responses=schema.SDK_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Record an event."""
        return self.receive(request)


class Page(Tracking):
    """What somebody looked at on the web."""

    kind = Kind.PAGE

    @extend_schema(operation_id="page", request=schema.TRACKED["page"], responses=schema.SDK_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Record `page_viewed`."""
        return self.receive(request)


class Screen(Tracking):
    """What somebody looked at in an app."""

    kind = Kind.SCREEN

    @extend_schema(operation_id="screen", request=schema.TRACKED["screen"], responses=schema.SDK_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Record `screen_viewed`."""
        return self.receive(request)


class Group(Tracking):
    """Which company somebody belongs to."""

    kind = Kind.GROUP

    @extend_schema(operation_id="group", request=schema.TRACKED["group"], responses=schema.SDK_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Put a person into a company, and say what the company is like."""
        return self.receive(request)


class Alias(Tracking):
    """Which two ids are one person."""

    kind = Kind.ALIAS

    @extend_schema(operation_id="alias", request=schema.TRACKED["alias"], responses=schema.SDK_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Say that a former id and a user id are one person."""
        return self.receive(request)


class Batch(Tracking):
    """Up to 2,500 items of any kind; `/v1/import` is the same door."""

    @extend_schema(operation_id="batch", request=schema.TRACKED["batch"], responses=schema.SDK_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Take items of any kind, each with its `type`."""
        return self.receive(request)


@extend_schema(exclude=True)
class SdkSettings(Tracking):
    """What SDKs of browsers and apps ask before they send: where to."""

    http_method_names = ["get", "options"]

    def get(self, request: Request, write_key: str) -> HttpResponse:
        """Answer that everything goes to us and nothing anywhere else."""
        if WriteKeyAuthentication().find(write_key.encode()) is None:
            return answer(404, self.errors(404, [Problem("", "this key is unknown or revoked")]))
        protocol, _, host = settings.PUBLIC_URL.partition("://")
        ours = {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": protocol}
        return answer(200, {"integrations": {"Segment.io": ours}, "plan": {"track": {"__default": {"enabled": True}}}})


def _store(items: Sequence[Said], arrival: NewArrival, key: ApiKey, now: datetime) -> list[tuple[int, str, str]]:
    """Store what was said; gives place, path and message of each trait that was not taken over.

    A public key is told nothing: it would learn whether somebody is known.
    """
    told: list[tuple[int, str, str]] = []
    take_tracked(
        items=items,
        arrival=arrival,
        trusted=not key.public,
        now=now,
        warn=None if key.public else lambda place, name, message: told.append((place, f"traits.{name}", message)),
    )
    return told


def _around(items: Items, key: ApiKey, now: datetime) -> Around:
    """Read what stands beside the batch."""
    beside: Mapping[str, Any] = items.beside if items.batch else {}
    sent_at, context = None, None
    try:
        if "sentAt" in beside:
            sent_at = _SENT_AT.decode(beside["sentAt"])
    except msgspec.DecodeError:
        raise Refused(400, "expected an ISO 8601 instant with its offset", "sentAt") from None
    if "context" in beside:
        context, problems = read_plain(bytes(beside["context"]))
        if problems:
            raise Refused(400, problems[0].message, f"context.{problems[0].path}".rstrip("."))
    return Around(now, not key.public, sent_at, context or {})
