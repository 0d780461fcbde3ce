"""Why did I get this: told from what was stored then, to the person who got it, and about nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import Purpose, Record, Wording
from consent.preferences.queries import unsubscribe_token
from consent.preferences.rules import Subject
from consent.records.operations import record_consent
from contacts.models import Contact, EventType
from journeys.models import Block, Enrollment, Journey, Step, Touch, Version
from orchestrator.models import Verdict
from reporting.explain import public

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
BROWSER = Client()
EVIDENCE = {
    "event": "cart_updated", "name": "cart_updated", "at": "2026-03-01T18:30:00+00:00", "properties": {"cart_id": "c-17", "total": 89.5}
}  # fmt: skip


def person(name, language="en"):
    return Contact.objects.create(
        first_name=name, email=f"{name.lower()}@mail.example", language=language, created_at=NOW, updated_at=NOW
    )


@pytest.fixture
def mail():
    """A mail that Anna got, with everything that led to it."""
    EventType.objects.create(
        slug="cart_updated", kind="behaviour", name_en="Cart changed", name_de="Warenkorb geändert"
    )
    purpose = Purpose.objects.get(slug="email_marketing")
    Wording.objects.create(
        purpose=purpose, language="en", version=3, text="Yes, I want news.", digest="d", created_at=NOW
    )
    journey = Journey.objects.create(
        slug="cart", name_en="Abandoned cart", name_de="Warenkorb", phase="purchase", state="live", created_at=NOW
    )
    definition = {"entry": {"event": "cart_updated"}, "goal": {"when": {"event": "order_placed"}}}
    version = Version.objects.create(
        journey=journey, number=4, definition=definition, created_at=NOW, published_at=NOW - timedelta(days=30)
    )
    step = Step.objects.create(version=version, key="mail", kind="send", position=1, name_en="Mail", name_de="Mail")
    block = Block.objects.create(slug="b", name_en="b", name_de="b", phase="purchase", changed_at=NOW)

    def make(contact, purpose="email_marketing", evidence=EVIDENCE):
        run = Enrollment.objects.create(
            contact=contact, journey=journey, version=version, step=step, entered_at=NOW - timedelta(hours=12),
            arrived_at=NOW, evidence=evidence,
        )  # fmt: skip
        touch = Touch.objects.create(
            enrollment=run, step=step, visit=1, contact=contact, journey=journey, block=block, channel="email", purpose=purpose,
            state="sent", subject="Your cart waits", proposed_at=NOW, decided_at=NOW, sent_at=NOW, expires_at=NOW + timedelta(days=2),
        )  # fmt: skip
        since = Record.objects.filter(contact_id=contact.pk).values_list("at", flat=True).first()
        gates = {
            "consent": {
                "purpose": purpose,
                "needed": purpose != "service",
                "granted": True,
                "since": since and since.isoformat(),
            }
        }
        Verdict.objects.create(touch=touch, contact=contact, outcome="approved", gates=gates, at=NOW)
        return touch

    return make


def path(contact, touch):
    return f"/w/{unsubscribe_token(Subject(contact.pk, touch.pk))}/"


def agree(contact):
    record_consent(
        contact_id=contact.pk, purpose="email_marketing", decision="granted", source="form", wording="email_marketing/en/3", now=NOW - timedelta(days=9)
    )  # fmt: skip


def test_why_mail_tells_journey_start_values_consent_words_and_version(mail):
    anna = person("Anna")
    agree(anna)
    touch = mail(anna)
    # what was said or renamed later changes nothing of what is told
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="withdrawn", source="x", now=NOW)
    page = BROWSER.get(path(anna, touch))
    said = page.content.decode()
    for words in (
        "Your cart waits", "2 Mar 2026 10:00", "“Abandoned cart”", "This happened: Cart changed.", "1 Mar 2026 19:30", "total: 89.5 · cart id: c-17",
        "version 4 of the rule, of 31 Jan 2026", "you agreed on 21 Feb 2026", "Yes, I want news.", "email_marketing/en/3", "/u/", "/p/",
    ):  # fmt: skip
        assert words in said, words
    assert not page.cookies
    assert page["Referrer-Policy"] == "no-referrer"


def test_why_mail_speaks_german(mail):
    anna = person("Anna", "de")
    agree(anna)
    said = BROWSER.get(path(anna, mail(anna))).content.decode()
    assert '<html lang="de"' in said
    assert "„Warenkorb“" in said
    assert "Warenkorb geändert" in said


def test_why_mail_of_somebody_else_is_never_told(mail):
    anna, ben = person("Anna"), person("Ben")
    touch = mail(ben)
    answer = BROWSER.get(path(anna, touch))
    assert answer.status_code == 404
    assert "cart" not in answer.content.decode().lower()


def test_why_mail_of_a_service_message_needs_no_agreement(mail):
    anna = person("Anna")
    said = BROWSER.get(path(anna, mail(anna, "service"))).content.decode()
    assert "needs no agreement" in said
    assert "/u/" not in said


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (
            {"signal": "repeated_pricing", "counts": {"cart_updated": 4}, "at": "2026-03-01T10:00:00+00:00"},
            "We noticed: repeated pricing.",
        ),
        ({"segment": "vip", "change": "left", "at": "2026-03-01T10:00:00+00:00"}, "group “vip” any more"),
        ({"schedule": "x", "segment": "vip", "at": "2026-03-01T10:00:00+00:00"}, "You belong to the group “vip”"),
        ({"stage": "lead", "at": "2026-03-01T10:00:00+00:00"}, "where we say “lead”"),
        ({"journey": "cart", "run": 1}, "It follows on “Abandoned cart”"),
        ({"by": "maja", "at": "2026-03-01T10:00:00+00:00"}, "A colleague of ours chose it"),
        ({"api": "1", "name": "api", "at": "2026-03-01T10:00:00+00:00", "properties": {}}, "Another system of ours"),
        ({}, "Another system of ours"),
    ],
)
def test_why_mail_says_every_kind_of_start(mail, evidence, said):
    anna = person("Anna")
    page = BROWSER.get(path(anna, mail(anna, evidence=evidence))).content.decode()
    assert said in page
    assert "maja" not in page


def test_why_mail_changes_nothing_and_takes_few_statements(mail):
    anna = person("Anna")
    agree(anna)
    touch = mail(anna)
    with CaptureQueriesContext(connection) as seen:
        BROWSER.get(path(anna, touch))
    assert len(seen) == 8
    assert not [one for one in seen if not one["sql"].startswith("SELECT") and "UNION" not in one["sql"]]
    assert BROWSER.post(path(anna, touch)).status_code == 405


def test_text_of_a_wording_that_is_not_ours_is_empty():
    assert [public._text(name) for name in ("", "a/b", "a/b/c", "email_marketing/en/9", "x/y/" + "9" * 30)] == [""] * 5
