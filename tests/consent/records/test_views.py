"""What the consent page shows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.models import Limit, QuietHours
from consent.records.operations import record_consent, suppress_address
from contacts.models import Contact
from orchestrator.kernel.access import PRIVACY_GROUP

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)


@pytest.fixture
def page(client, db):
    client.force_login(User.objects.create_user("mara"))
    return client


@pytest.fixture
def anna(db):
    return Contact.objects.create(
        first_name="Anna",
        last_name="Amsel",
        email="anna@example.org",
        external_id="a-1",
        created_at=NOW,
        updated_at=NOW,
    )


def test_consent_shows_purposes_with_counts_and_rules_as_sentences(page, anna):
    Limit.objects.create(
        slug="week", name_en="Week", name_de="Woche", channel="email", most=3, window=timedelta(days=7), overflow="drop"
    )
    QuietHours.objects.create(starts="20:00", ends="08:00")
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="granted", source="form", now=NOW)
    answer = page.get(reverse("consent"))
    counts = {purpose["name"]: (purpose["granted"], purpose["not_granted"]) for purpose in answer.context["purposes"]}
    assert counts["E-mail marketing"] == (1, 0)
    assert counts["Profiling"] == (0, 0)
    html = answer.content.decode()
    assert "At most 3 messages by e-mail in 7 days; what is more is dropped." in html
    assert "Quiet from 20:00 to 08:00" in html


@pytest.mark.parametrize("words", ["anna@example.org", "ANNA@example.org", "a-1", "Ams", "anna am"])
def test_consent_finds_the_records_of_a_person_with_proof_for_the_privacy_officer_alone(page, anna, words):
    record_consent(
        contact_id=anna.pk,
        purpose="profiling",
        decision="granted",
        source="form",
        now=NOW,
        wording="v3",
        proof={"ip": "192.0.2.1"},
    )
    record_consent(
        contact_id=anna.pk, purpose="profiling", decision="withdrawn", source="letter", now=NOW + timedelta(days=1)
    )
    suppress_address(channel="email", address=anna.email, reason="bounced", now=NOW)
    assert "192.0.2.1" not in page.get(reverse("consent"), {"q": words}).content.decode()
    officer = User.objects.create_user("paula")
    officer.groups.add(Group.objects.get_or_create(name=PRIVACY_GROUP)[0])
    page.force_login(officer)
    html = page.get(reverse("consent"), {"q": words}).content.decode()
    assert html.index("withdrawn") < html.index("granted")
    for text in ("192.0.2.1", "v3", "letter", "Address suppressed"):
        assert text in html


def test_consent_search_that_finds_nobody_says_so(page):
    assert "Nobody is called like this." in page.get(reverse("consent"), {"q": "%\0x"}).content.decode()


def test_consent_search_for_many_asks_as_much_as_for_one(page, db):
    def statements(count):
        for n in range(count):
            person = Contact.objects.create(
                last_name=f"Zander{count}", email=f"z{count}-{n}@example.org", created_at=NOW, updated_at=NOW
            )
            record_consent(contact_id=person.pk, purpose="profiling", decision="granted", source="form", now=NOW)
        with CaptureQueriesContext(connection) as captured:
            page.get(reverse("consent"), {"q": f"Zander{count}"}, headers={"HX-Request": "true"})
        return len(captured)

    assert statements(1) == statements(15)
