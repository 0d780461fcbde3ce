"""The demo's mailbox over real SMTP, and what visitors make of its mails."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from orchestrator.demo import inbox
from orchestrator.demo.config import ROOT, Config
from orchestrator.demo.shopping import Shopping, unsubscribe_address
from orchestrator.kernel.embedded import free_port
from tests.waiting import HUNG, until

WEB = "http://127.0.0.1:8000"


def letter(number: int = 3) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "hello@nordlicht.example",
        f"anna.birk.{number}@post.example",
        "Grüße",
    )
    message["List-Unsubscribe"] = f"<{WEB}/u/token/>"
    message.set_content("Hallo")
    message.add_alternative(
        f'<a href="{WEB}/c/abc/?a=1&amp;b=2">Shop</a> <a href="{WEB}/u/token/">weg</a>'
        f'<a href="https://elsewhere.example/">x</a> <img alt="" src="{WEB}/o/abc.gif">',
        subtype="html",
    )
    return message


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    port = free_port()
    command = [sys.executable, "-m", "orchestrator.demo.inbox", str(tmp_path / "inbox"), str(port)]
    process = subprocess.Popen(command, cwd=ROOT)

    def up() -> bool:
        assert process.poll() is None, "the inbox ended"
        try:
            socket.create_connection(("127.0.0.1", port), HUNG).close()
        except OSError:
            return False
        return True

    until(up, "the inbox")
    yield tmp_path / "inbox", port
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(HUNG) == 0


def test_inbox_keeps_what_it_accepted(served: tuple[Path, int]) -> None:
    folder, port = served
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(letter(3))
        server.send_message(letter(4))
    names = inbox.names(folder)
    assert len(names) == 2
    newest = inbox.read(folder, names[0])
    assert newest is not None
    assert newest.message["Subject"] == "Grüße"
    assert newest.message["To"] == "anna.birk.4@post.example"
    assert "/c/abc/" in newest.html
    assert newest.text.strip() == "Hallo"


def test_read_with_a_name_that_is_no_mail_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    for name in ("secret", "../secret", "1.eml", ""):
        assert inbox.read(tmp_path / "inbox", name) is None


def test_visitors_only_ask_their_own_web_server(tmp_path: Path) -> None:
    mail = inbox.Mail("x", None, letter())  # type: ignore[arg-type]
    assert unsubscribe_address(mail) == f"{WEB}/u/token/"
    asked = set()
    for run in range(80):
        shopping = Shopping(replace(Config(), visits_per_minute=0.001), run=run, newest=10)
        shopping.read(mail, 0.0)
        asked |= {(act.kind, act.what) for act in shopping.due(100_000) if act.kind in ("get", "unsubscribe")}
    assert ("get", f"{WEB}/o/abc.gif") in asked
    assert ("get", f"{WEB}/c/abc/?a=1&b=2") in asked
    assert {what for kind, what in asked if kind == "get"} <= {f"{WEB}/o/abc.gif", f"{WEB}/c/abc/?a=1&b=2"}


def test_visitors_with_the_same_seed_do_the_same() -> None:
    def acts(run: int) -> list:
        shopping = Shopping(Config(), run=run, newest=50)
        return [(act.kind, act.number, act.what) for act in shopping.due(300)]

    assert acts(1) == acts(1)
    assert acts(1) != acts(2)
    assert {"event", "sign_up"} <= {kind for kind, _, _ in acts(1)}


def test_inbox_keeps_text_messages_apart_from_mails(tmp_path: Path) -> None:
    inbox.keep_text(tmp_path / "texts", to="+447700900001\nCc: x", text="Ihr Paket\nist unterwegs – bis bald")
    (kept,) = inbox.mails(tmp_path / "texts", 5)
    assert str(kept.message["To"]).startswith("+447700900001 Cc: x")
    assert kept.text.strip() == "Ihr Paket\nist unterwegs – bis bald"
    assert kept.message["Cc"] is None
    assert inbox.names(tmp_path) == []
