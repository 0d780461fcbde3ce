"""From an event posted over HTTP to its mail accepted by the mail server, in the running demo: median and 99th percentile."""

import asyncio
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from orchestrator.kernel.embedded import free_port
from tests.bench.sink import Session

EVENTS = 200
EVERY = 0.1
RATE, SECONDS = 200, 8  # the journey of the demo lets 2,000 people in a day
ROOT = Path(__file__).resolve().parent.parent.parent
SMALL = {
    "DEMO_CONTACTS": "300",
    "DEMO_COMPANIES": "10",
    "DEMO_HISTORY_DAYS": "60",
    "DEMO_LIVED_DAYS": "3",
    "DEMO_VISITS": "0.001",
}


class Inbox:
    """A mail server in a thread that notes when it accepted a mail for whom."""

    def __init__(self):
        self.port, self.loop = free_port(), asyncio.new_event_loop()
        self.loop.run_until_complete(self.loop.create_server(Session, "127.0.0.1", self.port))
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    @property
    def accepted(self) -> dict[str, float]:
        return {address.decode(): at for address, at in Session.accepted.copy().items()}

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)


def run(report: Callable[..., None]) -> None:
    """Start the demo, create 200 accounts, one every 0.1 s, and wait for their welcome mails."""
    inbox, port = Inbox(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="bench-mail-"))
    folder.chmod(0o755)
    without = ("PGHOST", "DATABASE_URL", "BROKER_URL", "DJANGO_SETTINGS_MODULE")
    environment = {k: v for k, v in os.environ.items() if k not in without} | SMALL
    environment |= {"DEMO_DIR": str(folder), "PORT": str(port), "EMAIL_URL": f"smtp://127.0.0.1:{inbox.port}"}
    with (folder / "demo.log").open("w") as log:
        demo = subprocess.Popen(
            [sys.executable, "-m", "orchestrator.demo"], env=environment, cwd=ROOT, stdout=log, stderr=log
        )
    try:
        _wait_until_alive(demo, port, folder)
        key = (folder / "demo-api-key").read_text().strip()
        _spans(inbox, _post(port, key, 5))  # a worker that has not begun yet is not idle
        spans, baseline = _spans(inbox, _post(port, key, EVENTS))
        report(
            case="event posted to mail accepted, median",
            figure=statistics.median(spans),
            unit="ms",
            baseline=baseline,
            ratio=None,
        )
        report(
            case="event posted to mail accepted, 99th",
            figure=spans[int(len(spans) * 0.99) - 1],
            unit="ms",
            baseline="wanted 67 / 107",
            ratio=None,
        )
        spans, baseline = _spans(inbox, _post_much(port, key))
        report(
            case=f"the same at {RATE} events a second for {SECONDS} s, 95th (wanted 1,000)",
            figure=spans[int(len(spans) * 0.95) - 1],
            unit="ms",
            baseline=f"{baseline}, median {statistics.median(spans):.0f}",
            ratio=None,
        )
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)
        inbox.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _spans(inbox: Inbox, posted: dict[str, float]) -> tuple[list[float], str]:
    """How long each mail took, in ms, and how many there were."""
    _wait_for(lambda: posted.keys() <= inbox.accepted.keys(), 60)
    accepted = inbox.accepted
    spans = sorted((accepted[address] - at) * 1000 for address, at in posted.items() if address in accepted)
    return spans, f"{len(spans)} of {len(posted)} mails, {len(posted) - len(spans)} missing"


def _post_much(port: int, key: str) -> dict[str, float]:
    """Post batches, so that RATE people a second create an account."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    posted: dict[str, float] = {}
    begin = time.perf_counter()
    size = int(RATE * EVERY)
    for n in range(int(SECONDS / EVERY)):
        time.sleep(max(0.0, begin + n * EVERY - time.perf_counter()))
        people = [f"load-{n}-{m}-{uuid.uuid4().hex[:8]}@people.example" for m in range(size)]
        events = [
            {"name": "account_created", "contact": {"email": one}, "message_id": uuid.uuid4().hex} for one in people
        ]
        posted |= dict.fromkeys(people, time.perf_counter())
        status, answer = _request(port, "POST", "/api/v1/events", json.dumps({"batch": events}), headers)
        if status != 202:
            raise SystemExit(f"{status}: {answer[:500]}")
    return posted


def _wait_until_alive(demo: subprocess.Popen, port: int, folder: Path) -> None:
    def alive() -> bool:
        if demo.poll() is not None:
            raise SystemExit((folder / "demo.log").read_text())
        try:
            return _request(port, "GET", "/healthz")[0] == 200
        except OSError:
            return False

    _wait_for(alive, 240)
    time.sleep(5)  # the first beats are over


def _post(port: int, key: str, events: int) -> dict[str, float]:
    """Post the events on one connection; returns when each was posted, by address."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    posted: dict[str, float] = {}
    begin = time.perf_counter()
    for n in range(events):
        time.sleep(max(0.0, begin + n * EVERY - time.perf_counter()))
        address = f"bench-{n}-{uuid.uuid4().hex[:8]}@people.example"
        body = json.dumps({"name": "account_created", "contact": {"email": address}, "message_id": uuid.uuid4().hex})
        posted[address] = time.perf_counter()
        status, answer = _request(port, "POST", "/api/v1/events", body, headers)
        if status != 202:
            raise SystemExit(f"{status}: {answer[:500]}")
    return posted


def _request(
    port: int, method: str, path: str, body: str | None = None, headers: dict | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _wait_for(done: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)
