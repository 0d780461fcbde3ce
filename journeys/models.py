"""The tables of the rooms of this app."""

from journeys.content.models import Block, Image, Revision, Variant
from journeys.definitions.models import Edit, Journey, SavedView, Step, Version
from journeys.enrollments.calls import WebhookCall
from journeys.enrollments.models import Enrollment, Refusal, ScheduleTurn, Touch, Transition, Trigger
from journeys.offers.models import Offer, OfferCode, OfferDecision, OfferGrant
from journeys.roles.models import ChannelRole

__all__ = [
    "Block",
    "ChannelRole",
    "Edit",
    "Enrollment",
    "Image",
    "Journey",
    "Offer",
    "OfferCode",
    "OfferDecision",
    "OfferGrant",
    "Refusal",
    "Revision",
    "SavedView",
    "ScheduleTurn",
    "Step",
    "Touch",
    "Transition",
    "Trigger",
    "Variant",
    "Version",
    "WebhookCall",
]
