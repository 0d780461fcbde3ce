"""Circles of segments: one that reads another one that reads the first can never be computed."""

from collections.abc import Mapping
from typing import Any

from contacts.conditions.language import depends_on

SEGMENT = "segment:"


def segments_in(condition: dict[str, Any] | None) -> list[str]:
    """Short names of the segments that a condition reads itself, sorted."""
    return sorted(name.removeprefix(SEGMENT) for name in depends_on(condition).others if name.startswith(SEGMENT))


def find_circle(slug: str, condition: dict[str, Any] | None, others: Mapping[str, dict[str, Any] | None]) -> list[str]:
    """Find how a segment with this condition would come to read itself: ["a", "b", "c", "a"], the shortest; [] when not.

    others: the conditions of all segments by short name; what is stored for `slug` itself does not matter.
    """
    before: dict[str, str] = {}
    waiting = [slug]
    for name in waiting:  # breadth first: grows while it is walked over
        for read in segments_in(condition if name == slug else others.get(name)):
            if read == slug:
                way = [slug, name]
                while way[-1] != slug:
                    way.append(before[way[-1]])
                return way[::-1]
            if read not in before:
                before[read] = name
                waiting.append(read)
    return []
