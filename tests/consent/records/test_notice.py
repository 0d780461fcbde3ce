"""The notice of § 7(3) UWG stands in each mail to an existing customer, and in no other."""

import pytest

from consent.models import Purpose, Wording
from consent.records.existing import Sale, record_existing_customers
from consent.records.operations import record_consent
from orchestrator.channels.operations import deliver_touches
from tests.orchestrator.channels.conftest import NOW, clock, smtp, world  # noqa: F401  the fixtures of a real mail

NOTICES = {"en": "You may object at any time, free of charge.", "de": "Sie können jederzeit kostenlos widersprechen."}


def texts(mail):
    return [" ".join(part.get_content().split()) for part in mail.walk() if part.get_content_maintype() == "text"]


def buy(contact):
    Purpose.objects.filter(slug="email_marketing").update(
        existing_customer=True, similar_goods="books", notice_en=NOTICES["en"], notice_de=NOTICES["de"]
    )
    about = Purpose.objects.get(slug="email_marketing")
    Wording.objects.create(purpose=about, language="de", version=1, text="Hinweis", digest="d", created_at=NOW)
    sale = Sale(contact.pk, "A-1", NOW, "book", "email_marketing/de/1", NOW)
    (outcome,) = record_existing_customers(purpose="email_marketing", sales=[sale], source="shop", now=NOW)
    assert outcome.record


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de"])
def test_mail_to_an_existing_customer_carries_the_notice_in_both_parts(world, smtp, clock, language):  # noqa: F811
    anna = world.person(grant=(), language=language)
    buy(anna)
    world.touch(anna)
    assert deliver_touches(now=clock) == {"sent": 1}
    parts = texts(smtp.mails[0])
    assert len(parts) == 2
    assert all(NOTICES[language] in part for part in parts)
    assert not any("because you agreed" in part for part in parts)


@pytest.mark.django_db
def test_mail_about_a_topic_carries_the_notice_of_its_purpose(world, smtp, clock):  # noqa: F811
    anna = world.person(grant=())
    buy(anna)
    above = Purpose.objects.get(slug="email_marketing")
    Purpose.objects.create(slug="books", name_en="Books", name_de="Bücher", parent=above, enforcement="opt_in")
    record_consent(contact_id=anna.pk, purpose="books", decision="granted", source="form", now=NOW)
    world.touch(anna, purpose="books")
    assert deliver_touches(now=clock) == {"sent": 1}
    assert NOTICES["en"] in texts(smtp.mails[0])[0]


@pytest.mark.django_db
def test_mail_to_who_agreed_carries_no_notice(world, smtp, clock):  # noqa: F811
    buy(world.person("Ben", grant=()))
    world.touch(world.person("Anna"))
    assert deliver_touches(now=clock) == {"sent": 1}
    assert not any(NOTICES["en"] in part for part in texts(smtp.mails[0]))
