"""The contact page says "quiet until" as the arbiter sees it: the company's place, weekdays, countries, public holidays."""

from datetime import UTC, datetime, time

import pytest

from consent.models import QuietHours
from contacts.models import Account, Contact
from reporting.explain.queries import one_contact, quiet_until

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)  # a Wednesday, 11:00 in Berlin


@pytest.mark.parametrize(
    ("hours", "zone", "at", "until"),
    [
        ({"starts": time(10), "ends": time(12)}, "Europe/Berlin", NOW, "2026-11-18T11:00Z"),
        ({"starts": time(10), "ends": time(12)}, "Mars/Olympus", NOW, "2026-11-18T11:00Z"),  # the company's place
        ({"starts": time(10), "ends": time(12), "weekdays": [1, 2]}, "Europe/Berlin", NOW, None),
        ({"starts": time(10), "ends": time(12), "country": "AT"}, "Europe/Berlin", NOW, None),
        ({"starts": time(10), "ends": time(12), "country": "DE"}, "Europe/Berlin", NOW, "2026-11-18T11:00Z"),
        ({"starts": time(10), "ends": time(12), "channel": "sms"}, "Europe/Berlin", NOW, None),
        ({"starts": time(10), "ends": time(12), "active": False}, "Europe/Berlin", NOW, None),
        ({"starts": time(0), "ends": time(0), "holidays": True}, "Europe/Berlin", datetime(2026, 12, 25, 9, tzinfo=UTC), "2026-12-26T23:00Z"),
    ],
)  # fmt: skip
def test_quiet_until_is_what_the_arbiter_goes_by(hours, zone, at, until):
    QuietHours.objects.create(**hours)
    company = Account.objects.create(external_id="a", name="A", country="DE", created_at=NOW)
    contact = Contact.objects.create(
        email="a@x.example", time_zone=zone, account=company, created_at=NOW, updated_at=NOW
    )
    found = quiet_until(one_contact(contact.pk), now=at)
    assert found == (until and datetime.fromisoformat(until))
