"""The tables of the rooms of the project package."""

from orchestrator.api.models import ApiKey, Arrival
from orchestrator.arbiter.models import Verdict
from orchestrator.channels.audiences.models import Audience, AudienceBatch, AudienceMember, AudienceRun
from orchestrator.channels.feedback.models import Hook
from orchestrator.channels.letters.models import Letter, LetterBatch, LetterDownload
from orchestrator.channels.models import Attempt, Link, Receiver
from orchestrator.channels.senders.models import Sender, SenderDay
from orchestrator.channels.slots.models import Product, ProductPair, SeenProduct, Showing, Slot, SlotDay
from orchestrator.channels.throttle.models import Bucket, Stop
from orchestrator.tick.models import Heartbeat

__all__ = [
    "ApiKey",
    "Arrival",
    "Attempt",
    "Audience",
    "AudienceBatch",
    "AudienceMember",
    "AudienceRun",
    "Bucket",
    "Heartbeat",
    "Hook",
    "Letter",
    "LetterBatch",
    "LetterDownload",
    "Link",
    "Product",
    "ProductPair",
    "Receiver",
    "SeenProduct",
    "Sender",
    "SenderDay",
    "Showing",
    "Slot",
    "SlotDay",
    "Stop",
    "Verdict",
]
