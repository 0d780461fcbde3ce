"""The demo's mailbox: an SMTP server on the loopback address that keeps each mail as a file.

`python -m orchestrator.demo.inbox FOLDER PORT`; what it has is read by `mails` and shown by the views of this room.
"""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

NAME = re.compile(r"[0-9]{19}-[0-9]+\.eml")
KEEP = 2_000
_numbers = count(1)


@dataclass(frozen=True)
class Mail:
    """One mail of the inbox; `name` is its file's."""

    name: str
    arrived_at: datetime
    message: EmailMessage

    @property
    def html(self) -> str:
        """The HTML part, empty when there is none."""
        part = self.message.get_body(("html",))
        return part.get_content() if part else ""

    @property
    def text(self) -> str:
        """The plain part, empty when there is none."""
        part = self.message.get_body(("plain",))
        return part.get_content() if part else ""


def names(folder: Path) -> list[str]:
    """List the files of the mails, the newest first."""
    return (
        sorted((name for name in os.listdir(folder) if NAME.fullmatch(name)), reverse=True) if folder.exists() else []
    )


def read(folder: Path, name: str) -> Mail | None:
    """Read one mail; None when the name is not one of a mail."""
    if not NAME.fullmatch(name) or not (path := folder / name).exists():
        return None
    message = message_from_bytes(path.read_bytes(), policy=default)
    return Mail(name, datetime.fromtimestamp(int(name.split("-")[0]) / 1e9, UTC), message)


def mails(folder: Path, limit: int) -> Iterator[Mail]:
    """Read the newest mails."""
    for name in names(folder)[:limit]:
        mail = read(folder, name)
        if mail:
            yield mail


def keep(folder: Path, content: bytes) -> None:
    """Store one message, whole or not at all."""
    name = f"{time.time_ns()}-{next(_numbers)}.eml"
    unfinished = folder / f".{name}"
    unfinished.write_bytes(content)
    unfinished.rename(folder / name)


def keep_text(folder: Path, *, to: str, text: str) -> None:
    """Store one text message as if it were a mail."""
    folder.mkdir(parents=True, exist_ok=True)
    message = EmailMessage(policy=default)
    message["To"] = " ".join(to.split())[:40]
    message.set_content(text[:5_000])
    keep(folder, message.as_bytes())
    tidy(folder)


class Keeper:
    """Keeps what the SMTP server receives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store one mail, whole or not at all, before it is said to be accepted."""
        content: Any = envelope.content
        keep(self.folder, content)
        return "250 Kept"


def tidy(folder: Path) -> None:
    """Drop all but the newest mails."""
    for name in names(folder)[KEEP:]:
        (folder / name).unlink(missing_ok=True)


async def serve(folder: Path, port: int) -> None:
    """Receive mails until SIGINT or SIGTERM."""
    folder.mkdir(parents=True, exist_ok=True)
    tidy(folder)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    keeper = Keeper(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="localhost", enable_SMTPUTF8=True), "127.0.0.1", port
    )
    async with server:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
