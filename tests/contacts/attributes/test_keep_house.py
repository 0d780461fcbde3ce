"""The worker's hourly round lets values go whose time is over, and takes over those that are defined by now."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from orchestrator.tick.tasks import keep_house
from tests.contacts.attributes.made import define

pytestmark = pytest.mark.django_db


def test_keep_house_expires_and_takes_over():
    now = datetime.now(UTC)
    define("tier", keep_days=30)
    for days, tier in ((31, "old"), (29, "new")):
        people = [NewContact(tier, attributes={"tier": tier, "visits": 3})]
        upsert_contacts(people=people, now=now - timedelta(days=days), source="crm")
    define("visits", "whole")
    keep_house()
    assert dict(Contact.objects.values_list("external_id", "attributes")) == {
        "old": {"visits": 3},
        "new": {"tier": "new", "visits": 3},
    }
