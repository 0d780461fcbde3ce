"""How much a test looks at: a part of it in each run, all of it with EVERY_CASE=1 (`make soak-small`) or EVERY_LOOK=1 (browser)."""

import os
from typing import TypeVar

EVERY_CASE = bool(os.environ.get("EVERY_CASE"))
EVERY_LOOK = bool(os.environ.get("EVERY_LOOK"))
T = TypeVar("T")


def size(usual: T, full: T) -> T:
    """The size of a test in each run, and with EVERY_CASE=1."""
    return full if EVERY_CASE else usual


def looks(usual: list[T], *more: T) -> list[T]:
    """The lights and windows in which a page is looked at in each run, and those that EVERY_LOOK=1 adds."""
    return [*usual, *more] if EVERY_LOOK else usual
