"""Finds the touch and the target that a signed address names."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import BigIntegerField, Count, OuterRef, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from contacts.events.models import Event
from journeys.enrollments.models import Touch
from orchestrator.channels.feedback.rules import SCANNED_WITHIN
from orchestrator.channels.models import Link


def touch_of(touch_id: int, *, url: str, now: datetime) -> Touch | None:
    """The touch with its journey and block, and as `links` how many other links of it were just followed; None when it was erased."""
    clicks = Event.objects.filter(
        contact_id=OuterRef("contact_id"),
        name="email_clicked",
        occurred_at__gt=now - SCANNED_WITHIN,
        occurred_at__lte=now,
    )
    mine = clicks.annotate(touch=Cast(KT("properties__touch"), BigIntegerField()), url=KT("properties__url"))
    others = mine.filter(touch=OuterRef("pk")).exclude(url=url).order_by().values("name")
    counted = Subquery(others.annotate(n=Count("url", distinct=True)).values("n"))
    found = Touch.objects.select_related("journey", "block").annotate(links=Coalesce(counted, 0))
    return found.filter(pk=touch_id).first()


def target_of(touch_id: int, position: int) -> str | None:
    """Where a link leads; None when there is none."""
    return Link.objects.filter(touch_id=touch_id, position=position).values_list("url", flat=True).first()


def touches_of(ids: Collection[int]) -> dict[int, Touch]:
    """Touches with their journeys and blocks, by id; those that were erased are left out."""
    return Touch.objects.select_related("journey", "block").in_bulk(sorted(ids)) if ids else {}
