"""What an unsubscribe link names."""

import re
from typing import NamedTuple

FORM = re.compile(r"([1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})", re.ASCII)


class Subject(NamedTuple):
    """Whose link it is, and in which touch it went out (0: in none)."""

    contact_id: int
    touch_id: int


def written(subject: Subject) -> str:
    """Write a subject as text that can be signed."""
    return f"{subject.contact_id}-{subject.touch_id}"


def read(text: str) -> Subject | None:
    """Read a subject back; None when the text is not one."""
    found = FORM.fullmatch(text)
    return Subject(int(found[1]), int(found[2])) if found else None
