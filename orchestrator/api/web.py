"""What every door for machines shares: the body of a request, refusals in one form, and patience with the database."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from rest_framework.exceptions import PermissionDenied
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from contacts.profiles.again import again
from contacts.profiles.operations import Gone
from journeys.definitions.models import Journey
from orchestrator.api.body import Refused, check_headers, plain_body
from orchestrator.api.models import ApiKey
from orchestrator.api.rules import Problem

RETRY_AFTER_SECONDS = 5
SENDING = (ApiKey.Scope.INTAKE, ApiKey.Scope.MANAGE)  # who may bring people and facts
DRAIN = 64 * 1024 * 1024  # bytes
LIBRARY = re.compile(r"[A-Za-z][\w.-]{0,60}(/[\w.+-]{1,30})?")
__all__ = ["again"]  # for the doors, beside what stands here
_ENCODE = msgspec.json.Encoder().encode


class OnlyJson(BaseContentNegotiation):
    """Answers are JSON, whatever was asked for."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """Take the one there is: the body is read by `Door.body`."""
        return next(iter(parsers))

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        """Take the one there is."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class Door(APIView):
    """A door for machines."""

    content_negotiation_class = OnlyJson
    http_method_names = ["post", "options"]
    types: Sequence[str] = ("application/json",)
    scopes: Mapping[str, Sequence[str]] = {}  # of the keys that may, by method; else of those that send

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let only keys in that may do what is asked for."""
        super().initial(request, *args, **kwargs)
        allowed = self.scopes.get(request.method or "", SENDING)
        if isinstance(request.auth, ApiKey) and request.auth.scope not in allowed:
            said = f"this key has not the scope {' or '.join(allowed)}: see manage.py create_api_key --scope"
            raise PermissionDenied(said)

    def body(self, request: Request) -> bytes:
        """Read the body as text. Raises Refused."""
        meta = request.META
        encoding = meta.get("HTTP_CONTENT_ENCODING", "").strip()
        length, transfer = meta.get("CONTENT_LENGTH"), meta.get("HTTP_TRANSFER_ENCODING", "")
        try:
            check_headers(meta.get("CONTENT_TYPE", ""), encoding, length, transfer, self.types)
        except Refused:
            _drain(request._request)
            raise
        try:
            data = request._request.body
        except RequestDataTooBig:
            raise Refused(413, "the body is too large") from None
        except UnreadablePostError:
            raise Refused(400, "the body ended before its Content-Length") from None
        return plain_body(data, encoding)

    def errors(self, status: int, problems: Sequence[Problem]) -> dict[str, Any]:
        """Put problems into the form of this door."""
        return {"errors": [said(problem) for problem in problems]}

    def handle_exception(self, exc: Exception) -> Any:
        """Say 503 while the database cannot write, and everything else in our form."""
        if isinstance(exc, OperationalError | InterfaceError | InternalError | Gone):
            problem = Problem("", "the database cannot write at the moment, nothing was stored")
            return answer(503, self.errors(503, [problem]), {"Retry-After": str(RETRY_AFTER_SECONDS)})
        response = super().handle_exception(exc)
        problem = Problem("", str(response.data.get("detail", "")) if isinstance(response.data, dict) else "")
        return answer(response.status_code, self.errors(response.status_code, [problem]), dict(response.headers))


def answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Answer with JSON."""
    given = {name: value for name, value in (headers or {}).items() if name.lower() != "content-type"}
    return HttpResponse(_ENCODE(body), status=status, content_type="application/json", headers=given)


def find_journey(slug: str) -> Journey:
    """Find a journey. Raises Refused."""
    found = Journey.objects.select_related("live_version").filter(slug=slug).first()
    if found is None:
        raise Refused(404, "there is no journey with this short name")
    return found


def said(problem: Problem) -> dict[str, str]:
    """Say a problem as JSON."""
    return {"path": problem.path, "message": problem.message}


def library_of(request: Request) -> str:
    """Say what sent a request, without what a browser's user agent tells about a person: `python-requests/2.32`."""
    product = request.META.get("HTTP_USER_AGENT", "").split(" ")[0]
    return "browser" if product.startswith("Mozilla") else product if LIBRARY.fullmatch(product) else ""


def _drain(request: HttpRequest) -> None:
    """Let a client finish sending what nobody reads: else it meets a closed connection instead of our answer."""
    left = DRAIN
    try:
        while left > 0 and (chunk := request.read(65_536)):
            left -= len(chunk)
    except UnreadablePostError:
        return  # it went away by itself
