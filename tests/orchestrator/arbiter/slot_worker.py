"""One process that decides about small random groups until nothing is open: `python -m tests.orchestrator.arbiter.slot_worker DATABASE SEED ID...`.

A process of its own and no fork: the one that tests has threads, whose locks a child would inherit as they are.
"""

import random
import sys
from datetime import UTC, datetime

import django

if __name__ == "__main__":
    django.setup()

from django.db import connection, transaction

from journeys.models import Touch
from orchestrator.arbiter.operations import decide_touches
from orchestrator.kernel.scope import Scope

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def work(ids, dice):
    while Touch.objects.filter(state__in=Touch.OPEN, hold_until__lte=NOW).exists():
        chosen = tuple(dice.sample(ids, min(5, len(ids))))
        with transaction.atomic():
            decide_touches(now=NOW, scope=Scope(contacts=chosen), batch=dice.choice([1, 3, 100]))


if __name__ == "__main__":
    connection.settings_dict["NAME"] = sys.argv[1]
    print("ready", flush=True)
    sys.stdin.readline()
    work([int(one) for one in sys.argv[3:]], random.Random(int(sys.argv[2])))
