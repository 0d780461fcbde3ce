"""Reads about all people at once."""

from typing import Any

from django.db.models import QuerySet

from contacts.profiles.models import Contact
from orchestrator.kernel import sql

ZONES = """
WITH RECURSIVE zone (name) AS (
    (SELECT time_zone FROM contacts_contact ORDER BY time_zone LIMIT 1)
    UNION ALL
    SELECT (SELECT c.time_zone FROM contacts_contact c WHERE c.time_zone > zone.name ORDER BY c.time_zone LIMIT 1)
    FROM zone WHERE zone.name IS NOT NULL
)
SELECT name FROM zone WHERE name IS NOT NULL
"""  # jumps from zone to zone along the index contact_time_zone: a few rows read, however many contacts


def zones_in_use() -> list[str]:
    """Every time zone that some contact has."""
    return [name for (name,) in sql.rows(ZONES)]


def restricted() -> QuerySet[Any]:
    """The ids of people whose data is not to be used: the few rows of the index contact_restricted."""
    return Contact.objects.filter(restricted_at__isnull=False).order_by().values("pk")


def usable() -> QuerySet[Contact]:
    """Everybody whose data may be used (GDPR Art. 18)."""
    return Contact.objects.filter(restricted_at=None)
