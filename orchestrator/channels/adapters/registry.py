"""The couriers, in the order in which their messages are looked for: e-mail always, others where settings name what they need."""

from django.conf import settings

from orchestrator.arbiter.reach import register_channel
from orchestrator.channels.adapters import email, letter, push, sms
from orchestrator.channels.adapters.base import Courier


def configured() -> tuple[Courier, ...]:
    """Choose the couriers that this server can use."""
    found: list[Courier] = [email.COURIER]
    if settings.SMS_PROVIDER:
        found.append(sms.COURIER)
    if settings.VAPID_PRIVATE_KEY:
        found.append(push.COURIER)
    if settings.LETTER_FROM:
        found.append(letter.COURIER)
    return tuple(found)


COURIERS = configured()
for courier in COURIERS:  # the arbiter approves what somebody delivers
    register_channel(courier.channel, courier.kind)
