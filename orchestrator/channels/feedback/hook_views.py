"""The door for webhooks of providers: who they are from is checked before anything else, and nothing makes it answer 5xx."""

import hashlib
import json
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from contacts.profiles.again import again
from orchestrator.channels.feedback import signing
from orchestrator.channels.feedback.hooks import SOURCES, Unreadable, read_hook
from orchestrator.channels.feedback.operations import OTHER_WORDS, take_hook
from orchestrator.kernel import outward

log = structlog.get_logger(__name__)
MOST_BYTES = 2 * 1024 * 1024
CALL_SECONDS = 5
certificates: dict[str, bytes] = {}  # of Amazon, by their address: they change once in some years


class Refused(Exception):
    """A webhook is not taken: a status and words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@csrf_exempt  # the signature is the permission
@require_http_methods(["POST", "HEAD"])
def hook(request: HttpRequest, name: str) -> HttpResponse:
    """Take what a provider tells. HEAD answers that the door is there, which some ask first."""
    secrets = settings.FEEDBACK_SECRETS.get(name, "").split()
    if name not in SOURCES or not secrets:
        return _refused(Refused(404, f"FEEDBACK_SECRETS has nothing for {name}: {', '.join(SOURCES)} are known"), name)
    if request.method == "HEAD":
        return HttpResponse()
    try:
        return _taken(request, name, secrets, timezone.now())
    except signing.NotProven as problem:
        return _refused(Refused(problem.status, str(problem)), name)
    except Unreadable as problem:
        return _refused(Refused(400, str(problem)), name)
    except Refused as refused:
        return _refused(refused, name)


def _taken(request: HttpRequest, name: str, secrets: list[str], now: datetime) -> HttpResponse:
    body = _body(request)
    key = SOURCES[name].check(signing.Hook(request.headers, body, secrets, now, _certificate))
    told = read_hook(name, request)
    digest = hashlib.sha256(body).hexdigest()
    words = again(lambda: take_hook(source=name, key=key, digest=digest, told=told, now=now))
    if words == [OTHER_WORDS]:
        raise Refused(409, "this webhook came before with other content")
    if name == "amazon_ses":
        _confirm(json.loads(body))
    return JsonResponse({"events": words})


def _body(request: HttpRequest) -> bytes:
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length[:12]) > MOST_BYTES:
        raise Refused(413, f"expected at most {MOST_BYTES} bytes")
    try:
        body = request.body
    except RequestDataTooBig:
        raise Refused(413, f"expected at most {MOST_BYTES} bytes") from None
    except UnreadablePostError:
        raise Refused(400, "the body ended too early") from None
    if len(body) > MOST_BYTES:
        raise Refused(413, f"expected at most {MOST_BYTES} bytes")
    return body


def _certificate(address: str) -> bytes:
    """The certificate at an address of Amazon, which was checked."""
    if address not in certificates:
        certificates[address] = _called(address).body
    return certificates[address]


def _confirm(message: dict[str, str]) -> None:
    """Answer Amazon's question whether a topic that is set shall tell us."""
    address = message.get("SubscribeURL", "")
    if message.get("Type") == "SubscriptionConfirmation" and signing.AMAZON_HOST.match(address):
        _called(address)


def _called(address: str) -> outward.Answer:
    try:
        answer = outward.call("GET", address, headers={}, body=b"", seconds=CALL_SECONDS)
    except (outward.Refused, outward.NotReached) as problem:
        raise Refused(424, f"{urlsplit(address).hostname} was not reached: {problem}") from problem
    if answer.status != 200 or not answer.whole:
        raise Refused(424, f"{urlsplit(address).hostname} answered {answer.status}")
    return answer


def _refused(refused: Refused, name: str) -> HttpResponse:
    log.warning("webhook refused", provider=name[:20], status=refused.status, words=str(refused)[:200])
    return JsonResponse({"error": str(refused)}, status=refused.status)
