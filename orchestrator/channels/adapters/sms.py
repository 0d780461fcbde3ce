"""SMS through what SMS_PROVIDER says: the Messages API of Twilio, or any service over HTTP that a mapping describes."""

import base64
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlencode

from django.conf import settings

from journeys.content.rules import with_stop
from orchestrator.channels.adapters.base import Message, Unavailable
from orchestrator.channels.queries import callback_token
from orchestrator.channels.rules import Answer
from orchestrator.channels.texting import code_at, filled, texted
from orchestrator.kernel import outward

TOGETHER = 8  # calls at the same time; as many are in doubt when a worker dies while it calls
SECONDS = 10.0
SECRET = "secret:"  # noqa: S105  # a header that begins so takes its value from the server
PROVIDERS = ("", "twilio", "http")


class Prepared(NamedTuple):
    """One request. again_is_safe: the service knows a repetition by our id."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    again_is_safe: bool
    error_at: str


def by_twilio(message: Message, text: str) -> Prepared:
    """Build a call of Twilio's Messages API. Twilio has no key for repetitions, so an answer that is lost leaves a doubt."""
    account, token = settings.SMS_TWILIO_ACCOUNT, settings.SMS_TWILIO_TOKEN
    sender = settings.SMS_FROM
    fields = {
        "To": message.address,
        "MessagingServiceSid" if sender.startswith("MG") else "From": sender,
        "Body": text,
        "StatusCallback": f"{settings.PUBLIC_URL}/feedback/sms/?touch={callback_token(message.touch_id)}",
    }
    known = base64.b64encode(f"{account}:{token}".encode()).decode()
    headers = {
        "Authorization": f"Basic {known}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    url = f"{settings.SMS_TWILIO_URL}/2010-04-01/Accounts/{quote(account, safe='')}/Messages.json"
    return Prepared("POST", url, headers, urlencode(fields).encode(), False, "code")


def by_mapping(message: Message, text: str) -> Prepared:
    """Build a call as SMS_HTTP describes it. Raises ValueError where a secret is not set on the server."""
    given: Mapping[str, Any] = settings.SMS_HTTP
    values = {"to": message.address, "text": text, "id": f"touch-{message.touch_id}", "from": settings.SMS_FROM}
    headers = {"Accept": "application/json"}
    for name, value in given.get("headers", {}).items():
        if value.startswith(SECRET):
            value = settings.WEBHOOK_SECRETS.get(value.removeprefix(SECRET), "")
            if not value:
                raise ValueError(f"the secret of the header {name} is not set on the server")
        headers[name] = filled(value, values)
    body = filled(given.get("body", {}), values)
    form = bool(given.get("form"))
    headers.setdefault("Content-Type", "application/x-www-form-urlencoded" if form else "application/json")
    content = urlencode(body) if form else json.dumps(body, ensure_ascii=False)
    return Prepared(
        given.get("method", "POST"), given["url"], headers, content.encode(), bool(given.get("idempotent")), given.get("error", "")
    )  # fmt: skip


def call(one: Prepared) -> Answer:
    """Call the service once and say what its answer means for this message."""
    try:
        answer = outward.call(
            one.method, one.url, headers=one.headers, body=one.body, seconds=SECONDS,
            allowed=settings.WEBHOOK_ALLOW_PRIVATE,
        )  # fmt: skip
    except outward.Refused as refused:
        return Answer("unavailable", str(refused))
    except outward.NotReached as missed:
        return Answer("unknown" if missed.sent and not one.again_is_safe else "unavailable", str(missed))
    given: Mapping[str, Any] = settings.SMS_HTTP if settings.SMS_PROVIDER == "http" else {}
    return texted(
        answer.status,
        code_at(answer.body, one.error_at),
        again_is_safe=one.again_is_safe,
        dead=given.get("dead"),
        stopped=given.get("stopped"),
    )


class Switchboard:
    """No line is kept open: each message is one call, and a group is called at the same time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return

    def ready(self) -> None:
        """Nothing to open. Raises Unavailable where settings lost what they need."""
        if settings.SMS_PROVIDER not in PROVIDERS[1:]:
            raise Unavailable("SMS_PROVIDER is not set")

    def send_all(self, messages: Sequence[Prepared], *, until: float) -> list[Answer]:
        """Call for all at once; where time is over before the first begins, for nobody."""
        if time.monotonic() > until:
            return []
        begun = messages[:TOGETHER]
        with ThreadPoolExecutor(max_workers=TOGETHER) as threads:
            return list(threads.map(call, begun))


class Texts:
    """SMS as a channel."""

    channel = "sms"
    kind = "phone"
    together = TOGETHER

    @property
    def provider(self) -> str:
        return str(settings.SMS_PROVIDER)

    def prepare(self, message: Message, *, now: datetime) -> Prepared:
        """Build the request; a marketing message says how to stop, whatever its author wrote. Raises ValueError."""
        text = message.text
        if message.unsubscribe:
            text = with_stop(text, settings.SMS_STOP.get(message.language, settings.SMS_STOP["en"]))
        if not text:
            raise ValueError("the text is empty")
        return by_twilio(message, text) if settings.SMS_PROVIDER == "twilio" else by_mapping(message, text)

    def line(self) -> Switchboard:
        return Switchboard()


COURIER = Texts()
