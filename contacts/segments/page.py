"""Puts the pages of segments together: plain values for their templates."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.conditions.language import say
from contacts.conditions.names import Names, load_names
from contacts.conditions.uses import HOWS, ROOMS, Use, load_uses
from contacts.profiles import listing
from contacts.profiles.models import Contact
from contacts.segments import queries
from contacts.segments.models import Segment
from orchestrator.kernel.fields import translated

DAYS = 7
HISTORY_DAYS = 90
MOST_CHANGES = 20
MOST_MEMBERS = 25
MOST_FOUND = 20


def language() -> str:
    """The active language, "en" or "de"."""
    return (get_language() or "en")[:2]


def segment_rows(*, now: datetime) -> list[dict[str, Any]]:
    """List the segments with sentence, size, change in 7 days, and who uses them."""
    sizes, changed = queries.sizes(), queries.changes_since(now - timedelta(days=DAYS))
    uses, names = used_by("segment"), load_names()
    return [
        {
            **_head(segment, names),
            "size": sizes.get(segment.pk, 0),
            "came": changed.get((segment.pk, True), 0),
            "went": changed.get((segment.pk, False), 0),
            "users": uses.get(segment.slug, []),
        }
        for segment in Segment.objects.all()
    ]


def _head(segment: Segment, names: Names) -> dict[str, Any]:
    fixed = segment.kind == Segment.Kind.FIXED
    return {
        "slug": segment.slug,
        "name": segment.name,
        "active": segment.active,
        "fixed": fixed,
        "kind": segment.get_kind_display(),
        "computing": not fixed and segment.active and segment.refreshed_at is None,
        "sentence": _("people put here by hand or by import") if fixed else say(segment.condition, language(), names),
    }


def used_by(
    kind: str, uses: Iterable[Use] | None = None, *, handovers: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Say who uses each thing of a kind, by its short name: users with all their ways, each user once.

    handovers: also say which handovers depend on it, apart from the journeys that hand over.
    """
    found: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for use in load_uses() if uses is None else uses:
        if use.kind == kind and (handovers or use.room != "handover"):
            users = found.setdefault(use.slug, {})
            user = users.setdefault((use.room, use.user), _user(use))
            if (how := translated(HOWS[use.how])) not in user["hows"]:
                user["hows"].append(how)
    return {slug: list(users.values()) for slug, users in found.items()}


def _user(use: Use) -> dict[str, Any]:
    return {
        "room": use.room,
        "room_name": translated(ROOMS[use.room]),
        "slug": use.user,
        "name": translated(use.name),
        "hows": [],
    }


def segment_page(segment: Segment, *, now: datetime, other: str, words: str, before: int | None) -> dict[str, Any]:
    """Collect everything about a segment. other: short name of a segment to compare with; words: people to look for."""
    since = now - timedelta(days=DAYS)
    came, went = queries.moved_since(segment.pk, since)
    size = queries.size_of(segment.pk)
    people, following = queries.members(segment.pk, before=before, most=MOST_MEMBERS)
    return {
        "segment": _head(segment, load_names()) | {"description": segment.description, "condition": segment.condition},
        "size": size,
        "came": came,
        "went": went,
        "figure": size_figure(_history(segment, size, now)),
        "changes": queries.last_changes(segment.pk, since, MOST_CHANGES),
        "users": used_by("segment").get(segment.slug, []),
        "others": Segment.objects.exclude(pk=segment.pk),
        "overlap": _overlap(segment, other),
        "people": people,
        "following": following,
        "first": before is None,
        "words": words,
        "found": _found(segment, words) if words and segment.kind == Segment.Kind.FIXED else [],
        "zone": settings.TEAM_TIME_ZONE,
    }


def _history(segment: Segment, size: int, now: datetime) -> list[tuple[date, int]]:
    today = now.astimezone(ZoneInfo(settings.TEAM_TIME_ZONE)).date()
    past = [row for row in queries.size_history(segment.pk, today - timedelta(days=HISTORY_DAYS)) if row[0] < today]
    return [*past, (today, size)]


def size_figure(history: Sequence[tuple[date, int]]) -> dict[str, Any]:
    """Draw the size of a segment over time, as a plotly document; static/js/plots.js gives it the colours of the page."""
    days, sizes = [day.isoformat() for day, _size in history], [size for _day, size in history]
    line = {"type": "scatter", "mode": "lines+markers", "x": days, "y": sizes, "name": _("people")}
    line |= {"line": {"color": "#4f8fd6", "width": 2}, "marker": {"size": 4}}
    return {"data": [line], "layout": {"hovermode": "x unified", "showlegend": False}}


def _overlap(segment: Segment, slug: str) -> dict[str, Any] | None:
    other = queries.one_segment(slug) if slug and slug != segment.slug else None
    if other is None:
        return None
    counted = queries.overlap(segment.pk, other.pk)
    most = max(counted) or 1
    texts = (
        _("only in “%(name)s”") % {"name": segment.name},
        _("in both"),
        _("only in “%(name)s”") % {"name": other.name},
    )
    return {
        "slug": other.slug,
        "rows": [
            {"name": text, "n": n, "percent": round(100 * n / most, 1), "tone": tone}
            for text, n, tone in zip(texts, counted, ("blue", "green", "grey"), strict=True)
        ],
    }


def _found(segment: Segment, words: str) -> list[dict[str, Any]]:
    people: list[Contact] = list(listing.contacts(words=words)[:MOST_FOUND])
    there = queries.member_ids(segment.pk, [person.pk for person in people])
    return [
        {"id": person.pk, "name": person.name, "email": person.email, "there": person.pk in there} for person in people
    ]
