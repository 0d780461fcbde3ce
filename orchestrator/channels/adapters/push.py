"""Web push: one encrypted message (RFC 8291) to each live device of a person, signed with our key (VAPID, RFC 8292)."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Self

from django.conf import settings

from contacts.devices.models import Device
from contacts.devices.operations import record_reached
from contacts.devices.queries import live_devices
from orchestrator.channels.adapters.base import Message
from orchestrator.channels.rules import WEB_ADDRESS, Answer, pushed
from orchestrator.channels.vapid import signature
from orchestrator.kernel import outward

TOGETHER = 8  # people; all their devices are called at the same time
CALLS = 16
SECONDS = 10.0
MOST_BYTES = 3_000  # of a message: push services take 4,096 encrypted ones
LONGEST = 28 * 24 * 3600  # seconds that a push service keeps a message for a device that is off


class Prepared(NamedTuple):
    """A message before it is encrypted for each device. seconds: it is of no use after these."""

    contact_id: int
    touch_id: int
    content: bytes
    seconds: int
    at: datetime


def prepare(message: Message, *, now: datetime) -> Prepared:
    """Build what the service worker reads. Raises ValueError where there is nothing to show."""
    found = WEB_ADDRESS.search(message.text)
    text = " ".join(message.text.replace(found[0], " ").split()) if found else message.text
    if not (message.subject or text):
        raise ValueError("title and text are empty")
    shown = {
        "title": message.subject[:200] or settings.MAIL_FROM.partition("<")[0].strip(),
        "body": text,
        "url": message.link or settings.SHOP_URL,
        "tag": f"touch-{message.touch_id}",  # a repetition takes the place of the first
        "lang": message.language,
    }
    while len(content := json.dumps(shown, ensure_ascii=False).encode("utf-8", "replace")) > MOST_BYTES:
        if not shown["body"]:
            raise ValueError("title and address are too long")
        shown["body"] = (
            shown["body"][: len(shown["body"]) * 9 // 10].rstrip(" …") + "…" if len(shown["body"]) > 9 else ""
        )
    left = int((message.expires_at - now).total_seconds()) if message.expires_at else LONGEST
    return Prepared(message.contact_id, message.touch_id, content, max(0, min(LONGEST, left)), now)


def call(device: Device, one: Prepared) -> int | None:
    """Hand a message to the push service of one device. Returns its status; None where nobody answered or the keys are broken."""
    try:
        body = _encrypted(device, one.content)
        answer = outward.call(
            "POST",
            device.endpoint,
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Encoding": "aes128gcm",
                "TTL": str(one.seconds),
                "Urgency": "normal",
                "Topic": f"t{one.touch_id}",
                **signature(device.endpoint, one.at),
            },
            body=body,
            seconds=SECONDS,
            allowed=settings.WEBHOOK_ALLOW_PRIVATE,
        )
    except ValueError:  # its key is no point of the curve
        return 410
    except (outward.Refused, outward.NotReached):
        return None
    return answer.status


def _encrypted(device: Device, content: bytes) -> bytes:
    from pywebpush import WebPusher  # takes a while to import: only where something is sent

    keys = {"p256dh": device.p256dh, "auth": device.auth}
    return bytes(WebPusher({"endpoint": device.endpoint, "keys": keys}).encode(content)["body"])


class Beam:
    """No line is kept open: each device is one call."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return

    def ready(self) -> None:
        """Nothing to open."""

    def send_all(self, messages: Sequence[Prepared], *, until: float) -> list[Answer]:
        """Call all devices of all people at once; a message is sent where one of them takes it."""
        if time.monotonic() > until:
            return []
        devices = live_devices({one.contact_id for one in messages})
        calls = [(n, device) for n, one in enumerate(messages) for device in devices.get(one.contact_id, ())]
        with ThreadPoolExecutor(max_workers=CALLS) as threads:
            said = list(threads.map(lambda each: call(each[1], messages[each[0]]), calls))
        statuses: dict[int, list[int | None]] = {}
        for (n, _), status in zip(calls, said, strict=True):
            statuses.setdefault(n, []).append(status)
        together = list(zip(calls, said, strict=True))
        record_reached(
            reached={device.pk for (_, device), status in together if status and 200 <= status < 300},
            gone={device.pk for (_, device), status in together if status in (404, 410)},
            now=messages[0].at,
        )
        return [pushed(statuses.get(n, [])) for n in range(len(messages))]


class Push:
    """Web push as a channel."""

    channel = "push"
    kind = "device"
    together = TOGETHER
    provider = ""

    def prepare(self, message: Message, *, now: datetime) -> Prepared:
        return prepare(message, now=now)

    def line(self) -> Beam:
        return Beam()


COURIER = Push()
