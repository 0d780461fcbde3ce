"""Opens requests of people over their data and carries them out; each step is a line in the log of the request."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from consent.preferences.queries import same_address
from consent.privacy import erasing, links
from consent.privacy.exporting import zip_of
from consent.privacy.log_words import written
from consent.privacy.models import Export, Request
from consent.privacy.queries import OVER, Person, person_of
from consent.privacy.restricting import set_restriction
from consent.privacy.rules import ERASURE, LINK_SECONDS, OBJECTION, due_on
from consent.privacy.telling import By, log_line, mail_person
from consent.purposes.models import Purpose
from consent.records.models import State, Suppression
from consent.records.operations import Choice, record_consents, suppress_address
from contacts.identity.models import Identifier
from contacts.identity.operations import hold_people
from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from orchestrator.kernel import sql
from orchestrator.kernel.faults import fault

NOT_COMMUNICATION = (Purpose.Kind.CONTRACT,)
LATE_FOR = timedelta(days=1)


class NotNow(Exception):
    """The request is over, not confirmed, or of another kind; nothing was written."""


class NobodyThere(Exception):
    """There is no such person any more; nothing was written."""


@transaction.atomic
def open_request(
    *, kind: str, contact_id: int, source: str, text: str, by: By, now: datetime, confirmed: bool = True
) -> int:
    """Put a request into the queue. Returns its id.

    confirmed: False while the mail that confirms it is on its way. Raises NobodyThere.
    """
    who = hold_people(contact_ids=[contact_id]).get(contact_id)
    if who is None:
        raise NobodyThere(contact_id)
    state = Request.State.OPEN if confirmed else Request.State.ASKED
    made = Request.objects.create(
        kind=kind,
        contact_id=who,
        state=state,
        source=source[:30],
        text=text,
        received_at=now,
        due_on=due_on(now.date()),
    )
    log_line(made, written("opened" if confirmed else "asked"), by, now)
    return int(made.pk)


@transaction.atomic
def take_request(*, request_id: int, by: By, now: datetime) -> None:
    """Make somebody responsible for a request. Raises NotNow."""
    request = _open(request_id)
    request.owner, request.state = by, Request.State.RUNNING
    request.save(update_fields=["owner", "state"])
    log_line(request, written("taken"), by, now)


@transaction.atomic
def refuse_request(*, request_id: int, why: str, by: By, now: datetime) -> None:
    """Refuse a request with a reason, which the person has to be told (GDPR Art. 12(4)). Raises NotNow."""
    request = _open(request_id)
    _finish(request, Request.State.REFUSED, {}, written("refused", text=why), by, now)


@transaction.atomic
def note_request(*, request_id: int, text: str, by: By, now: datetime) -> None:
    """Add a line to the log; it must say nothing about the person. Raises NotNow."""
    log_line(_open(request_id), written("note", text=text), by, now)


@transaction.atomic
def carry_out_erasure(*, request_id: int, by: By, now: datetime) -> dict[str, Any]:
    """Erase the person of a request, everywhere and at once. Returns the numbers of rows by table.

    Raises NotNow, NobodyThere, erasing.ImportGoing: nothing was written.
    """
    request, person = _about(request_id, Request.Kind.ERASURE)
    erasing.hold(person)
    return _erase(request, person, by, now)


def _erase(request: Request, person: Person, by: By, now: datetime) -> dict[str, Any]:
    ((running,),) = sql.rows(
        "SELECT count(*) FROM journeys_enrollment WHERE contact_id = ANY (%(ids)s) AND left_at IS NULL",
        person.parameters,
    )
    erasing.take_back(person, now)
    buried = erasing.bury(person, now)
    done = erasing.erase_rows(person, now)
    result = {"tables": done, "journeys_stopped": running, "reason": "erased", "numbers": person.ids}
    request.refresh_from_db()
    words = written("erased", rows=sum(done.values()), tables=len(done), running=running)
    _finish(request, Request.State.DONE, result, words, by, now)
    if settings.TOMBSTONE_FILE:
        lines = [
            json.dumps({"channel": b.channel, "digest": b.digest, "reason": b.reason, "at": now.isoformat()})
            for b in buried
        ]
        transaction.on_commit(lambda: _note_outside(lines))
    return result


def _note_outside(lines: list[str]) -> None:
    with Path(settings.TOMBSTONE_FILE).open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


@transaction.atomic
def erase_contact(*, contact_id: int, why: str, now: datetime) -> bool:
    """Erase somebody whom a rule or a restored backup says to erase; a request is written as the proof.

    Returns False when there is nobody. Raises erasing.ImportGoing.
    """
    person = person_of(contact_id)
    if person is None:
        return False
    erasing.hold(person)
    request = Request.objects.create(
        kind=ERASURE, contact_id=contact_id, source=why[:30], received_at=now, due_on=due_on(now.date())
    )
    _erase(request, person, None, now)
    fault("erase")
    return True


@transaction.atomic
def sweep_late(*, now: datetime) -> int:
    """Delete what was just being written while people of the last day were erased. Returns the rows."""
    results = Request.objects.filter(kind=ERASURE, done_at__gt=now - LATE_FOR).values_list("result", flat=True)
    ids = sorted({number for result in results for number in result.get("numbers", ())})
    return erasing.erase_late(ids) if ids else 0


@transaction.atomic
def carry_out_access(*, request_id: int, send: bool, by: By, now: datetime) -> int:
    """Make the export of a person's data, which can be fetched for 24 hours. Returns its id.

    send: mail the person a link to it. It can be made again, after a request was answered too. Raises NotNow, NobodyThere.
    """
    request = Request.objects.select_for_update().get(pk=request_id)
    if request.kind != Request.Kind.ACCESS or request.state in (Request.State.ASKED, Request.State.REFUSED):
        raise NotNow(request_id)
    person = person_of(request.contact_id) if request.contact_id else None
    if person is None:
        raise NobodyThere(request_id)
    content = zip_of(person, now)
    made = Export.objects.create(
        request=request,
        contact_id=person.contact_id,
        content=content,
        size=len(content),
        made_at=now,
        expires_at=now + timedelta(seconds=LINK_SECONDS),
    )
    mailed = send and bool(person.mail)
    if mailed:
        mail_person(kind="export_ready", person=person, values={"url": links.export_url(made.pk), "hours": 24}, now=now)
    words = written("export_mailed" if mailed else "export", bytes=len(content))
    _finish(request, Request.State.DONE, {"bytes": len(content)}, words, by, now)
    return int(made.pk)


@transaction.atomic
def fetch_export(*, export_id: int, by: By, now: datetime) -> bytes | None:
    """Give the content of an export and write down who fetched it; None when it ran out."""
    found = (
        Export.objects.select_for_update().filter(pk=export_id, expires_at__gt=now).select_related("request").first()
    )
    if found is None:
        return None
    found.fetched_at = now
    found.save(update_fields=["fetched_at"])
    log_line(found.request, written("fetched" if by else "fetched_by_link"), by, now)
    return bytes(found.content)


@transaction.atomic
def carry_out_objection(*, request_id: int, by: By, now: datetime) -> dict[str, Any]:
    """Stop direct marketing for good: every consent of everybody with the address ends, and the address is suppressed.

    Source: GDPR Art. 21(2), (3). Raises NotNow, NobodyThere.
    """
    request, person = _about(request_id, Request.Kind.OBJECTION)
    everybody = sorted({person.contact_id, *same_address(person.contact_id)})
    said = {
        (contact, purpose): granted
        for contact, purpose, granted in State.objects.filter(contact_id__in=everybody).values_list(
            "contact_id", "purpose_id", "granted"
        )
    }
    choices = [
        Choice(
            contact,
            purpose.slug,
            "withdrawn" if said.get((contact, purpose.pk)) else "refused",
            OBJECTION,
            proof={"request": request.pk},
        )
        for contact in everybody
        for purpose in Purpose.objects.exclude(kind__in=NOT_COMMUNICATION)
        if said.get((contact, purpose.pk)) is not False
    ]
    record_consents(choices=choices, now=now)
    if person.mail:
        suppress_address(channel="email", address=person.mail, reason=Suppression.Reason.OBJECTED, now=now)
    result = {"records": len(choices), "people": len(everybody)}
    _finish(request, Request.State.DONE, result, written("objection", **result), by, now)
    return result


@transaction.atomic
def carry_out_restriction(*, request_id: int, on: bool, by: By, now: datetime) -> int:
    """Restrict the use of a person's data, or lift that. Everybody with the address is one person. Returns how many contacts.

    Source: GDPR Art. 18. A request that is done can be lifted later. Raises NotNow, NobodyThere.
    """
    request = Request.objects.select_for_update().get(pk=request_id)
    if request.kind != Request.Kind.RESTRICTION or request.state in (Request.State.ASKED, Request.State.REFUSED):
        raise NotNow(request_id)
    if request.contact_id is None or not Contact.objects.filter(pk=request.contact_id).exists():
        raise NobodyThere(request_id)
    everybody = sorted({request.contact_id, *same_address(request.contact_id)})
    n = set_restriction(contact_ids=everybody, on=on, now=now)
    words = written("restricted" if on else "lifted", people=n)
    _finish(request, Request.State.DONE, {"contacts": n, "restricted": on}, words, by, now)
    return n


@transaction.atomic
def carry_out_rectification(*, request_id: int, fields: Mapping[str, Any], by: By, now: datetime) -> list[str]:
    """Correct the fields of a person. Returns the names of those that changed; the log has them without the values.

    Raises NotNow, NobodyThere, IntegrityError when the external id is somebody else's.
    """
    request, person = _about(request_id, Request.Kind.RECTIFICATION)
    before = Contact.objects.filter(pk=person.contact_id).values(*fields).get()
    changed = {name: value for name, value in fields.items() if (before[name] or "") != value}
    if changed:
        # an address that the person had before, under another name, is theirs again: it is no name from before any more
        Identifier.objects.filter(contact_id=person.contact_id, kind="email", value=changed.get("email", "")).delete()
        corrected: dict[str, Any] = {"contact_id": person.contact_id, **changed}
        upsert_contacts(people=[NewContact(**corrected)], now=now, source="rectification")
    names = sorted(changed)
    words = written("corrected", text=", ".join(names)) if names else written("unchanged")
    _finish(request, Request.State.DONE, {"fields": names}, words, by, now)
    return names


def _open(request_id: int) -> Request:
    request = Request.objects.select_for_update().filter(pk=request_id).first()
    if request is None or request.state in (*OVER, Request.State.ASKED):
        raise NotNow(request_id)
    return request


def _about(request_id: int, kind: str) -> tuple[Request, Person]:
    request = _open(request_id)
    if request.kind != kind:
        raise NotNow(request_id)
    person = person_of(request.contact_id) if request.contact_id else None
    if person is None:
        raise NobodyThere(request_id)
    return request, person


def _finish(request: Request, state: str, result: dict[str, Any], words: str, by: By, now: datetime) -> None:
    request.state, request.result, request.done_at = state, result, now
    request.save(update_fields=["state", "result", "done_at"])
    log_line(request, words, by, now)
