"""What is told about a request: a line in its log, a mail to the person."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from consent.preferences.mails import ask_service_mail
from consent.privacy.models import Request, RequestLog
from consent.privacy.queries import Person

By = User | None


def mail_person(*, kind: str, person: Person, values: dict[str, Any], now: datetime) -> None:
    """Have a service mail written to somebody's own address."""
    ask_service_mail(
        kind=kind, address=person.mail, language=person.language, values=values, now=now, contact_id=person.contact_id
    )


def log_line(request: Request, what: str, by: By, now: datetime) -> None:
    """Write a line of the log; see log_words.written."""
    RequestLog.objects.create(request=request, what=what, by=by, at=now)
