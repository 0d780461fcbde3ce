"""The processes of the demo: each is our own child, dies with us, and is stopped by its own id."""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from orchestrator.demo.config import ROOT
from orchestrator.kernel.embedded import die_with_parent

KEEPLESS = ("beat", "visitors", "inbox")  # lose nothing when they are killed
PATIENCE = 15  # seconds in which a child may finish what it does


class Taken(Exception):
    """Another demo runs in this checkout, or another program listens on the port."""


class Child:
    """A running part of the demo with a log of its own."""

    def __init__(self, name: str, command: list[str], *, logs: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  our own programs only
                [sys.executable, *command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop the children in order
                preexec_fn=_prepare_keepless if name in KEEPLESS else _prepare,
            )

    def ended(self) -> bool:
        """Whether it is not running any more."""
        return self.process.poll() is not None

    def stop(self) -> None:
        """Ask it to end, and wait; after a while end it."""
        if self.ended():
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session: its own children only
            self.process.wait()

    def last_words(self, lines: int = 8) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _die_at_once_with_parent() -> None:
    """As `die_with_parent`, for who keeps nothing: on SIGINT beat would wait for a database that is gone by then."""
    die_with_parent()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _prepare() -> None:
    die_with_parent()
    _heed_signals()


def _prepare_keepless() -> None:
    _die_at_once_with_parent()
    _heed_signals()


def _heed_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell may have had them ignored
        signal.signal(number, signal.SIG_DFL)


def hold_lock(path: Path) -> Any:
    """Make sure that we are the only demo in this folder for as long as the returned file is open. Raises Taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise Taken(f"A demo runs in {path.parent} already (process {lock.read().strip() or '?'}).") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def check_port(port: int) -> None:
    """Make sure that nobody listens on our port. Raises Taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Taken(f"Port {port} is taken. Choose another one: make demo PORT={port + 1}") from None
