"""Keeps the members of segments current, one statement a segment."""

from datetime import datetime


from contacts.conditions.language import compile_condition, depends_on
from contacts.profiles.models import Contact
from contacts.segments.models import Segment
from orchestrator.kernel import sql
from orchestrator.kernel.scope import Scope, among


@sql.joined
def refresh_segments(*, now: datetime, scope: Scope) -> set[str]:
    """Write who came into and who left each segment that the scope concerns.

    A segment that was never computed is computed for everybody. Returns the names of news: "segment:slug".
    """
    changed: set[str] = set()
    for segment in _in_order(list(Segment.objects.filter(active=True))):
        depends = depends_on(segment.condition)
        fresh = segment.refreshed_at is None
        if not fresh and not scope.concerns(depends.news(), timed=depends.timed):
            continue
        ids = None if fresh else scope.ids()
        matched = Contact.objects.filter(compile_condition(segment.condition, now=now)).values("pk")
        text, params = sql.fill(
            sql.statement("contacts/segments/sql/refresh.sql"),
            matched=sql.compiled(among(matched, "pk", ids).order_by()),
            segment=sql.value(segment.pk),
            now=sql.value(now),
            scope=sql.value(ids),
        )
        if sql.count(text, params):
            changed.add(f"segment:{segment.slug}")
        if fresh or ids is None:
            Segment.objects.filter(pk=segment.pk).update(refreshed_at=now)
    return changed


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
