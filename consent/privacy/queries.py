"""Reads of requests, of who belongs to whom, and of what is due."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Case, F, QuerySet, Value, When

from consent.preferences.queries import same_address
from consent.privacy import paths
from consent.privacy.classification import of_people
from consent.privacy.models import Export, Request, Tombstone
from consent.privacy.rules import ERASED, MOST_ASKED, PERSON, digest_of
from contacts.identity.models import Identifier, Merge
from contacts.profiles.models import Contact
from orchestrator.kernel import sql

OVER = (Request.State.DONE, Request.State.REFUSED)
PAGE_SIZE = 50


class Person(NamedTuple):
    """Somebody, with those who were merged into them. addresses: the present, former and merged ones, in lower case."""

    contact_id: int
    ids: list[int]
    addresses: list[str]
    mail: str
    language: str

    @property
    def parameters(self) -> dict[str, Any]:
        """The two arrays that paths.condition takes."""
        return {"ids": self.ids, "addresses": self.addresses}


def person_of(contact_id: int) -> Person | None:
    """Gather who belongs to a contact; None when there is no such contact."""
    contact = Contact.objects.filter(pk=contact_id).values_list("email", "language").first()
    if contact is None:
        return None
    merged = list(Merge.objects.filter(survivor_id=contact_id, undone_at=None).values_list("loser_id", "loser"))
    former = Identifier.objects.filter(contact_id=contact_id, kind="email").values_list("value", flat=True)
    known = [contact[0], *former, *(loser.get("email") or "" for _, loser in merged)]
    # a former address that is somebody else's now is no longer about this person
    addresses = {address.strip().lower() for address in known if address}
    taken = Contact.objects.filter(email__in=addresses - {contact[0].lower()}).exclude(pk=contact_id)
    addresses -= {address.lower() for address in taken.values_list("email", flat=True)}
    ids = sorted({contact_id, *(loser_id for loser_id, _ in merged)})
    return Person(contact_id, ids, sorted(addresses), contact[0], contact[1])


def twins_of(contact_id: int) -> QuerySet[Contact]:
    """The other contacts with the same e-mail address."""
    return Contact.objects.filter(pk__in=same_address(contact_id) - {contact_id}).order_by("pk")


def tombstone_key() -> bytes:
    """The key of the digests of addresses."""
    return str(settings.TOMBSTONE_KEY).encode()


def tombstones(addresses: list[str]) -> dict[str, Tombstone]:
    """Find what is known of addresses that were erased, by address in lower case; one statement."""
    digests = {digest_of(address, tombstone_key()): address.strip().lower() for address in addresses if address}
    found = Tombstone.objects.filter(digest__in=list(digests)).exclude(channel=PERSON) if digests else ()
    return {digests[one.digest]: one for one in found}


def stays_silent(tombstone: Tombstone) -> bool:
    """Whether the address was suppressed when its person was erased."""
    return tombstone.reason != ERASED


def requests(*, state: str = "open", kind: str = "") -> QuerySet[Request]:
    """List requests: the open ones by due date, those that are over by when they ended, those not yet confirmed."""
    found = Request.objects.select_related("contact", "owner")
    if kind:
        found = found.filter(kind=kind)
    if state == "over":
        return found.filter(state__in=OVER).order_by(F("done_at").desc(nulls_last=True), "-pk")
    if state == "asked":
        return found.filter(state=Request.State.ASKED).order_by("-pk")
    first = Case(When(state=Request.State.RUNNING, then=Value(0)), default=Value(1))
    return found.exclude(state__in=(*OVER, Request.State.ASKED)).order_by("due_on", first, "pk")


def counts(today: date) -> dict[str, int]:
    """How many requests are open, overdue, and wait for their confirmation; one statement."""
    text = (
        "SELECT count(*) FILTER (WHERE state IN ('open', 'running')), count(*) FILTER (WHERE state IN ('open', 'running')"
        " AND due_on < %(today)s), count(*) FILTER (WHERE state = 'asked') FROM consent_request"
        " WHERE state NOT IN ('done', 'refused')"
    )
    ((still_open, overdue, asked),) = sql.rows(text, {"today": today})
    return {"open": still_open, "overdue": overdue, "asked": asked}


def asked_enough(contact_id: int, now: datetime) -> bool:
    """Whether so many mails to confirm a request went to a person within a day that no more follow."""
    recent = Request.objects.filter(contact_id=contact_id, source="page", received_at__gt=now - timedelta(days=1))
    return recent.count() >= MOST_ASKED


def fetchable(export_id: int, now: datetime) -> Export | None:
    """An export that can still be fetched."""
    return Export.objects.filter(pk=export_id, expires_at__gt=now).select_related("request").first()


def rows_about(person: Person) -> dict[str, int]:
    """Count the rows of every table about somebody, in one statement."""
    parts = [
        f"SELECT '{table.name}', count(*) FROM {sql.identifier(table.name)} t WHERE {paths.condition(table)}"
        for table in of_people()
    ]
    return {name: n for name, n in sql.rows(" UNION ALL ".join(parts), person.parameters) if n}
