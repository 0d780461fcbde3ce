"""The tables of the rooms of this app."""

from contacts.accounts.models import Account
from contacts.attributes.models import ApartValue, Attribute
from contacts.devices.models import Device
from contacts.events.models import Event, EventType, MessageId, News
from contacts.handover.models import Handover, HandoverLog
from contacts.identity.models import BlockedIdentifier, Identifier, Merge, MergedRow, MergeProposal
from contacts.imports.models import Import, ImportChange, ImportPart, ImportReject
from contacts.profiles.models import Contact
from contacts.scores.models import Grade, Score, ScoreAward, ScoreRule, ScoreValue
from contacts.segments.models import Segment, SegmentChange, SegmentMember, SegmentSize
from contacts.signals.models import Signal, SignalFiring
from contacts.stages.models import Stage, StageChange
from contacts.tasks.models import Task

__all__ = [
    "Account",
    "ApartValue",
    "Attribute",
    "BlockedIdentifier",
    "Contact",
    "Device",
    "Event",
    "EventType",
    "Grade",
    "Handover",
    "HandoverLog",
    "Identifier",
    "Import",
    "ImportChange",
    "ImportPart",
    "ImportReject",
    "Merge",
    "MergeProposal",
    "MergedRow",
    "MessageId",
    "News",
    "Score",
    "ScoreAward",
    "ScoreRule",
    "ScoreValue",
    "Segment",
    "SegmentChange",
    "SegmentMember",
    "SegmentSize",
    "Signal",
    "SignalFiring",
    "Stage",
    "StageChange",
    "Task",
]
