"""Reads people for lists and searches."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from contacts.conditions.language import compile_condition
from contacts.profiles.models import Contact
from contacts.segments.models import SegmentMember

PAGE_SIZE = 50
MOST_COUNTED = 10_000  # a list says "more than" from here on instead of counting on


def contacts(*, words: str = "", stage: str = "", segment: str = "") -> QuerySet[Contact]:
    """List people, the newest first: by words in name, address or id, by stage, by segment (short names).

    Every word must be somewhere in the name, the e-mail address or the external id.
    """
    found = Contact.objects.select_related("account", "stage").order_by("-id")
    for word in words.split()[:6]:
        somewhere = Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
        found = found.filter(somewhere | Q(external_id__iexact=word) | Q(account__name__icontains=word))
    if stage:
        found = found.filter(stage__slug=stage)
    if segment:
        found = found.filter(pk__in=SegmentMember.objects.filter(segment__slug=segment).values("contact_id"))
    return found


def meeting(found: QuerySet[Contact], condition: dict[str, Any], *, now: datetime) -> QuerySet[Contact]:
    """Keep the people whom a valid condition describes."""
    return found.filter(compile_condition(condition, now=now))


def page(found: QuerySet[Contact], *, before: int | None) -> tuple[list[Contact], int | None]:
    """Read one page by key: people with a smaller id than before. Also gives where the next page begins, None at the end."""
    rows = list((found.filter(pk__lt=before) if before else found)[: PAGE_SIZE + 1])
    return rows[:PAGE_SIZE], rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None


def size(found: QuerySet[Contact]) -> int:
    """Count people, up to one more than MOST_COUNTED."""
    return found.order_by().values("pk")[: MOST_COUNTED + 1].count()
