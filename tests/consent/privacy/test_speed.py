"""An export of 10,000 events; every look-up of a person goes by an index."""

import re
import time

import pytest
from django.db import connection

from consent.privacy import paths
from consent.privacy.classification import of_people
from consent.privacy.exporting import zip_of
from consent.privacy.queries import person_of
from contacts.models import Contact
from orchestrator.kernel import sql
from tests.consent.privacy.seeding import NOW
from tests.waiting import HUNG

pytestmark = pytest.mark.django_db
BIG = (
    "contacts_event", "contacts_identifier", "contacts_signalfiring", "contacts_segmentmember", "contacts_segmentchange", "contacts_stagechange",
    "contacts_scorevalue", "contacts_scoreaward", "journeys_enrollment", "journeys_transition", "journeys_refusal", "journeys_trigger",
    "journeys_touch", "journeys_webhookcall", "journeys_offergrant", "journeys_offerdecision", "orchestrator_verdict", "orchestrator_link",
    "consent_record", "consent_state", "consent_suppression", "consent_signup", "consent_servicemail", "contacts_importchange",
)  # fmt: skip
SMALL = {"contacts_importpart", "contacts_importreject", "django_admin_log"}  # emptied after a month; looked through


def test_export_of_ten_thousand_events_comes_to_an_end():
    anna = Contact.objects.create(email="anna@example.com", created_at=NOW, updated_at=NOW)
    sql.rows(
        "INSERT INTO contacts_event (contact_id, name, occurred_at, received_at, properties, source, message_id)"
        " SELECT %s, 'viewed', %s, %s, '{\"page_url\": \"https://shop.example.com/a/b\"}', 'web', 'm' || n FROM generate_series(1, 10000) n",
        [anna.pk, NOW, NOW],
    )
    began = time.monotonic()
    content = zip_of(person_of(anna.pk), NOW)
    assert (
        time.monotonic() - began < HUNG
    )  # seconds; one look-up for each event, in a table without an index, takes hours
    assert len(content) > 50_000


@pytest.mark.parametrize("name", BIG)
def test_person_is_found_by_an_index(name):
    (table,) = (table for table in of_people() if table.name == name)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        text = f"EXPLAIN SELECT * FROM {sql.identifier(name)} t WHERE {paths.condition(table)}"
        cursor.execute(text, {"ids": [1, 2], "addresses": ["a@example.com"]})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert not re.search(rf"Seq Scan on {name}", plan), plan


def test_every_table_about_people_is_big_or_known_to_be_small():
    assert {table.name for table in of_people()} >= SMALL
