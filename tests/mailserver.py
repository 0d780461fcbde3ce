"""A mail server of tests, on a port that the system gives: one that was free a moment ago may be another process's by now."""

import socket
from typing import Any

from aiosmtpd.controller import Controller

from tests.waiting import HUNG


class MailServer(Controller):
    """Hands what comes in to a handler, as bytes."""

    def __init__(self, handler: Any) -> None:
        self._line = socket.create_server(("127.0.0.1", 0))
        port = self._line.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, ready_timeout=HUNG, decode_data=False)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._line)
