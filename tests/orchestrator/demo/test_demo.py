"""The demo as a person starts it: everything comes up, a mail arrives, Ctrl-C leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from orchestrator.demo import inbox
from orchestrator.demo.config import ROOT
from orchestrator.kernel.embedded import free_port
from tests.waiting import HUNG, until

OWN = ("DATABASE_URL", "BROKER_URL", "EMAIL_URL", "PGHOST", "SECRET_KEY", "PUBLIC_URL")


def environment(folder: Path, port: int) -> dict[str, str]:
    """A small company in a folder of its own, with busy visitors."""
    usual = {name: value for name, value in os.environ.items() if name not in OWN}
    small = {"DEMO_CONTACTS": "80", "DEMO_COMPANIES": "6", "DEMO_HISTORY_DAYS": "60", "DEMO_LIVED_DAYS": "1"}
    return {**usual, **small, "DEMO_VISITS": "200", "DEMO_DIR": str(folder), "PORT": str(port)}


def start(given: dict[str, str], log: Path) -> subprocess.Popen:
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestrator.demo"], cwd=ROOT, env=given, stdout=out, stderr=out
        )


def wait_for(what: str, found, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + HUNG
    while not found():
        assert process.poll() is None, f"the demo ended: {log.read_text()}"
        assert time.monotonic() < end, f"{what} did not come within {HUNG:.0f} s: {log.read_text()}"
        time.sleep(0.2)


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return json.load(answer)["ok"]
    except OSError:
        return False


def children(folder: Path) -> list[str]:
    """Processes that name the demo's folder in their command or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(process.name) != os.getpid() and str(folder).encode() in (
                (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            ):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # it has just ended
            continue
    return found


def broker(folder: Path) -> Redis:
    """The broker of the demo: its children have the address in their environment."""
    said = b"redis+socket://"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            given = (process / "environ").read_bytes().split(b"\0")
        except OSError:  # it has just ended
            continue
        for name, _, value in (one.partition(b"=") for one in given):
            if name == b"BROKER_URL" and value.startswith(said) and str(folder).encode() in b"".join(given):
                return Redis(unix_socket_path=value.removeprefix(said).partition(b"?")[0].decode())
    raise AssertionError(f"no child of {folder} has a broker")


def post_account(port: int, key: str, address: str) -> int:
    body = {"name": "account_created", "contact": {"email": address}, "message_id": address}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/events", json.dumps(body).encode(), headers, method="POST"
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.status


def written_to(folder: Path) -> set[str]:
    """Who has got a mail."""
    return {str(mail.message["To"]) for mail in inbox.mails(folder / "inbox", 1_000)}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen, Path, int]]:
    folder, port = tmp_path / "var", free_port()
    log = tmp_path / "demo.log"
    process = start(environment(folder, port), log)
    try:
        wait_for("health", lambda: healthy(port), process, log)
        yield process, folder, port
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(HUNG)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for children in /proc")
def test_demo_comes_up_sends_mail_though_its_broker_is_flushed_and_leaves_nothing_behind(
    demo: tuple[subprocess.Popen, Path, int],
) -> None:
    process, folder, port = demo
    log = folder.parent / "demo.log"
    wait_for("a mail", lambda: inbox.names(folder / "inbox"), process, log)
    mail = next(inbox.mails(folder / "inbox", 1))
    assert str(mail.message["To"]).endswith(".example")
    assert mail.html
    wait_for("the greeting", lambda: "nordlicht-marketer" in log.read_text(), process, log)
    key = (folder / "demo-api-key").read_text()
    assert key in log.read_text()
    people = {f"flush-{n}@people.example" for n in range(20)}
    with broker(folder) as store:
        for address in sorted(people):  # A6: what the broker held is gone each time; it was only ever a doorbell
            assert post_account(port, key.strip(), address) == 202
            store.flushall()
    wait_for("everybody's mail", lambda: people <= written_to(folder), process, log)
    second = start(environment(folder, free_port()), folder.parent / "second.log")
    assert second.wait(HUNG) == 1
    assert "already" in (folder.parent / "second.log").read_text()
    process.send_signal(signal.SIGINT)
    assert process.wait(HUNG) == 0
    until(lambda: not children(folder), "an end of all that the demo started")
    assert not healthy(port)


def test_demo_with_its_port_taken_says_so(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(environment(tmp_path / "var", port), tmp_path / "demo.log")
        assert process.wait(HUNG) == 1
    assert f"Port {port} is taken" in (tmp_path / "demo.log").read_text()
    assert not (tmp_path / "var" / "pg").exists()
