"""Takes bounces that came as mails: from a Maildir, or one mail from standard input (a pipe of the mail server)."""

import sys
from mailbox import Error as NoMailbox
from mailbox import Maildir, MaildirMessage
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from consent.preferences.queries import subject_of
from contacts.profiles.again import again
from orchestrator.channels.feedback.bounces import take_reports
from orchestrator.channels.feedback.mailed import read_mail
from orchestrator.channels.feedback.reports import MOST_BYTES, Unreadable


class Command(BaseCommand):
    """Read what came back, once each."""

    help = "Takes bounces from a Maildir, or one from standard input; docs/guide/feedback.md says how mail gets there."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say where the mails are."""
        parser.add_argument(
            "maildir", help="folder of a Maildir whose new mails are taken; - is one mail on standard input"
        )

    def handle(self, *args: Any, maildir: str, **options: Any) -> None:
        """Take them; what cannot be read stays, marked as a draft, for somebody to look at."""
        if maildir == "-":
            self._say(_take(sys.stdin.buffer.read(MOST_BYTES + 1)))
            return
        try:
            box = Maildir(maildir, create=False)
            waiting = [key for key, mail in box.iteritems() if mail.get_subdir() == "new"]
        except (OSError, KeyError, NoMailbox) as error:
            raise CommandError(f"{maildir} is no Maildir: {error}") from error
        for key in waiting:
            words = _take(box.get_bytes(key)[: MOST_BYTES + 1])
            done = MaildirMessage(box.get_message(key))
            done.set_subdir("cur")
            done.set_flags("D" if words is None else "S")
            box[key] = (
                done  # after what it says was committed: a crash in between takes it twice, which changes nothing
            )
            self._say(words)

    def _say(self, words: list[str] | None) -> None:
        self.stdout.write("unreadable" if words is None else ", ".join(words) or "no bounce")


def _take(raw: bytes) -> list[str] | None:
    """Heed one mail; None when it cannot be read."""
    try:
        reports = read_mail(raw.decode("utf-8", "replace"), link_touch=_link_touch)
    except Unreadable:
        return None
    return again(lambda: take_reports(reports=reports, now=timezone.now()))


def _link_touch(token: str) -> int | None:
    subject = subject_of(token)
    return subject.touch_id or None if subject else None
