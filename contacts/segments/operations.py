"""Keeps the members of segments current, one statement a segment."""

import json
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from contacts.conditions.language import compile_condition, depends_on
from contacts.profiles.queries import usable
from contacts.segments.models import Segment, SegmentMember
from orchestrator.kernel import known, planned, sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

DIFFERENCE = "pg_temp.segment_difference"
TABLES = known.watch("contacts_segment")


def active_segments() -> list[Segment]:
    """Read the segments that are kept; each may be changed."""
    return [copy(one) for one in known.kept("segments", TABLES, lambda: list(Segment.objects.filter(active=True)))]


@sql.joined
def refresh_segments(*, now: datetime, scope: Scope, segments: list[Segment] | None = None) -> set[str]:
    """Write who came into and who left each segment that the scope concerns.

    segments: the active ones when the caller has them already. A segment that was never computed is computed for
    everybody. Returns the names of news: "segment:slug".
    """
    changed: set[str] = set()
    segments = [s for s in (active_segments() if segments is None else segments) if s.condition]
    for segment in _in_order([one for one in segments if one.refreshed_at is None or _concerned(one, scope)]):
        wide = scope if segment.refreshed_at else replace(scope, contacts=None)
        text, params = sql.fill(
            sql.statement("contacts/segments/sql/refresh.sql"),
            differing=_differing(segment, now, wide),
            segment=sql.value(segment.pk),
            now=sql.value(now),
        )
        if planned.count(text, params, scope=wide):
            changed.add(f"segment:{segment.slug}")
        if wide.contacts is None:
            segment.refreshed_at = now
            Segment.objects.filter(pk=segment.pk).update(refreshed_at=now)
    return changed


def _concerned(segment: Segment, scope: Scope) -> bool:
    depends = depends_on(segment.condition)
    return scope.concerns(depends.news(), timed=depends.timed)


def _differing(segment: Segment, now: datetime, scope: Scope) -> sql.Part:
    """Who comes and goes. For everybody it is written down first: only a statement that changes nothing runs on all cores."""
    found = sql.Part(
        *sql.fill(
            sql.statement("contacts/segments/sql/difference.sql"),
            matched=_matched(segment, now, scope),
            members=_members(segment, now, scope),
        )
    )
    if scope.contacts is not None:
        return found
    sql.make_room()
    sql.count(f"DROP TABLE IF EXISTS {DIFFERENCE}")
    sql.count(f"CREATE TEMP TABLE {DIFFERENCE} ON COMMIT DROP AS {found.text}", found.params)
    return sql.Part(f"SELECT contact_id, entered FROM {DIFFERENCE}", ())


def _matched(segment: Segment, now: datetime, scope: Scope) -> sql.Part:
    def build(at: datetime, ids: list[int] | None) -> QuerySet[Any]:
        return (
            among(usable().filter(compile_condition(segment.condition or {}, now=at, wide=ids is None)), "pk", ids)
            .order_by()
            .values("pk")
        )

    return prepared(("segment", json.dumps(segment.condition)), now=now, scope=scope, build=build)


def _members(segment: Segment, now: datetime, scope: Scope) -> sql.Part:
    """Who of the scope is in a segment now. Ids stand in the text: in a common table each joined row would carry them all."""

    def build(at: datetime, ids: list[int] | None) -> QuerySet[Any]:
        members = SegmentMember.objects.filter(segment=segment)
        return among(members, "contact_id", ids).order_by().values("contact_id")

    return prepared(("members", segment.pk), now=now, scope=scope, build=build)


def _in_order(segments: list[Segment]) -> list[Segment]:
    """Segments that others name come first; members of a circle keep their order."""
    waiting = {segment.slug: segment for segment in segments}
    ordered: list[Segment] = []
    while waiting:
        free = [
            s
            for s in waiting.values()
            if not any(f"segment:{other}" in depends_on(s.condition).others for other in waiting)
        ]
        for segment in free or list(waiting.values()):
            ordered.append(segment)
            del waiting[segment.slug]
    return ordered
