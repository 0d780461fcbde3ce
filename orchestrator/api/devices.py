"""The door by which a browser subscribes to push messages, from a page of the shop, and takes that back."""

from datetime import datetime
from typing import Any, cast

import msgspec
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from consent.purposes.models import Purpose, Wording
from consent.records.operations import Choice, record_consents
from contacts.devices.operations import NobodyThere, add_device, remove_device
from contacts.devices.rules import BadSubscription
from contacts.identity.operations import resolve_people
from contacts.identity.rules import BadIdentifier, Seen
from orchestrator.api import device_schema as schema
from orchestrator.api.arrivals import NewArrival, record_arrival
from orchestrator.api.authentication import WriteKeyAuthentication
from orchestrator.api.body import Refused
from orchestrator.api.models import ApiKey
from orchestrator.api.sdk import CORS
from orchestrator.api.web import Door, again, answer, library_of
from orchestrator.channels.vapid import public_key

CHANNEL = "push"


class Keys(msgspec.Struct):
    """The keys that a browser made for us."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct):
    """What PushSubscription.toJSON() gives; expirationTime is not used."""

    endpoint: str
    keys: Keys


class DeviceIn(msgspec.Struct, rename="camel"):
    """What a page says. granted: False takes it back. wording: the text that was agreed to, as its page names it."""

    subscription: Subscription
    purpose: str
    granted: bool = True
    anonymous_id: str = ""
    user_id: str = ""
    wording: str = ""
    url: str = ""


_READ = msgspec.json.Decoder(DeviceIn)


class Devices(Door):
    """Devices of people."""

    http_method_names = ["get", "post", "options"]
    authentication_classes = [WriteKeyAuthentication]
    permission_classes = [AllowAny]  # GET needs no key; POST looks for it itself
    types = ("application/json", "text/plain")  # pages send text/plain where they may not ask first

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

    @extend_schema(operation_id="push_key", responses=schema.PUSH_KEY, auth=[])
    def get(self, request: Request) -> HttpResponse:
        """Give the key under which browsers subscribe; empty where this server sends no push messages."""
        return answer(200, {"applicationServerKey": public_key()})

    @extend_schema(operation_id="device", request=schema.DEVICE, responses=schema.DEVICE_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Keep a browser that agreed to push messages for one purpose, or take it out again.

        Agreeing is recorded for the purpose, which must be one whose channel is push. A public key may name the browser's own
        anonymousId only.
        """
        now, key = timezone.now(), cast(ApiKey | None, request.auth)
        if key is None:
            raise NotAuthenticated
        arrival = NewArrival(key.source, "devices", library=library_of(request))
        try:
            given = self._given(request, key)
            again(lambda: _keep(given, key, request.META.get("HTTP_USER_AGENT", ""), now))
        except Refused as refused:
            record_arrival(arrival=arrival._replace(rejected=1, problem=refused.problem), now=now)
            return answer(refused.status, self.errors(refused.status, [refused.problem]))
        record_arrival(arrival=arrival._replace(accepted=1), now=now)
        return answer(202, {"status": "stored"})

    def _given(self, request: Request, key: ApiKey) -> DeviceIn:
        """Read what was said. Raises Refused."""
        try:
            given = _READ.decode(self.body(request))
        except msgspec.DecodeError as error:
            raise Refused(400, str(error)[:300]) from None
        if any("\0" in text for text in (given.purpose, given.wording, given.url)):
            raise Refused(400, "there is a character that no text holds")
        if given.user_id and key.public:
            raise Refused(403, "expected a key of a server: a public key may not say this", "userId")
        if given.granted and not (given.user_id or given.anonymous_id):
            raise Refused(400, "expected the anonymousId of the browser", "anonymousId")
        purpose = Purpose.objects.filter(slug=given.purpose, channel=CHANNEL, active=True).first()
        if purpose is None:
            raise Refused(400, "expected a purpose whose channel is push", "purpose")
        known = Wording.objects.select_related("purpose").filter(purpose=purpose)
        if given.wording and given.wording not in {one.name for one in known}:
            raise Refused(400, "there is no such wording of this purpose", "wording")
        return given


@transaction.atomic
def _keep(given: DeviceIn, key: ApiKey, agent: str, now: datetime) -> None:
    """Keep the device and what was agreed to, or take both back. Raises Refused."""
    if not given.granted:
        person = remove_device(endpoint=given.subscription.endpoint, now=now)
        if person is not None:
            _say(person, given, "withdrawn", key, now)
        return
    who = Seen(given.user_id or None, given.anonymous_id or None)
    try:
        (person,) = resolve_people(people=[who], now=now, source=key.source, trusted=not key.public)
        keys = given.subscription.keys
        device = add_device(
            contact_id=person, endpoint=given.subscription.endpoint, p256dh=keys.p256dh, auth=keys.auth, agent=agent, now=now
        )  # fmt: skip
    except BadSubscription as bad:
        raise Refused(400, str(bad), f"subscription.{bad.field}") from None
    except BadIdentifier as bad:
        raise Refused(400, str(bad), "anonymousId") from None
    except NobodyThere:
        raise Refused(400, "there is no such person") from None
    _say(device.contact_id, given, "granted", key, now)


def _say(person: int, given: DeviceIn, decision: str, key: ApiKey, now: datetime) -> None:
    proof = {"method": "browser_permission", "by": key.source, "url": given.url[:500]}
    choice = Choice(person, given.purpose, decision, key.source, given.wording, proof)
    record_consents(choices=[choice], now=now)
