"""What the arbiter would say now: a message is proposed in a transaction that is taken back."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from journeys.definitions.models import Journey, Step
from journeys.enrollments.models import Enrollment, Touch
from orchestrator.arbiter.models import Verdict
from orchestrator.arbiter.operations import decide_touches
from orchestrator.kernel.scope import Scope

PATIENCE = "2s"  # how long to wait for a tick that has the person


class Answer(NamedTuple):
    """A verdict that was never given: outcome, reason, until when it would be held, and what every gate saw."""

    outcome: str
    reason: str
    hold_until: datetime | None
    gates: dict[str, Any]


class TakenBack(Exception):
    """Ends the transaction of a dry run; nothing of it stays."""


def verdict_now(*, contact_id: int, journey: Journey, step: Step, run: Enrollment | None, now: datetime) -> Answer:
    """Ask the arbiter about a message of a send step for one person, as if it were proposed now; nothing stays.

    run: the person's run; without one it is asked as if the person had just entered.
    Raises OperationalError when a tick has the person for longer than two seconds.
    """
    found: list[Answer] = []
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            found.append(_asked(contact_id, journey, step, run, now))
            raise TakenBack
    except TakenBack:
        pass
    return found[0]


def _asked(contact_id: int, journey: Journey, step: Step, run: Enrollment | None, now: datetime) -> Answer:
    run = run or Enrollment.objects.create(
        contact_id=contact_id,
        journey=journey,
        version=step.version,
        key="\u2205dry run",  # no key of a real run
        step=step,
        entered_at=now,
        arrived_at=now,
    )
    touch = Touch.objects.create(
        enrollment=run,
        step=step,
        visit=2**31 - 1,  # no visit of a real run
        contact_id=contact_id,
        journey=journey,
        block_id=step.settings["block_id"],
        channel=step.settings["channel"],
        purpose=step.settings["purpose"],
        proposed_at=now,
        hold_until=now,
        expires_at=now + timedelta(days=3),
    )
    # the person's other open messages do not go first: this one is asked about alone
    Touch.objects.filter(contact_id=contact_id, state__in=("proposed", "held")).exclude(pk=touch.pk).update(
        hold_until=now + timedelta(days=36500)
    )
    decide_touches(now=now, scope=Scope(contacts=(contact_id,)), batch=10)
    verdict = Verdict.objects.get(touch=touch)
    return Answer(verdict.outcome, verdict.reason, verdict.hold_until, verdict.gates)
