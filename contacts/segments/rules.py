"""What definitions need without the database: short names, circles, and what somebody else changed meanwhile."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

MOST_LINES = 10_000  # e-mail addresses or ids that can be pasted into a list at once
LONGEST_SLUG = 100
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def slug_from(name: str, taken: Iterable[str] = (), longest: int = LONGEST_SLUG) -> str:
    """Make a short name of a name, with a number behind it where it is taken; empty when no letter or digit is left."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(GERMAN)).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: longest - 5].strip("-")
    known, found, n = set(taken), slug, 1
    while slug and found in known:
        n += 1
        found = f"{slug}-{n}"
    return found


def way_around(start: str, named: Mapping[str, Iterable[str]]) -> list[str]:
    """Find a way from start back to itself: ["a", "b", "c", "a"]; empty when there is none. named: who names whom."""
    waiting: list[list[str]] = [[start]]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        for following in sorted(named.get(path[-1], ())):
            if following == start:
                return [*path, start]
            if following not in seen:
                seen.add(following)
                waiting.append([*path, following])
    return []


def differences(loaded: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """List the fields that are not any more what somebody had before their eyes."""
    return sorted(key for key, value in current.items() if key in loaded and loaded[key] != value)


def pasted_lines(text: str) -> list[str]:
    """Split pasted text into e-mail addresses or ids, each once, in their order; one a line, or with commas between."""
    parts = (part.strip().strip("\"'<>").replace("\0", "") for part in re.split(r"[\r\n,;\t]+", text))
    return list(dict.fromkeys(part for part in parts if part))
