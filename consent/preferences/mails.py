"""Service mails that somebody asked for: written here, sent by orchestrator.channels."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import translation

from consent.preferences.models import ServiceMail
from orchestrator.kernel import doorbell


class Text(NamedTuple):
    """What a service mail says."""

    subject: str
    text: str
    html: str


@transaction.atomic
def ask_service_mail(
    *, kind: str, address: str, language: str, values: Mapping[str, Any], now: datetime, contact_id: int | None = None
) -> int:
    """Have a mail sent to somebody who asked for it. Returns its id.

    kind: names the template, `templates/consent/mails/<kind>.{txt,html}`; values: plain JSON that fills it.
    """
    mail = ServiceMail.objects.create(
        kind=kind,
        contact_id=contact_id,
        address=address,
        language=language,
        values=dict(values),
        created_at=now,
        next_at=now,
    )
    doorbell.ring()
    return int(mail.pk)


def text_of(mail: ServiceMail) -> Text:
    """Fill the templates of a service mail in its language; the subject is the first line of the text.

    Raises TemplateDoesNotExist for a kind that nobody wrote.
    """
    language = mail.language if mail.language in dict(settings.LANGUAGES) else "en"
    name, address = parseaddr(settings.MAIL_FROM)
    values = {
        **mail.values,
        "language": language,
        "sender": name or address,
        "imprint": settings.MAIL_IMPRINT.splitlines(),
        "public_url": settings.PUBLIC_URL,
    }
    with translation.override(language):
        plain = get_template(f"consent/mails/{mail.kind}.txt").template.render(Context(values, autoescape=False))  # type: ignore[attr-defined]  # of Django's own engine
        html = get_template(f"consent/mails/{mail.kind}.html").render(values)
    subject, _, text = plain.strip().partition("\n")
    # whatever could end the header line becomes a space
    return Text(" ".join("".join(c if c.isprintable() else " " for c in subject).split())[:200], text.strip(), html)
