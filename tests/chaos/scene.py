"""What each history starts from: five people, five purposes, four journeys that send at once. Made once, then rolled back to."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

from consent.models import Purpose, SignupChoice, SignupForm, Wording
from consent.records.operations import Choice, record_consents
from contacts.events.operations import NewEvent, open_months, record_events
from contacts.models import Contact, EventType
from journeys.definitions.operations import import_journey
from journeys.models import Block, Variant
from orchestrator.tick import loop
from tests.chaos.oracle import Level, Oracle

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
LEASE = timedelta(minutes=2)  # longer than the claim of a worker that died
LAST_DAY = date(2027, 7, 31)
MARKETING, TOPIC, OPT_OUT, SERVICE = "email_marketing", "tips", "partners", "service"
PURPOSES = (MARKETING, TOPIC, OPT_OUT, SERVICE)
SAID = (MARKETING, TOPIC, OPT_OUT)  # what people say something about
JOURNEYS = ((MARKETING, "cart"), (TOPIC, "cart"), (OPT_OUT, "order"), (SERVICE, "order"))
EVENTS = ("cart", "order")
FORM = "news"
SHARED = "shared@people.example"
PEOPLE = (  # user id, address, purposes that they agreed to
    ("anna", SHARED, (MARKETING, TOPIC)),
    ("ben", SHARED, (MARKETING,)),
    ("cem", "cem@people.example", (MARKETING, TOPIC)),
    ("dora", "dora@people.example", ()),
    (None, "", ()),  # a visitor
)
ADDRESSES = (SHARED, "cem@people.example", "dora@people.example", "new@people.example", "other@people.example")


def names(text: str) -> dict[str, str]:
    """The same text in both languages."""
    return {"en": text, "de": text}


def journey(purpose: str, event: str, *, wait: str = "1d") -> dict:
    """A journey that sends, waits and sends again, for one purpose."""
    steps = [
        {"key": "first", "kind": "send", "block": purpose, "next": "wait"},
        {"key": "wait", "kind": "wait", "for": wait, "next": "second"},
        {"key": "second", "kind": "send", "block": purpose, "next": "end"},
        {"key": "end", "kind": "end", "outcome": "sent"},
    ]
    for step in steps:
        step["name"] = names(step["key"])
    return {
        "slug": purpose,
        "name": names(purpose),
        "phase": "purchase",
        "purpose": purpose,
        "entry": {"event": event},
        "steps": steps,
    }


def build() -> tuple[Oracle, list[int]]:
    """Write it to the database and tell the oracle. Returns the oracle and the people."""
    open_months(first=NOW.date().replace(day=1), last=LAST_DAY)
    marketing = Purpose.objects.get(slug=MARKETING)
    Purpose.objects.create(
        slug=TOPIC, parent=marketing, channel="email", kind="communication", name_en="Tips", name_de="Tipps"
    )
    Purpose.objects.create(slug=OPT_OUT, enforcement="opt_out", name_en="Partners", name_de="Partner")
    goods = {"similar_goods": "shoes", "notice_en": "You may object.", "notice_de": "Sie können widersprechen."}
    Purpose.objects.filter(slug=MARKETING).update(**goods)
    form = SignupForm.objects.create(slug=FORM, name_en="News", name_de="News", created_at=NOW)
    for place, purpose in enumerate(Purpose.objects.filter(slug__in=SAID)):
        Wording.objects.create(
            purpose=purpose,
            language="en",
            version=1,
            text=f"I agree to {purpose.slug}.",
            digest="0" * 64,
            created_at=NOW,
        )
        SignupChoice.objects.create(form=form, purpose=purpose, position=place)
    for event in EVENTS:
        EventType.objects.create(slug=event, kind="transaction", name_en=event, name_de=event)
    for purpose, event in JOURNEYS:
        block = Block.objects.create(
            slug=purpose, phase="purchase", state="approved", changed_at=NOW, name_en=purpose, name_de=purpose
        )
        for language in ("en", "de"):
            Variant.objects.create(
                block=block, language=language, subject=f"for {purpose}", body="<mj-text>Hello</mj-text>"
            )
        import_journey(definition=journey(purpose, event), now=NOW)
    oracle, people = _people()
    for who, event in product(people, EVENTS):
        record_events(events=[NewEvent(who, event, SOON)], source="shop", now=SOON)
    loop.pulse(now=SOON)  # histories begin with messages that wait to be sent
    return oracle, people


def _people() -> tuple[Oracle, list[int]]:
    oracle = Oracle()
    for slug, enforcement, parent, channel in (
        (MARKETING, "opt_in", "", "email"),
        (TOPIC, "opt_in", MARKETING, "email"),
        (OPT_OUT, "opt_out", "", ""),
        (SERVICE, "none", "", ""),
    ):
        oracle.heard(NOW, "purpose", slug=slug, enforcement=enforcement, parent=parent, channel=channel)
    people = []
    for user_id, address, agreed in PEOPLE:
        contact = Contact.objects.create(
            external_id=user_id, email=address, language="en", time_zone="Europe/Berlin", created_at=NOW, updated_at=NOW
        )
        people.append(contact.pk)
        oracle.heard(NOW, "person", contact.pk, address=address, named=bool(user_id or address))
        for purpose in agreed:
            at = NOW - timedelta(days=1)
            choice = Choice(contact.pk, purpose, "granted", "form", f"{purpose}/en/1", {"url": "https://x.example"}, at)
            record_consents(choices=[choice], now=NOW)
            oracle.heard(NOW, "said", contact.pk, purpose=purpose, level=Level.YES, said_at=at)
    return oracle, people
