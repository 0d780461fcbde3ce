"""What people ask for themselves, by a link from a mail: it counts when they confirm it from their own mailbox."""

from datetime import datetime

from django.db import transaction

from consent.privacy import links
from consent.privacy.log_words import written
from consent.privacy.models import Request
from consent.privacy.operations import carry_out_access, carry_out_objection, open_request
from consent.privacy.queries import person_of
from consent.privacy.telling import log_line, mail_person


@transaction.atomic
def ask(*, kind: str, contact_id: int, text: str, now: datetime) -> int | None:
    """Write down that somebody with a link from a mail asks for something, and mail their own address to confirm it.

    Returns the id of the request, which counts only when it is confirmed; None when there is no address to ask.
    """
    person = person_of(contact_id)
    if person is None or not person.mail:
        return None
    made = open_request(
        kind=kind, contact_id=person.contact_id, source="page", text=text, by=None, now=now, confirmed=False
    )
    values = {"url": links.confirm_url(made), "hours": 24, "right": kind}
    mail_person(kind="confirm_request", person=person, values=values, now=now)
    return made


@transaction.atomic
def confirm(*, request_id: int, now: datetime) -> Request | None:
    """Make a request real that somebody confirmed by the link in the mail. Confirming twice changes nothing.

    What needs nobody's judgement is carried out at once: the export, and an objection to marketing. Returns None when there
    is no such request or person any more.
    """
    request = Request.objects.select_for_update().filter(pk=request_id).exclude(contact=None).first()
    if request is None or request.state != Request.State.ASKED:
        return request
    request.state = Request.State.OPEN
    request.save(update_fields=["state"])
    log_line(request, written("confirmed"), None, now)
    if request.kind == Request.Kind.ACCESS:
        carry_out_access(request_id=request.pk, send=True, by=None, now=now)
    elif request.kind == Request.Kind.OBJECTION:
        carry_out_objection(request_id=request.pk, by=None, now=now)
    return request
