"""The world of the flows, with offers in it."""

from datetime import timedelta

import pytest

from contacts.models import EventType
from journeys.models import Offer, OfferCode
from tests.flows.conftest import NOW, journey, world

__all__ = ["journey", "world"]

OFFER_STEPS = [
    {"key": "give", "kind": "offer", "offer": "spring", "not_offered": "none"},
    {"key": "mail", "kind": "send", "block": "hello"},
    {"key": "rest", "kind": "wait", "for": "30d", "next": "end"},
    {"key": "none", "kind": "wait", "for": "30d"},
    {"key": "end", "kind": "end"},
]


def offer(slug="spring", *, single=(), **more):
    """A live offer of 10 EUR, with single codes where some are given."""
    values = {"kind": "voucher", "state": "live", "value": 10, "created_at": NOW, "name_en": slug, "name_de": slug}
    row = Offer.objects.create(slug=slug, **values | more, **({"codes": "single"} if single else {}))
    OfferCode.objects.bulk_create(OfferCode(offer=row, code=code) for code in single)
    return row


@pytest.fixture
def shop(world):
    """The world, an offer and a journey that makes it to whoever fills a cart."""
    EventType.objects.get_or_create(
        slug="offer_accepted", defaults={"kind": "feedback", "name_en": "a", "name_de": "a"}
    )
    return world


def fills_cart(world, *people):
    for person in people:
        world.does(person, "cart_updated")
    world.pulse()
    world.now += timedelta(seconds=1)
