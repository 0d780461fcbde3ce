"""What providers tell by webhooks, in one vocabulary: Anymail reads each one's own words, we say what they mean for us."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.http import HttpRequest

from orchestrator.channels.feedback import signing
from orchestrator.channels.feedback.reports import ADDRESS
from orchestrator.channels.feedback.rules import Kind, Report, bounce_kind, plain
from orchestrator.channels.feedback.told import Told
from orchestrator.channels.tokens import touch_of

log = structlog.get_logger(__name__)
MOST_EVENTS = 2_000
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\u2028\u2029]+")
KINDS = {
    EventType.DELIVERED: Kind.DELIVERED,
    EventType.OPENED: Kind.OPENED,
    EventType.CLICKED: Kind.CLICKED,
    EventType.COMPLAINED: Kind.COMPLAINT,
    EventType.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
}
# it was not sent, because of what the provider knows of the address; the rest (blocked, other) says nothing about it
REJECTED = {
    RejectReason.INVALID: Kind.HARD,
    RejectReason.BOUNCED: Kind.HARD,
    RejectReason.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
}


class Unreadable(Exception):
    """A webhook is proven to be from its provider, and still cannot be read; nothing was written."""


Bounce = Callable[[Mapping[str, Any]], Kind | None]


class Source(NamedTuple):
    """A provider that tells us things. view: what of Anymail reads it. bounce: what one says of the address; None: nothing."""

    check: Callable[[signing.Hook], str]
    view: type[AnymailBaseWebhookView] | None = None
    bounce: Bounce = lambda event: Kind(event["kind"])


def _hard_if(name: str, *values: object) -> Bounce:
    return lambda event: Kind.HARD if event.get(name) in values else Kind.SOFT


def _by_type(event: Mapping[str, Any]) -> Kind | None:
    """Amazon, and Resend, which sends through it."""
    bounce = event.get("data", event)["bounce"]
    said = bounce.get("bounceType", bounce.get("type"))
    return Kind.HARD if said == "Permanent" else Kind.SOFT


def _of_sendgrid(event: Mapping[str, Any]) -> Kind | None:
    if event.get("type") == "blocked":  # the server refused us, or the mail, for now
        return bounce_kind(str(event.get("reason", ""))) and Kind.SOFT
    return bounce_kind(str(event.get("status") or event.get("reason", "")))


def _of_mailgun(event: Mapping[str, Any]) -> Kind | None:
    data = event["event-data"]
    status = data.get("delivery-status") or {}
    if data.get("reason") == "suppress-bounce":
        return Kind.HARD
    code = status.get("code")
    words = str(status.get("enhanced-code") or status.get("message") or "")
    return bounce_kind(words, code if isinstance(code, int) else 0)


def _of_sparkpost(event: Mapping[str, Any]) -> Kind | None:
    inner = next(iter(event["msys"].values()))
    number = str(inner.get("bounce_class", ""))
    if number in ("25", "50", "51", "52", "53", "54"):  # policy and content: nothing about the address
        return None
    return Kind.HARD if number in ("10", "30") else Kind.SOFT


SOURCES = {
    "amazon_ses": Source(signing.check_amazon, AmazonSESTrackingWebhookView, _by_type),
    "brevo": Source(signing.check_basic, BrevoTrackingWebhookView, _hard_if("event", "hard_bounce", "invalid_email")),
    "mailgun": Source(signing.check_mailgun, MailgunTrackingWebhookView, _of_mailgun),
    "mailjet": Source(signing.check_basic, MailjetTrackingWebhookView, _hard_if("hard_bounce", True, 1)),
    "postmark": Source(signing.check_basic, PostmarkTrackingWebhookView, _hard_if("Type", "HardBounce")),
    "resend": Source(signing.check_svix, ResendTrackingWebhookView, _by_type),
    "sendgrid": Source(signing.check_sendgrid, SendGridTrackingWebhookView, _of_sendgrid),
    "sparkpost": Source(signing.check_basic, SparkPostTrackingWebhookView, _of_sparkpost),
    "standard": Source(signing.check_standard),
}


def read_hook(name: str, request: HttpRequest) -> list[Told]:
    """Read a webhook that was checked; what says nothing to us (queued, deferred ...) is left out. Raises Unreadable."""
    try:
        events = _events(name, request)
        if len(events) > MOST_EVENTS:
            raise Unreadable(f"expected at most {MOST_EVENTS} events, got {len(events)}")
        return [told for place, event in enumerate(events) if (told := _told(name, event, place))]
    except Unreadable:
        raise
    except (
        Exception
    ) as error:  # whatever a provider's words do to the code that reads them: it is a refusal, never a 5xx
        log.warning("webhook cannot be read", provider=name, exc_info=True)
        raise Unreadable(f"this is no event of {name} that can be read ({type(error).__name__})") from error


def _events(name: str, request: HttpRequest) -> list[AnymailTrackingEvent]:
    view = SOURCES[name].view
    if view is None:
        return [_standard(json.loads(request.body), request.headers.get("webhook-id", ""))]
    reader: Any = object.__new__(view)  # not __init__: it asks for keys that only Anymail's own doors need
    if name != "amazon_ses":
        return list(reader.parse_events(request))
    message = json.loads(request.body)
    if message["Type"] != "Notification" or not message["Message"].lstrip().startswith("{"):
        return []  # a confirmation, or the greeting of a new topic
    return list(reader.esp_to_anymail_events(json.loads(message["Message"]), message))


def _standard(event: Mapping[str, Any], key: str) -> AnymailTrackingEvent:
    """An event in our own words: type, timestamp and data, as Standard Webhooks recommends."""
    kinds = {
        "email_delivered": EventType.DELIVERED, "email_opened": EventType.OPENED, "email_clicked": EventType.CLICKED,
        "email_bounced": EventType.BOUNCED, "email_complained": EventType.COMPLAINED, "email_unsubscribed": EventType.UNSUBSCRIBED,
    }  # fmt: skip
    data, kind = event["data"], kinds.get(event["type"])
    if kind is None:
        raise Unreadable(f"type: expected one of {', '.join(kinds)}")
    if not isinstance(data.get("address", ""), str) or not isinstance(data.get("touch", ""), str):
        raise Unreadable("data: expected address and touch to be texts")
    if kind == EventType.BOUNCED and data.get("kind") not in ("hard", "soft"):
        raise Unreadable("data.kind: expected hard or soft")
    return AnymailTrackingEvent(
        event_type=kind,
        timestamp=datetime.fromisoformat(event["timestamp"]),
        event_id=key,
        recipient=data.get("address"),
        metadata={"touch": data.get("touch", "")},
        mta_response=data.get("answer"),
        click_url=data.get("url"),
        user_agent=data.get("agent"),
        esp_event={"kind": data.get("kind")},
    )


def _told(name: str, event: AnymailTrackingEvent, place: int) -> Told | None:
    kind = _kind(name, event)
    if kind is None:
        return None
    address = plain(_text(event.recipient, 320))
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    touch = touch_of(_text(metadata.get("touch"), 60))
    at = event.timestamp
    if isinstance(at, datetime) and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    if address and not ADDRESS.fullmatch(address):
        raise Unreadable(f"event {place}: expected an address of a person")
    message = _text(event.message_id, 300)
    id_ = _text(event.event_id, 200) or f"{message}\x1f{at.isoformat() if at else ''}"
    key = hashlib.sha256(f"{name}\x1f{id_}\x1f{address}\x1f{kind}".encode()).hexdigest()
    words = _text(event.mta_response or event.description, 200)
    url, agent = _text(event.click_url, 2_000), _text(event.user_agent, 500)
    return Told(Report(kind, address, touch, at, key, words, signed=touch is not None), url, agent)


def _kind(name: str, event: AnymailTrackingEvent) -> Kind | None:
    if event.event_type == EventType.REJECTED:
        return REJECTED.get(event.reject_reason)
    if event.event_type != EventType.BOUNCED:
        return KINDS.get(event.event_type)
    return SOURCES[name].bounce(event.esp_event)


def _text(value: object, most: int) -> str:
    """A value as one line without control characters."""
    return "" if value is None else CONTROL.sub(" ", str(value))[:most].strip()
