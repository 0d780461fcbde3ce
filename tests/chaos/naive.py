"""What a careless delivery would do: the proof that these tests notice it."""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from django.core.mail import EmailMessage, get_connection

from orchestrator.channels import operations
from orchestrator.channels.adapters.registry import COURIERS
from tests.chaos.invariants import rows

WAITING = """
SELECT t.id, c.email, t.purpose FROM journeys_touch t JOIN contacts_contact c ON c.id = t.contact_id
WHERE t.state = 'approved' AND c.email <> '' ORDER BY t.id
"""
SENT = "UPDATE journeys_touch SET state = 'sent', reason = '', sent_at = %s WHERE id = %s RETURNING id"


def deliver_what_was_planned(*, now: Callable[[], datetime]) -> Counter[str]:
    """Send what was approved, by the consent of that time."""
    done: Counter[str] = Counter()
    with get_connection() as line:
        for touch, address, purpose in rows(WAITING):
            mail = EmailMessage(f"for {purpose}", "Hello", to=[address], headers={"X-Touch": str(touch)})
            try:
                done["sent"] += line.send_messages([mail])
            except OSError:
                done["unknown"] += 1
            rows(SENT, [now(), touch])
    return done


def deliver_what_was_claimed(*, now: Callable[[], datetime]) -> Counter[str]:
    """Send as the product does, but by the consent of the claim: what is said between claim and call is not heard."""
    claim, done = uuid.uuid4(), Counter[str]()
    claimed = operations._claim(COURIERS[0], claim=claim, now=now(), limit=50)
    now()
    with get_connection() as line:
        for one in (one for one in claimed if one.state == "sending"):
            found = rows("SELECT address, purpose FROM journeys_touch WHERE id = %s", [one.touch_id])
            if not found:  # erased meanwhile
                continue
            ((address, purpose),) = found
            mail = EmailMessage(f"for {purpose}", "Hello", to=[address], headers={"X-Touch": str(one.touch_id)})
            now()
            try:
                done["sent"] += line.send_messages([mail])
            except OSError:
                done["unknown"] += 1
            rows(SENT, [now(), one.touch_id])
    return done
