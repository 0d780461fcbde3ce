"""A slot, a fallback, a journey with a message for the site, and people who agreed to it."""

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

import pytest

from contacts.identity.models import Identifier
from contacts.identity.visitors import visitor_of  # noqa: F401  what the door asks
from journeys.content.operations import import_blocks
from orchestrator.channels.slots import counts
from orchestrator.channels.slots.models import SlotDay
from orchestrator.channels.slots.operations import save_slot
from orchestrator.channels.slots.preparing import keep_touches
from tests.orchestrator.channels.conftest import NOW, clock, world  # noqa: F401

BODY = """Hello {{ contact.first_name }}, your cart {{ run.key }} waits.
![A lamp](https://shop.example/lamp.png)
[To the cart](https://shop.example/cart?id={{ run.key }})
"""
VISITOR = "7f9c2ba4-e88f-4827-96a5-3b2d8d1f0a11"


def block(slug, body=BODY, title="Your cart, {{ contact.first_name }}", **texts):
    """Import a block for the site; returns its id."""
    english = {"subject": title, "body": body}
    variants = [{"channel": "onsite", "language": one, **given} for one, given in ({"en": english} | texts).items()]
    given = {
        "slug": slug,
        "name": {"en": slug, "de": slug},
        "phase": "purchase",
        "channel": "onsite",
        "variants": variants,
    }
    (block_id,) = import_blocks(blocks=[given | {"state": "approved"}], now=NOW)
    return block_id


@dataclass
class Site:
    """What the tests of slots work with."""

    world: object
    block_id: int
    slot: object

    def touch(self, contact, *, slot="", purpose="profiling", ready=True, **more):
        """An approved message for the site, filled in."""
        step = self.world.step
        if slot:
            step.settings = {"slot": slot}
            step.save(update_fields=["settings"])
        values = {"channel": "onsite", "block_id": self.block_id, "purpose": purpose, "address": str(contact.pk)}
        touch = self.world.touch(contact, **values | more)
        if ready:
            keep_touches(now=NOW)
            touch.refresh_from_db()
        return touch

    def visitor(self, contact, value=VISITOR):
        """A browser that is known to be somebody's."""
        Identifier.objects.create(
            kind="anonymous", value=value, contact=contact, source="shop", first_seen_at=NOW, last_seen_at=NOW
        )
        return value

    def counted(self):
        """What was counted so far, by answer."""
        counts.write_down()
        return {
            (row.answer, row.journey_id): SimpleNamespace(**{what: getattr(row, what) for what in counts.WHAT})
            for row in SlotDay.objects.all()
        }


@pytest.fixture(autouse=True)
def counts_wait(monkeypatch):
    """Nothing is written from another thread, which would not see the test's transaction."""
    monkeypatch.setattr(counts, "EVERY_SECONDS", 10.0**9)
    counts._counts.clear()
    yield
    counts._counts.clear()


@pytest.fixture
def site(world):  # noqa: F811
    german = {"subject": "Willkommen", "body": "Schauen Sie sich um.\n[Zum Laden](https://shop.example/de)"}
    plain = {"title": "Welcome", "body": "Look around.\n[To the shop](https://shop.example/)", "de": german}
    block("welcome", **plain)
    from journeys.models import Block

    given = {
        "slug": "home-teaser", "name_en": "Teaser at home", "name_de": "Teaser auf der Startseite", "kind": "teaser",
        "place": "site", "fallback": Block.objects.get(slug="welcome"),
    }  # fmt: skip
    slot = save_slot(slot_id=None, given=given, now=NOW)
    return Site(world, block("cart-teaser"), slot)


LATER = NOW + timedelta(minutes=5)
