"""The tables of the rooms of this app."""

from contacts.accounts.models import Account
from contacts.events.models import Event, EventType, MessageId, News
from contacts.handover.models import Handover, HandoverLog
from contacts.profiles.models import Contact
from contacts.segments.models import Segment, SegmentChange, SegmentMember
from contacts.signals.models import Signal, SignalFiring
from contacts.stages.models import Stage, StageChange

__all__ = [
    "Account",
    "Contact",
    "Event",
    "EventType",
    "Handover",
    "HandoverLog",
    "MessageId",
    "News",
    "Segment",
    "SegmentChange",
    "SegmentMember",
    "Signal",
    "SignalFiring",
    "Stage",
    "StageChange",
]
