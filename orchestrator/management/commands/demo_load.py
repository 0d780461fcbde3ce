"""Make the tables and load the demo company into an empty database; `make demo` calls it at every start."""

import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orchestrator.demo.config import from_environment
from orchestrator.demo.operations import BrokenOff, NotEmpty, is_loaded, load_company, renew_key
from orchestrator.demo.supervisor import BROKEN_OFF
from orchestrator.tick.operations import ensure_schedules


class Command(BaseCommand):
    """Keeps schedules current; does nothing more when the company is there already."""

    help = "Load the demo company into an empty database (used by make demo)."

    def handle(self, *args: Any, **options: Any) -> None:
        config = from_environment()
        now = timezone.now()
        call_command("migrate", verbosity=0)
        ensure_schedules()
        try:
            loaded = is_loaded()
        except NotEmpty as problem:
            raise CommandError(problem.__doc__ or "") from problem
        except BrokenOff as problem:
            self.stderr.write(problem.__doc__ or "")
            sys.exit(BROKEN_OFF)
        if loaded:
            if config.key_file.exists():
                return
            key = renew_key(now=now)
        else:
            key = load_company(config=config, now=now, say=self.stdout.write)
        config.key_file.parent.mkdir(parents=True, exist_ok=True)
        config.key_file.touch(mode=0o600)
        config.key_file.write_text(key)
