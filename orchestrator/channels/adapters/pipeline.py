"""Many mails over one SMTP connection with one round trip for each: the content of one goes out with the envelope of the next.

Source: RFC 2920 (the content may be the first thing of a group), RFC 5321.
"""

import re
import smtplib
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from orchestrator.channels.rules import SENT, Answer

DOT = re.compile(rb"(?m)^\.")
Refused = Callable[
    [int, bytes, bool], Answer
]  # what code and words of a refusal mean, and whether it is about the recipient


class Mail(Protocol):
    """What of a mail this needs."""

    @property
    def sender(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def content(self) -> bytes: ...


class Handed(NamedTuple):
    """Answers in order, fewer than the mails where the line broke or time was over. broken: nobody answers on it any more."""

    answers: list[Answer]
    broken: bool


def hand_over(smtp: smtplib.SMTP, mails: Sequence[Mail], *, until: float, refused: Refused) -> Handed:
    """Hand mails over on a line whose server offers PIPELINING; none begins after `until` (by time.monotonic)."""
    answers: list[Answer] = []
    begun = False
    try:
        smtp.send(_envelope(mails[0]))
        for mail, following in zip(mails, (*mails[1:], None), strict=True):
            begun = False
            sender, recipient, go_on = smtp.getreply(), smtp.getreply(), smtp.getreply()
            known = sender[0] == 250 and recipient[0] in (250, 251)
            late = time.monotonic() > until
            taken = known and go_on[0] == 354 and not late
            after = b"" if following is None or late else _envelope(following)
            if taken:
                begun = True
                smtp.send(_dotted(mail.content) + after)
            elif go_on[0] == 354:  # a content was asked for that must not be there: RFC 2920 3.1
                if late and known:  # an empty mail would be delivered; only hanging up stops it
                    return Handed(answers, True)
                smtp.send(b".\r\n" + after)
            else:
                smtp.send(b"RSET\r\n" + after)
            over = smtp.getreply()
            begun = False
            if late:
                return Handed(answers, over[0] == 421)
            answers.append(_answer(refused, sender, recipient, go_on, over, taken=taken))
            if 421 in (sender[0], recipient[0], go_on[0], over[0]):  # the server hangs up after this
                return Handed(answers, True)
    except (OSError, smtplib.SMTPException) as error:  # SMTPServerDisconnected, time-outs, resets
        # after the content has gone a lost answer may mean that the mail is on its way
        return Handed([*answers, Answer("unknown" if begun else "unavailable", str(error))], True)
    return Handed(answers, False)


def _answer(
    refused: Refused,
    sender: tuple[int, bytes],
    recipient: tuple[int, bytes],
    go_on: tuple[int, bytes],
    over: tuple[int, bytes],
    *,
    taken: bool,
) -> Answer:
    if taken:
        return SENT if over[0] == 250 else refused(*over, False)
    if sender[0] != 250:
        return refused(*sender, False)
    return refused(*recipient, True) if recipient[0] not in (250, 251) else refused(*go_on, False)


def _envelope(mail: Mail) -> bytes:
    return f"MAIL FROM:<{mail.sender}>\r\nRCPT TO:<{mail.recipient}>\r\nDATA\r\n".encode("ascii")


def _dotted(content: bytes) -> bytes:
    return DOT.sub(b"..", content) + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
