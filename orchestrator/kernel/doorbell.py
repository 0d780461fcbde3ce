"""The doorbell: the commit of news wakes whoever listens, so that nobody has to poll for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

_listeners: list[Callable[[], None]] = []
_silent: ContextVar[bool] = ContextVar("doorbell_silent", default=False)


def listen(listener: Callable[[], None]) -> None:
    """Have a function called after each commit that rang. It must be quick and must not raise."""
    if listener not in _listeners:
        _listeners.append(listener)


def ring() -> None:
    """Wake the listeners when the running transaction commits (at once outside of one)."""
    if not _silent.get():
        transaction.on_commit(_call)


@contextmanager
def silence() -> Iterator[None]:
    """Ring nobody inside this block: a replay or a seed drives the tick itself."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def _call() -> None:
    for listener in _listeners:
        listener()
