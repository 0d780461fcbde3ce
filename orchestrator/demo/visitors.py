"""The live visitors: they come through the real HTTP API, read the inbox, and click over real HTTP; and somebody of sales."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.contrib.auth.models import User

from consent.records.operations import Choice, record_consents
from orchestrator.demo import inbox
from orchestrator.demo.config import Config
from orchestrator.demo.logins import SALES_PERSON
from orchestrator.demo.sales import SalesDesk
from orchestrator.demo.shopping import Act, Shopping

AGENT = "Mozilla/5.0 (visitor of the demo shop)"
LOOK_EVERY = 0.25  # seconds; at most one act each, so at most four a second
WAIT_FOR_WEB = 2.0
log = structlog.get_logger(__name__)


class Refused(Exception):
    """The API does not take what a visitor did; the message holds its answer."""


class Visitors:
    """Does what the shopping plan says, for as long as the demo runs."""

    def __init__(self, config: Config, *, key: str, run: int, newest: int, now: Callable[[], datetime]) -> None:
        self.config = config
        self.key = key
        self.run = run
        self.now = now
        self.shopping = Shopping(config, run=run, newest=newest)
        self.desk = SalesDesk(seed=config.seed, owner=User.objects.get(username=SALES_PERSON))
        self._read = set(inbox.names(config.inbox))
        self._sent = 0

    def live(self, stop: threading.Event) -> None:
        """Visit until stopped; wait while the web server is away."""
        begun = time.monotonic()
        while not stop.is_set():
            clock = time.monotonic() - begun
            self._look_into_inbox(clock)
            for act in self.shopping.due(clock):
                while not stop.is_set():
                    try:
                        self.do(act)
                        break
                    except OSError as problem:
                        log.info("web is away", problem=str(problem))
                        stop.wait(WAIT_FOR_WEB)
                stop.wait(LOOK_EVERY)
                if stop.is_set():
                    break
            stop.wait(LOOK_EVERY)

    def do(self, act: Act) -> None:
        """Do one thing. Raises OSError (the web is away), Refused."""
        who = {"external_id": f"NL-{act.number:05d}"}
        if act.kind == "event":
            name, properties = act.what
            self._event(who, name, properties)
        elif act.kind == "sign_up":
            self._sign_up(act.number, who)
        elif act.kind == "get":
            self._ask("GET", act.what)
        elif act.kind == "sales":
            self.desk.look(now=self.now())
        elif act.kind == "unsubscribe":
            body = b"List-Unsubscribe=One-Click"
            self._ask("POST", act.what, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def _sign_up(self, number: int, who: dict[str, str]) -> None:
        """Open an account. Consents come from the shop's own form: the API has no door for them yet."""
        person = self.shopping.person(number)
        self._api("contacts", {**person.said, **who})
        known = self._api("contacts", who)
        contact_id = int(known["items"][0]["id"])
        language = person.said["language"]
        choices = [
            Choice(contact_id, purpose, "granted" if granted else "refused", "sign-up form", f"{purpose}/{language}/1")
            for purpose, granted in person.consents.items()
        ]
        record_consents(choices=choices, now=self.now())
        self._event(who, "account_created", {"channel": "shop"})

    def _event(self, who: dict[str, str], name: str, properties: dict[str, Any]) -> None:
        self._sent += 1
        message_id = f"v{self.run}-{self._sent}"
        self._api("events", {"name": name, "contact": who, "properties": properties, "message_id": message_id})

    def _api(self, door: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        status, answer = self._ask("POST", f"{self.config.web}/api/v1/{door}", json.dumps(body).encode(), headers)
        if status >= 500:
            raise ConnectionError(f"{door}: {status}")
        if status != 202:
            raise Refused(f"{door}: {status} {answer[:500]!r}")
        return json.loads(answer)

    def _ask(
        self, method: str, address: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Ask our own web server; redirects are not followed."""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection("127.0.0.1", self.config.port, timeout=20)
        try:
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request(method, path, body, {"User-Agent": AGENT, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _look_into_inbox(self, clock: float) -> None:
        for name in reversed(inbox.names(self.config.inbox)):
            if name not in self._read:
                self._read.add(name)
                mail = inbox.read(self.config.inbox, name)
                if mail:
                    self.shopping.read(mail, clock)
