"""E-mail through whatever EMAIL_URL says: one connection for a batch, one answer for a message."""

import re
import secrets
import smtplib
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from types import TracebackType
from typing import NamedTuple, Self

from anymail.backends.base import AnymailBaseBackend
from anymail.backends.base_requests import AnymailRequestsBackend
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from journeys.content.rules import BREAKS, one_line
from orchestrator.channels.adapters import api, batch, pipeline
from orchestrator.channels.adapters.base import Message, Unavailable
from orchestrator.channels.adapters.mime import written
from orchestrator.channels.feedback.mailed import bounce_address
from orchestrator.channels.rules import SENT, Answer, understood
from orchestrator.channels.senders.queries import From
from orchestrator.channels.tokens import token

PLAIN = re.compile(r"[a-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[a-z0-9.-]{1,253}", re.ASCII)  # nothing to encode in it
VISIBLE = re.compile(r"[!-~]+")
BY_DJANGO = ("From", "To", "Subject", "Reply-To", "MIME-Version")  # it writes these itself
KEYS = uuid.UUID("6f1c2f0e-52c2-4e0f-8e0a-1d5a35a8b0d7")  # makes one key of the number of a message
TOGETHER = 25  # as many are in doubt when a worker dies while it hands over


class Prepared(NamedTuple):
    """A mail as SMTP needs it, and what Django's own message is made of for other backends.

    token: the signed name of the message; key: the same for every attempt, other for every mail.
    """

    letter: Message
    headers: Mapping[str, str]
    sender: str
    recipient: str
    content: bytes
    token: str
    key: str

    def as_django(self) -> EmailMultiAlternatives:
        """The same mail for a backend of Django or Anymail."""
        own = {name: value for name, value in self.headers.items() if name not in BY_DJANGO}
        sender = from_of(self.letter)
        message = EmailMultiAlternatives(
            self.headers["Subject"], self.letter.text, sender.line, [self.letter.address], headers=own,
            reply_to=[sender.reply_to] if sender.reply_to else None,
        )  # fmt: skip
        if self.letter.html:
            message.attach_alternative(self.letter.html, "text/html")
        return api.addressed(message, token=self.token, key=self.key) if settings.MAIL_PROVIDER else message


class Sender(NamedTuple):
    """Who a mail is from, as a header has it, as SMTP has it, and the domain."""

    header: str
    address: str
    domain: str


@lru_cache(maxsize=100)
def sender_of(given: str) -> Sender:
    """Read "Name <address>" once. Raises ValueError."""
    header = sanitize_address(given, settings.DEFAULT_CHARSET)
    address = parseaddr(header)[1]
    return Sender(header, address, parseaddr(given)[1].rpartition("@")[2] or "localhost")


def from_of(letter: Message) -> From:
    """Who a mail is from."""
    return letter.sender or From(*parseaddr(settings.MAIL_FROM))


def prepare(letter: Message, *, now: datetime) -> Prepared:
    """Build a mail with its headers. Raises ValueError when one of them cannot be written."""
    given = from_of(letter)
    if wrong := [one for one in (*given[:3], letter.address, letter.unsubscribe) if BREAKS.search(one)]:
        raise ValueError(f"a header would have a second line: {wrong[0]!r}")
    sender = sender_of(given.line)
    recipient = letter.address
    if not PLAIN.fullmatch(recipient):
        recipient = sanitize_address(recipient, settings.DEFAULT_CHARSET)
    if not VISIBLE.fullmatch(recipient):
        raise ValueError("the address cannot stand in a line to a mail server")
    kind = "service" if letter.service else "touch"
    headers = {
        "From": sender.header,
        "To": recipient,
        "Subject": one_line(letter.subject),
        "X-Service-Mail" if letter.service else "X-Touch": str(letter.touch_id),
        "Auto-Submitted": "auto-generated",
    }
    if given.reply_to:
        headers["Reply-To"] = sanitize_address(given.reply_to, settings.DEFAULT_CHARSET)
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    named = token(letter.touch_id, service=letter.service)
    key = str(uuid.uuid5(KEYS, f"{settings.PUBLIC_URL} {kind} {letter.touch_id}"))
    if settings.MAIL_PROVIDER:  # it writes its own Date and Message-ID, and some refuse ours
        return Prepared(letter, headers, sender.address, recipient, b"", named, key)
    headers["Date"] = format_datetime(now)
    headers["Message-ID"] = f"<{kind}-{letter.touch_id}-{now:%Y%m%d%H%M%S}@{sender.domain}>"
    boundary = f"=_{kind}_{letter.touch_id}_{secrets.token_hex(8)}"
    content = written(headers, text=letter.text, html=letter.html, boundary=boundary)
    bounces = settings.MAIL_BOUNCE_DOMAIN
    back = bounce_address(named, bounces) if bounces else sender.address
    return Prepared(letter, headers, back, recipient, content, named, key)


class Outbox:
    """An open line to the mail server. Opening it and opening it again raise Unavailable."""

    def __init__(self) -> None:
        self.backend = get_connection()
        self.broken = False
        self.door = api.Door()

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.broken:
            self._drop()
        else:
            self.backend.close()

    def ready(self) -> None:
        """Have a line that works, before a message is marked as handed over."""
        if self.broken:
            self._drop()
            self._open()
            self.broken = False

    def send(self, mail: Prepared) -> Answer:
        """Hand over one mail and say what the server answered."""
        if isinstance(self.backend, EmailBackend) and self.backend.connection is not None:
            return self._by_smtp(self.backend.connection, mail)
        if isinstance(self.backend, AnymailBaseBackend):
            return api.send(self.backend, self.door, mail.as_django(), mail.key)
        try:
            handed_over = self.backend.send_messages([mail.as_django()])
        except (OSError, smtplib.SMTPException) as error:
            return Answer("unknown", str(error))
        return SENT if handed_over else Answer("unavailable", "the mail backend took nothing")

    def send_all(self, mails: Sequence[Prepared], *, until: float) -> list[Answer]:
        """Hand over mails until one breaks the line or the time is over; what has no answer was not begun."""
        smtp = self.backend.connection if isinstance(self.backend, EmailBackend) else None
        if smtp is not None and len(mails) > 1 and self._pipelines(smtp):
            handed = pipeline.hand_over(smtp, mails, until=until, refused=_pipelined_refusal)
            self.broken = handed.broken
            return handed.answers
        if len(mails) > 1 and (answered := self._together(mails, until)) is not None:
            return answered
        answers: list[Answer] = []
        for mail in mails:
            if self.broken or time.monotonic() > until:
                break
            answers.append(self.send(mail))
        return answers

    def _together(self, mails: Sequence[Prepared], until: float) -> list[Answer] | None:
        how = batch.TOGETHER.get(settings.MAIL_PROVIDER)
        if how is None or not isinstance(self.backend, AnymailRequestsBackend):
            return None
        return batch.send(self.backend, self.door, [mail.as_django() for mail in mails], how, until=until)

    @staticmethod
    def _pipelines(smtp: smtplib.SMTP) -> bool:
        try:
            smtp.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException):  # the first mail finds out, and says so
            return False
        return smtp.has_extn("pipelining")

    def _by_smtp(self, smtp: smtplib.SMTP, mail: Prepared) -> Answer:
        begun = False
        try:
            smtp.ehlo_or_helo_if_needed()
            code, words = smtp.mail(mail.sender)
            if code != 250:
                return self._refused(smtp, code, words, about_recipient=False)
            code, words = smtp.rcpt(mail.recipient)
            if code not in (250, 251):
                return self._refused(smtp, code, words, about_recipient=True)
            begun = True  # from here on a lost answer may mean that the mail is on its way
            code, words = smtp.data(mail.content)
            return SENT if code == 250 else self._refused(smtp, code, words, about_recipient=False)
        except smtplib.SMTPDataError as error:  # the server did not let the content begin
            return self._refused(smtp, error.smtp_code, error.smtp_error, about_recipient=False)
        except (OSError, smtplib.SMTPException) as error:  # SMTPServerDisconnected, time-outs, resets
            self.broken = True
            return Answer("unknown" if begun else "unavailable", str(error))

    def _refused(self, smtp: smtplib.SMTP, code: int, words: bytes | str, *, about_recipient: bool) -> Answer:
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.broken = True
        self.broken |= code == 421  # the server hangs up after this
        return understood(code, said, about_recipient=about_recipient)

    def _open(self) -> None:
        try:
            self.backend.open()
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(str(error)) from error
        if isinstance(self.backend, AnymailBaseBackend):
            self.door = api.opened(self.backend)

    def _drop(self) -> None:
        if isinstance(self.backend, EmailBackend) and self.backend.connection is not None:
            self.backend.connection.close()  # no QUIT: nobody answers
            self.backend.connection = None


def _pipelined_refusal(code: int, words: bytes, about_recipient: bool) -> Answer:
    return understood(code, words.decode("utf-8", "replace"), about_recipient=about_recipient)


class Post:
    """E-mail as a channel."""

    channel = "email"
    kind = "email"
    together = TOGETHER

    @property
    def provider(self) -> str:
        return settings.MAIL_PROVIDER or "smtp"

    def prepare(self, message: Message, *, now: datetime) -> Prepared:
        return prepare(message, now=now)

    def line(self) -> Outbox:
        return Outbox()


COURIER = Post()
