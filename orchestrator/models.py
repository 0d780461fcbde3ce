"""The tables of the rooms of the project package."""

from orchestrator.api.models import ApiKey, Arrival
from orchestrator.arbiter.models import Verdict
from orchestrator.channels.models import Link
from orchestrator.tick.models import Heartbeat

__all__ = ["ApiKey", "Arrival", "Heartbeat", "Link", "Verdict"]
