"""Make the key that signs push messages and print it."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """`manage.py vapid_key`."""

    help = "Make a key for web push (VAPID). Keep it: browsers that agreed under it take messages of no other."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it."""
        from py_vapid import Vapid02, b64urlencode

        made = Vapid02()
        made.generate_keys()
        number = made.private_key.private_numbers().private_value
        self.stdout.write(f"VAPID_PRIVATE_KEY={b64urlencode(number.to_bytes(32, 'big'))}")
