"""Stops a journey of whose mails too many come back, before mailbox providers stop all of ours."""

from collections.abc import Collection
from datetime import datetime

import structlog
from django.db import transaction

from journeys.definitions.brake_rules import BRAKE_OF, STOP, brake_level
from journeys.definitions.models import Journey
from journeys.definitions.operations import pause
from orchestrator.kernel import sql

log = structlog.get_logger(__name__)


@transaction.atomic
def watch_journeys(*, journeys: Collection[int], now: datetime) -> list[int]:
    """Look at what came back of the last mails of journeys; warn, or stop them. Returns which were stopped.

    A person lets a journey go on; from then on only what was sent after the stop counts.
    Source: Gmail's limit of 0.3 % for complaints.
    """
    if not journeys:
        return []
    params = {"journeys": sorted(journeys), "most": BRAKE_OF}
    rows = sql.rows(sql.statement("orchestrator/channels/feedback/sql/came_back.sql"), params)
    known = Journey.objects.in_bulk([row[0] for row in rows])
    stopped = []
    for journey_id, sent, bounced, complained in rows:
        journey, level = known[journey_id], brake_level(sent=sent, bounced=bounced, complained=complained)
        found = {"level": level, "sent": sent, "bounced": bounced, "complained": complained, "at": now.isoformat()}
        before = journey.brake
        if level == STOP and pause(journey=journey):
            found["stopped_at"] = now.isoformat()
            stopped.append(journey_id)
            log.warning("journey stopped", journey=journey.slug, sent=sent, bounced=bounced, complained=complained)
        elif level == before.get("level", ""):
            continue
        elif "stopped_at" in before:
            found["stopped_at"] = before["stopped_at"]
        Journey.objects.filter(pk=journey_id).update(brake=found)
    return stopped
