"""Puts people onto fixed lists and takes them off, one statement each, and records the sizes of all segments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from contacts.profiles.models import Contact
from contacts.segments.models import Segment, SegmentMember
from contacts.segments.queries import people_behind
from contacts.segments.rules import MOST_LINES
from orchestrator.kernel import doorbell, sql
from orchestrator.kernel.scope import among


class NotAList(Exception):
    """The segment is not a fixed list: its condition says who is in it."""


class TooManyLines(Exception):
    """More lines were pasted than a list takes at once."""


class Pasted(NamedTuple):
    """What came of pasted lines: how many people were added, how many were on the list, which lines nobody has."""

    added: int
    there: int
    unknown: list[str]


@transaction.atomic
def add_people(*, segment: Segment, contact_ids: Sequence[int], now: datetime) -> int:
    """Put people onto a fixed list; returns how many were not on it. Raises NotAList."""
    return _change("add", segment, among(Contact.objects.all(), "pk", contact_ids).order_by().values("pk"), now)


@transaction.atomic
def add_lines(*, segment: Segment, lines: Sequence[str], now: datetime) -> Pasted:
    """Put the people behind e-mail addresses or ids onto a fixed list. Raises NotAList, TooManyLines."""
    if len(lines) > MOST_LINES:
        raise TooManyLines
    found = people_behind(lines)
    ids = sorted({one for ids in found.values() for one in ids})
    added = add_people(segment=segment, contact_ids=ids, now=now)
    return Pasted(added, len(ids) - added, [line for line in lines if line not in found])


@transaction.atomic
def add_segment(*, segment: Segment, source: Segment, now: datetime) -> int:
    """Put everybody who is in another segment now onto a fixed list. Raises NotAList."""
    people = SegmentMember.objects.filter(segment=source).order_by().values("contact_id")
    return _change("add", segment, people, now)


@transaction.atomic
def remove_people(*, segment: Segment, contact_ids: Sequence[int], now: datetime) -> int:
    """Take people off a fixed list; returns how many were on it. Raises NotAList."""
    people = among(SegmentMember.objects.filter(segment=segment), "contact_id", contact_ids)
    return _change("remove", segment, people.order_by().values("contact_id"), now)


def _change(verb: str, segment: Segment, people: QuerySet[Any, Any], now: datetime) -> int:
    if segment.kind != Segment.Kind.FIXED:
        raise NotAList
    text, params = sql.fill(
        sql.statement(f"contacts/segments/sql/{verb}.sql"),
        people=sql.compiled(people),
        segment=sql.value(segment.pk),
        now=sql.value(now),
        news=sql.value(f"segment:{segment.slug}"),
    )
    changed = sql.count(text, params)
    if changed:
        doorbell.ring()
    return changed


@transaction.atomic
def record_sizes(*, now: datetime) -> int:
    """Write how many people are in each segment as today's size; returns how many sizes changed."""
    day = now.astimezone(ZoneInfo(settings.TEAM_TIME_ZONE)).date()
    return sql.count(sql.statement("contacts/segments/sql/record_sizes.sql"), {"day": day})
