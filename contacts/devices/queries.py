"""Reads the devices that messages can be shown on."""

from collections.abc import Iterable

from contacts.devices.models import Device


def live_devices(contact_ids: Iterable[int]) -> dict[int, list[Device]]:
    """The live devices of people, by person, the newest first. One statement."""
    found: dict[int, list[Device]] = {}
    for device in Device.objects.filter(contact_id__in=list(contact_ids), gone_at=None).order_by("-pk"):
        found.setdefault(device.contact_id, []).append(device)
    return found
