"""Restriction: the data of a person stays and is used for nothing (GDPR Art. 18)."""

from collections.abc import Sequence
from datetime import datetime

from contacts.events.models import EventType, News
from contacts.profiles.models import Contact
from orchestrator.kernel import doorbell, sql

LEAVE = "consent/privacy/sql/leave_segments.sql"


def set_restriction(*, contact_ids: Sequence[int], on: bool, now: datetime) -> int:
    """Restrict people or lift it; returns for how many it changed.

    Restricted people leave every segment that a rule fills, at once and without opening a journey by it. What was true of
    them is looked at again when it is lifted.
    """
    found = Contact.objects.filter(pk__in=list(contact_ids), restricted_at__isnull=on)
    ids = list(found.order_by("pk").select_for_update().values_list("pk", flat=True))
    Contact.objects.filter(pk__in=ids).update(restricted_at=now if on else None, updated_at=now)
    if on:
        sql.count(sql.statement(LEAVE), {"contacts": ids, "now": now})
        names = ["profile", "consent"]
    else:
        names = ["profile", "consent", "stage", *EventType.objects.order_by("slug").values_list("slug", flat=True)]
    News.objects.bulk_create(News(contact_id=pk, name=name, since=now) for pk in ids for name in names)
    doorbell.ring()
    return len(ids)
