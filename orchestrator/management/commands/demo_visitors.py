"""Let the demo's visitors browse, buy and read their mail; `make demo` runs it as a child."""

import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Max
from django.utils import timezone

from contacts.profiles.models import Contact
from orchestrator.demo.config import from_environment
from orchestrator.demo.visitors import Visitors


class Command(BaseCommand):
    """Runs until SIGINT or SIGTERM."""

    help = "Let the visitors of the demo shop live (used by make demo)."

    def handle(self, *args: Any, **options: Any) -> None:
        config = from_environment()
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        last = Contact.objects.filter(external_id__regex=r"^NL-[0-9]{5,}$").aggregate(last=Max("external_id"))["last"]
        newest = int(last.removeprefix("NL-")) if last else config.contacts
        key = config.key_file.read_text().strip()
        Visitors(config, key=key, run=int(time.time()), newest=newest, now=timezone.now).live(stop)
