"""E-mail through whatever EMAIL_URL says: one connection for a batch, one answer for a message."""

import smtplib
from datetime import datetime
from email.generator import BytesGenerator
from email.utils import format_datetime, parseaddr
from io import BytesIO
from types import TracebackType
from typing import NamedTuple, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from orchestrator.channels.rules import SENT, Answer, understood


class Letter(NamedTuple):
    """One mail. unsubscribe: the address for it, empty in service messages."""

    touch_id: int
    address: str
    subject: str
    html: str
    text: str
    unsubscribe: str


class Prepared(NamedTuple):
    """A mail as Django's message, and as what SMTP needs of it."""

    message: EmailMultiAlternatives
    sender: str
    recipient: str
    content: bytes


class Unavailable(Exception):
    """The mail server cannot be reached; nothing was handed over."""


def prepare(letter: Letter, *, now: datetime) -> Prepared:
    """Build a mail with its headers. Raises ValueError when one of them cannot be written."""
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2] or "localhost"
    headers = {
        "Date": format_datetime(now),
        "Message-ID": f"<touch-{letter.touch_id}-{now:%Y%m%d%H%M%S}@{domain}>",
        "X-Touch": str(letter.touch_id),
        "Auto-Submitted": "auto-generated",
    }
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = EmailMultiAlternatives(letter.subject, letter.text, settings.MAIL_FROM, [letter.address], headers=headers)
    message.attach_alternative(letter.html, "text/html")
    encoding = settings.DEFAULT_CHARSET
    return Prepared(
        message,
        parseaddr(sanitize_address(settings.MAIL_FROM, encoding))[1],
        sanitize_address(letter.address, encoding),
        _bytes(message),
    )


def _bytes(message: EmailMultiAlternatives) -> bytes:
    """Write a mail with each header on one line: a folded List-Unsubscribe is not understood everywhere."""
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, maxheaderlen=900).flatten(message.message(), linesep="\r\n")
    return out.getvalue()


class Outbox:
    """An open line to the mail server. Opening it and opening it again raise Unavailable."""

    def __init__(self) -> None:
        self.backend = get_connection()
        self.broken = False

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
        try:
            handed_over = self.backend.send_messages([mail.message])
        except (OSError, smtplib.SMTPException) as error:
            return Answer("unknown", str(error))
        return SENT if handed_over else Answer("unavailable", "the mail backend took nothing")

    def _by_smtp(self, smtp: smtplib.SMTP, mail: Prepared) -> Answer:
        begun = False
        try:
            smtp.ehlo_or_helo_if_needed()
            options = ["body=8bitmime"] if smtp.has_extn("8bitmime") and not mail.content.isascii() else []
            code, words = smtp.mail(mail.sender, options)
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

    def _drop(self) -> None:
        if isinstance(self.backend, EmailBackend) and self.backend.connection is not None:
            self.backend.connection.close()  # no QUIT: nobody answers
            self.backend.connection = None
