"""A slot with a fallback, and a message for Anna that waits in it."""

from datetime import datetime, timedelta

from consent.records.operations import record_consent
from contacts.models import Contact, Identifier
from journeys.content.operations import import_blocks
from journeys.models import Block, Enrollment, Journey, Step, Touch, Version
from orchestrator.channels.slots.operations import save_slot
from orchestrator.channels.slots.preparing import prepare_touches

VISITOR = "7f9c2ba4-e88f-4827-96a5-3b2d8d1f0a11"
TEXTS = {
    "welcome": (
        {"subject": "Welcome", "body": "Look around.\n[To the shop](https://shop.example/)"},
        {"subject": "Willkommen", "body": "Schauen Sie sich um.\n[Zum Laden](https://shop.example/)"},
    ),
    "cart-teaser": (
        {
            "subject": "Your cart, {{ contact.first_name }}",
            "body": "It waits.\n![A lamp](PICTURE)\n[To the cart](https://shop.example/cart)",
        },
        {"subject": "Ihr Korb", "body": "Er wartet."},
    ),
}


def write_slots(now: datetime, *, picture: str = "https://shop.example/lamp.png") -> Touch:
    """Write all of it; returns the message, approved and filled in."""
    blocks = [
        {
            "slug": slug, "name": {"en": slug, "de": slug}, "phase": "purchase", "channel": "onsite", "state": "approved",
            "variants": [
                {"channel": "onsite", "language": language, "subject": one["subject"],
                 "body": one["body"].replace("PICTURE", picture)}
                for language, one in zip(("en", "de"), texts, strict=True)
            ],
        }
        for slug, texts in TEXTS.items()
    ]  # fmt: skip
    import_blocks(blocks=blocks, now=now)
    names = {"name_en": "Teaser on the home page", "name_de": "Teaser auf der Startseite"}
    fallback = Block.objects.get(slug="welcome")
    save_slot(slot_id=None, given=names | {"slug": "home-teaser", "fallback": fallback}, now=now)
    anna = Contact.objects.create(
        first_name="Anna",
        external_id="slot-anna",
        email="slot-anna@mail.example",
        language="en",
        created_at=now,
        updated_at=now,
    )
    record_consent(
        contact_id=anna.pk, purpose="profiling", decision="granted", source="form", now=now - timedelta(days=1)
    )
    Identifier.objects.create(
        kind="anonymous", value=VISITOR, contact=anna, source="shop", first_seen_at=now, last_seen_at=now
    )
    journey = Journey.objects.create(
        slug="cart-on-site",
        name_en="Cart on the site",
        name_de="Korb auf der Website",
        phase="purchase",
        state="live",
        created_at=now,
    )
    version = Version.objects.create(journey=journey, number=1, definition={}, created_at=now, published_at=now)
    step = Step.objects.create(
        version=version,
        key="teaser",
        kind="send",
        position=1,
        name_en="Teaser",
        name_de="Teaser",
        settings={"slot": "home-teaser"},
    )
    run = Enrollment.objects.create(
        contact=anna, journey=journey, version=version, step=step, entered_at=now, arrived_at=now
    )
    touch = Touch.objects.create(
        enrollment=run, step=step, visit=1, contact=anna, journey=journey, block=Block.objects.get(slug="cart-teaser"), channel="onsite",
        purpose="profiling", state="approved", address=str(anna.pk), proposed_at=now, decided_at=now, expires_at=now + timedelta(days=2),
    )  # fmt: skip
    prepare_touches(now=now)
    return touch
