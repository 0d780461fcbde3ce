"""A real mail server on the loopback address that notes what it took, before it says so."""

import threading
import time
from email import message_from_bytes, policy

from tests.chaos.storm.oracle import Mail
from tests.mailserver import MailServer


class Sink:
    """What came in, in order; slow: seconds for each mail."""

    def __init__(self, slow: float = 0.0) -> None:
        self.taken: list[Mail] = []
        self.touches: list[int] = []
        self.slow, self._lock = slow, threading.Lock()
        self._controller = MailServer(self)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def __enter__(self) -> "Sink":
        self._controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server, session, envelope):
        """Take a mail."""
        if self.slow:
            time.sleep(self.slow)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        with self._lock:
            self.taken.append(Mail(str(envelope.rcpt_tos[0]), str(mail["Subject"])))
            self.touches.append(int(mail["X-Touch"]))
        return "250 OK"
