"""What content may be: limits, the choice of a language, lines that are safe in a header."""

import re
from collections.abc import Collection
from typing import NamedTuple

LANGUAGES = ("en", "de")
SOURCE_LIMIT = 64 * 1024  # of one text, in bytes
OUTPUT_LIMIT = 512 * 1024  # of one rendered part, in bytes
SUBJECT_LIMIT = 500
# What ends a line, in any program on the way, and what no text needs: C0, DEL, C1, line and paragraph separator.
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]+")


class Problem(NamedTuple):
    """What is wrong with a text. level: "error" (it cannot be sent) or "warning"."""

    field: str
    message: str
    level: str


class ContentProblem(Exception):
    """A text cannot be filled in, and where."""


class MissingContent(Exception):
    """A block has no text in any language, or is not approved."""


def one_line(text: str, limit: int = SUBJECT_LIMIT) -> str:
    """Make a text that stands in one header line: whatever could end the line becomes a space."""
    return " ".join(BREAKS.sub(" ", text).split())[:limit]


def choose_language(wanted: str, present: Collection[str]) -> str | None:
    """Pick the language of a message: the person's, else English, else any; None when there is no text at all."""
    for language in (wanted, "en", *LANGUAGES):
        if language in present:
            return language
    return min(present, default=None)
