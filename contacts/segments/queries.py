"""Reads about segments: sizes, who came and went, overlap, people behind pasted lines."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, Q

from contacts.segments.models import Segment, SegmentChange, SegmentMember, SegmentSize
from orchestrator.kernel import sql


class Overlap(NamedTuple):
    """How many people are only in the first segment, in both, only in the second."""

    only_first: int
    both: int
    only_second: int


def sizes() -> dict[int, int]:
    """Count the people of every segment, by its id."""
    return dict(SegmentMember.objects.order_by().values_list("segment").annotate(Count("id")))


def size_of(segment_id: int) -> int:
    """Count the people of a segment."""
    return SegmentMember.objects.filter(segment=segment_id).count()


def changes_since(since: datetime) -> dict[tuple[int, bool], int]:
    """Count who came (True) and went (False) since an instant, by segment."""
    recent = SegmentChange.objects.filter(at__gte=since).order_by()
    counted = recent.values_list("segment", "entered").annotate(n=Count("id"))
    return {(segment, entered): n for segment, entered, n in counted}


def moved_since(segment_id: int, since: datetime) -> tuple[int, int]:
    """Count who came into and went out of a segment since an instant."""
    recent = SegmentChange.objects.filter(segment=segment_id, at__gte=since)
    counted = recent.aggregate(came=Count("id", filter=Q(entered=True)), went=Count("id", filter=Q(entered=False)))
    return counted["came"], counted["went"]


def last_changes(segment_id: int, since: datetime, most: int) -> list[SegmentChange]:
    """List who came or went last, the newest first."""
    recent = SegmentChange.objects.filter(segment=segment_id, at__gte=since)
    return list(recent.select_related("contact").order_by("-at", "-id")[:most])


def size_history(segment_id: int, first: date) -> list[tuple[date, int]]:
    """Read the sizes of a segment from a day on, day by day."""
    return list(
        SegmentSize.objects.filter(segment=segment_id, day__gte=first).order_by("day").values_list("day", "size")
    )


def overlap(first_id: int, second_id: int) -> Overlap:
    """Count who is in only one of two segments, and who is in both, in one statement."""
    params = {"first": first_id, "second": second_id}
    ((first, both, second),) = sql.rows(sql.statement("contacts/segments/sql/overlap.sql"), params)
    return Overlap(first - both, both, second - both)


def people_behind(lines: Sequence[str]) -> dict[str, list[int]]:
    """Find the people behind e-mail addresses and ids, by line, in one statement. Nobody behind one: it is not there."""
    found: dict[str, list[int]] = {}
    for line, contact_id in sql.rows(sql.statement("contacts/segments/sql/people_behind.sql"), {"lines": list(lines)}):
        found.setdefault(line, []).append(contact_id)
    return found


def members(segment_id: int, *, before: int | None, most: int) -> tuple[list[SegmentMember], int | None]:
    """Read one page of the people of a segment, who came last first; and where the next page begins, None at the end."""
    found = SegmentMember.objects.filter(segment=segment_id).select_related("contact").order_by("-id")
    rows = list((found.filter(pk__lt=before) if before else found)[: most + 1])
    return rows[:most], rows[most - 1].pk if len(rows) > most else None


def member_ids(segment_id: int, among: Sequence[int]) -> set[int]:
    """Say which of some people are in a segment."""
    return set(SegmentMember.objects.filter(segment=segment_id, contact__in=among).values_list("contact_id", flat=True))


def one_segment(slug: str) -> Segment | None:
    """Read a segment by its short name."""
    return Segment.objects.filter(slug=slug).first()
