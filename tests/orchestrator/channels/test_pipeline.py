"""A line with pipelining: each mail gets its own answer, and what was not begun has none."""

import smtplib
import socketserver
import threading
import time
from typing import NamedTuple

import pytest

from orchestrator.channels.adapters.pipeline import hand_over
from orchestrator.channels.rules import SENT, understood
from tests.waiting import HUNG

FAR = time.monotonic() + 3600


class Mail(NamedTuple):
    recipient: str
    content: bytes = b"Subject: x\r\n\r\nhello\r\n"
    sender: str = "shop@n.example"


class Server(socketserver.StreamRequestHandler):
    """A mail server with pipelining that does as the address says."""

    lenient = False  # asks for a content though nobody is there to get it
    taken: list = []

    def say(self, words):
        self.wfile.write(words + b"\r\n")

    def handle(self):
        self.say(b"220 here")
        to = b""
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say(b"250-here\r\n250 PIPELINING")
            elif verb == b"RCPT":
                to = line.split(b"<")[1].split(b"@")[0]
                if to == b"nobody":
                    self.say(b"550 5.1.1 no such user")
                    to = b""
                elif to == b"busy":
                    self.say(b"451 later")
                    to = b""
                elif to == b"closing":
                    self.say(b"421 going down")
                    return
                else:
                    self.say(b"250 ok")
            elif verb == b"DATA" and not to and not self.lenient:
                self.say(b"503 nobody to send it to")
            elif verb == b"DATA":
                self.say(b"354 go on")
                content = b""
                while (read := self.rfile.readline()) != b".\r\n":
                    if not read:
                        return  # the client hung up in the middle of a content
                    content += read
                if not to:
                    self.say(b"554 no valid recipients")
                    continue
                Server.taken.append((to.decode(), content))
                if to == b"lost":
                    return
                self.say(b"552 5.2.2 full" if to == b"full" else b"250 taken")
            elif verb == b"QUIT":
                self.say(b"221 bye")
                return
            else:
                self.say(b"250 ok")


@pytest.fixture(params=[False, True], ids=["strict", "lenient"])
def line(request, monkeypatch):
    monkeypatch.setattr(Server, "taken", [])
    monkeypatch.setattr(Server, "lenient", request.param)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with smtplib.SMTP(*server.server_address, timeout=HUNG) as smtp:
            smtp.ehlo()
            yield smtp
            smtp.close()
        server.shutdown()


def go(line, *names, until=FAR):
    refused = lambda code, words, about: understood(code, words.decode(), about_recipient=about)  # noqa: E731
    return hand_over(line, [Mail(f"{name}@p.example") for name in names], until=until, refused=refused)


def taken():
    return [name for name, _ in Server.taken]


def test_hand_over_gives_each_mail_its_answer_and_goes_on(line):
    handed = go(line, "anna", "nobody", "ben", "busy", "full", "cem")
    assert [answer.outcome for answer in handed.answers] == [
        "sent",
        "rejected",
        "sent",
        "unavailable",
        "rejected",
        "sent",
    ]
    assert handed.answers[1].bounced
    assert not handed.answers[4].bounced  # the words of the content are not about the address
    assert not handed.broken
    assert taken() == ["anna", "ben", "full", "cem"]
    assert go(line, "dora").answers == [SENT]  # the line works as before


def test_hand_over_answer_lost_after_the_content_is_unknown_and_the_rest_not_begun(line):
    handed = go(line, "anna", "lost", "ben")
    assert [answer.outcome for answer in handed.answers] == ["sent", "unknown"]
    assert handed.broken
    assert taken() == ["anna", "lost"]


def test_hand_over_server_that_goes_down_leaves_the_mail_to_be_tried_again(line):
    handed = go(line, "anna", "closing", "ben")
    assert [answer.outcome for answer in handed.answers] == ["sent", "unavailable"]
    assert handed.broken
    assert taken() == ["anna"]


def test_hand_over_after_the_time_begins_nothing(line):
    handed = go(line, "anna", "ben", until=time.monotonic() - 1)
    assert handed.answers == []
    assert handed.broken  # an empty mail must not be taken: the line is hung up
    assert taken() == []


def test_hand_over_writes_lines_that_begin_with_a_dot_as_they_are_read(line):
    hand_over(
        line, [Mail("anna@p.example", b"\r\n.a\r\n..\r\nb"), Mail("ben@p.example")], until=FAR, refused=understood
    )
    assert Server.taken[0] == ("anna", b"\r\n..a\r\n...\r\nb\r\n")
    assert taken() == ["anna", "ben"]
