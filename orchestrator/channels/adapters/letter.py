"""Letters: nothing goes over a network; what is handed over lies in the open batch, in one transaction a group."""

import time
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Self

import structlog
from django.db import DatabaseError

from orchestrator.channels.adapters.base import Message
from orchestrator.channels.letters.models import Letter
from orchestrator.channels.letters.operations import add_letters
from orchestrator.channels.letters.queries import addresses_of
from orchestrator.channels.rules import SENT, Answer

TOGETHER = 100
log = structlog.get_logger(__name__)


class Prepared(NamedTuple):
    """A letter before it has its address."""

    message: Message
    at: datetime


class Tray:
    """What a line is for letters: a look at where people live, and one insert."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return

    def ready(self) -> None:
        """There is nothing to open."""

    def send_all(self, messages: Sequence[Prepared], *, until: float) -> list[Answer]:
        """Put all into the open batch, or none."""
        if time.monotonic() > until:
            return []
        try:
            homes = addresses_of([one.message.contact_id for one in messages])
            letters = [
                _letter(one, homes[one.message.contact_id]) for one in messages if one.message.contact_id in homes
            ]
            add_letters(letters=letters, now=messages[0].at)
        except DatabaseError as error:  # rolled back as a whole
            log.warning("letters not kept", words=str(error).splitlines()[0])
            return [Answer("unavailable", "the batch could not be written") for _ in messages]
        gone = Answer("rejected", "the person moved away meanwhile")
        return [SENT if one.message.contact_id in homes else gone for one in messages]


def _letter(one: Prepared, home: dict[str, str]) -> Letter:
    message = one.message
    return Letter(
        touch_id=message.touch_id,
        contact_id=message.contact_id,
        language=message.language,
        subject=message.subject,
        text=message.text,
        marketing=bool(message.unsubscribe),
        at=one.at,
        **home,
    )


class Letters:
    """The letter as a channel."""

    channel = "letter"
    kind = "postal"
    together = TOGETHER
    provider = ""

    def prepare(self, message: Message, *, now: datetime) -> Prepared:
        """Raises ValueError for a letter without a text."""
        if not message.text:
            raise ValueError("the text is empty")
        return Prepared(message, now)

    def line(self) -> Tray:
        return Tray()


COURIER = Letters()
