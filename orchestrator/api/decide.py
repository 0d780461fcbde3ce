"""The doors of slots: GET /v1/decide/<slot> says what to show, POST /v1/decide/<token>/shown what became of it."""

import re
from datetime import timedelta
from typing import Any, cast

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from contacts.identity.rules import BadIdentifier, Seen, checked
from contacts.identity.visitors import visitor_of
from orchestrator.api import decide_schema as schema
from orchestrator.api.authentication import WriteKeyAuthentication
from orchestrator.api.models import ApiKey
from orchestrator.api.rules import Problem
from orchestrator.api.sdk import Tracking
from orchestrator.api.web import answer
from orchestrator.channels.feedback.rules import likely_machine
from orchestrator.channels.slots.deciding import UnknownSlot, decide
from orchestrator.channels.slots.operations import record_reaction
from orchestrator.channels.slots.queries import Shown, read_token
from orchestrator.channels.slots.rules import LANGUAGES, Reaction

MOST_ID = 200  # characters, as in the other doors of SDKs
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
IDS = (("userId", "user_id"), ("anonymousId", "anonymous_id"))
LONG_AGO = timedelta(days=1)


class SlotDoor(Tracking):
    """What both doors share: CORS, no cookie, never kept by anybody on the way."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say that the answer is for this visitor and this moment."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store, private"
        response["X-Robots-Tag"] = "noindex"
        return response


class Decide(SlotDoor):
    """What to show in a slot."""

    http_method_names = ["get", "options"]

    @extend_schema(operation_id="decide", parameters=schema.DECIDE, responses=schema.DECIDE_ANSWERS)
    def get(self, request: Request, slot: str) -> HttpResponse:
        """Say what to show this visitor in a slot: a message, products, the fallback, or nothing (`content` is null)."""
        key = cast(ApiKey | None, request.auth) or _key_of_address(request)
        given = request.query_params
        try:
            product = _text(given.get("product", ""), "product")
            seen = Seen(**{name: _text(given.get(field, ""), field) or None for field, name in IDS})
            contact_id = visitor_of(checked(seen), trusted=not key.public) if any(seen[:2]) else None
            shown = decide(slug=slot, contact_id=contact_id, language=_language(), product=product, now=timezone.now())
        except BadIdentifier as wrong:
            field = {name: field for field, name in IDS}.get(wrong.field, wrong.field)
            return answer(400, self.errors(400, [Problem(field, str(wrong).partition(": ")[2])]))
        except UnknownSlot:
            return answer(404, self.errors(404, [Problem("slot", "there is no slot with this short name")]))
        return answer(200, _said(shown))


class React(SlotDoor):
    """What became of what was shown; the signed token is the permission, so that no key is needed."""

    authentication_classes = []

    @extend_schema(operation_id="react", request=None, parameters=schema.REACT, responses=schema.REACT_ANSWERS)
    def post(self, request: Request, token: str, reaction: str) -> HttpResponse:
        """Record that it was seen, clicked or closed; each counts once, however often it is said."""
        named = read_token(token)
        if named is None or reaction not in list(Reaction):
            return answer(404, self.errors(404, [Problem("", "there is nothing here")]))
        now = timezone.now()
        try:
            product = _text(request.query_params.get("product", ""), "product")
        except BadIdentifier as wrong:
            return answer(400, self.errors(400, [Problem(wrong.field, str(wrong).partition(": ")[2])]))
        machine = likely_machine(request.headers, called_at=now - LONG_AGO, now=now)
        new = record_reaction(named=named, reaction=Reaction(reaction), machine=machine, now=now, product=product)
        return answer(200, {"recorded": new})


def _key_of_address(request: Request) -> ApiKey:
    """Find the key that stands in the address, as pages send it: public ones only, for addresses are written down by many.

    Raises NotAuthenticated, AuthenticationFailed.
    """
    given = request.query_params.get("writeKey", "")
    if not given:
        raise NotAuthenticated
    key = WriteKeyAuthentication().find(given.encode("utf-8", "surrogatepass"))
    if key is None or not key.public:
        raise AuthenticationFailed(
            "expected a public key in writeKey; secret keys belong into the header Authorization"
        )
    if key.scope not in (ApiKey.Scope.INTAKE, ApiKey.Scope.MANAGE):
        raise AuthenticationFailed("this key may not bring people and facts in")
    return key


def _text(given: str, field: str) -> str:
    """Take a value of the address. Raises BadIdentifier."""
    if len(given) > MOST_ID:
        raise BadIdentifier(field, f"expected at most {MOST_ID} characters, got {len(given)}")
    if CONTROL.search(given):
        raise BadIdentifier(field, "expected text without control characters")
    return given.strip()


def _language() -> str:
    """The visitor's language, as the browser says it (Accept-Language)."""
    language = (get_language() or "en")[:2]
    return language if language in LANGUAGES else LANGUAGES[0]


def _said(shown: Shown) -> dict[str, Any]:
    return {
        "touch": shown.touch,
        "kind": shown.kind,
        "answer": str(shown.answer),
        "language": shown.language,
        "content": shown.content,
        "tracking": shown.tracking or None,
    }
