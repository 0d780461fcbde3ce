"""Adds devices, takes them out again, and records which were reached."""

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from contacts.devices.models import Device
from contacts.devices.rules import ENDPOINT_LIMIT, MOST, BadSubscription, checked_keys, label_of
from contacts.identity.operations import hold_people
from orchestrator.kernel.outward import refusal


class NobodyThere(Exception):
    """The person is gone; nothing was written."""


@transaction.atomic
def add_device(*, contact_id: int, endpoint: str, p256dh: str, auth: str, agent: str, now: datetime) -> Device:
    """Keep a browser that agreed to show messages. One that is known belongs to whoever uses it now.

    Raises BadSubscription, NobodyThere.
    """
    words = refusal(endpoint, settings.WEBHOOK_ALLOW_PRIVATE)
    if len(endpoint) > ENDPOINT_LIMIT or words:
        raise BadSubscription("endpoint", words or f"expected up to {ENDPOINT_LIMIT} characters")
    if not endpoint.startswith("https://") and urlsplit(endpoint).netloc not in settings.WEBHOOK_ALLOW_PRIVATE:
        raise BadSubscription("endpoint", "expected https://")
    key, secret = checked_keys(p256dh, auth)
    person = hold_people(contact_ids=[contact_id]).get(contact_id)
    if person is None:
        raise NobodyThere
    device, _made = Device.objects.update_or_create(
        endpoint=endpoint,
        defaults={"contact_id": person, "p256dh": key, "auth": secret, "label": label_of(agent[:500]), "gone_at": None},
        create_defaults={
            "contact_id": person, "p256dh": key, "auth": secret, "label": label_of(agent[:500]), "created_at": now
        },
    )  # fmt: skip
    newest = Device.objects.filter(contact_id=person, gone_at=None).order_by("-pk").values_list("pk", flat=True)
    Device.objects.filter(pk__in=list(newest[MOST:])).exclude(pk=device.pk).update(gone_at=now)
    return device


@transaction.atomic
def remove_device(*, endpoint: str, now: datetime) -> int | None:
    """Show nothing on a browser any more. Returns whose it is; None when it is not known."""
    device = Device.objects.select_for_update().filter(endpoint=endpoint[:ENDPOINT_LIMIT]).first()
    if device is None:
        return None
    if device.gone_at is None:
        device.gone_at = now
        device.save(update_fields=["gone_at"])
    return device.contact_id


@transaction.atomic
def record_reached(*, reached: Collection[int], gone: Collection[int], now: datetime) -> None:
    """Record which devices took a message, and which the push service does not know any more. Two statements at most."""
    if reached:
        Device.objects.filter(pk__in=reached).update(last_ok_at=now)
    if gone:
        Device.objects.filter(pk__in=gone, gone_at=None).update(gone_at=now)
