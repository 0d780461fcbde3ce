"""Finds records by person, purpose, decision, source, wording and time, and tells what proves each."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat

from consent.purposes.models import Wording
from consent.records.models import Record
from contacts.profiles.models import Contact

PAGE_SIZE = 50
PEOPLE = 500  # of whom a search by words shows records
PORTION = 1_000  # records of an export that are read at once


class Wanted(NamedTuple):
    """What somebody looks for; empty: everything. since, until: half open, of the time at which it was said."""

    words: str = ""
    contact_id: int | None = None
    purpose: str = ""
    decision: str = ""
    source: str = ""
    wording: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Proof(NamedTuple):
    """One record with everything that proves it. contact is None when the person was erased.

    text, text_digest: of the wording, empty when the name is of a text that is kept elsewhere.
    """

    record: Record
    contact: Contact | None
    text: str
    text_digest: str


def found_records(wanted: Wanted) -> QuerySet[Record]:
    """Find records, the newest first."""
    found = Record.objects.select_related("purpose").order_by("-pk")
    if wanted.contact_id is not None:
        found = found.filter(contact_id=wanted.contact_id)
    if wanted.words:
        found = found.filter(contact_id__in=_people(wanted.words))
    same = {"purpose__slug": wanted.purpose, "decision": wanted.decision, "source": wanted.source}
    found = found.filter(**{name: value for name, value in same.items() if value})
    if wanted.wording:  # one version, or every version of a purpose or language
        found = found.filter(Q(wording=wanted.wording) | Q(wording__startswith=f"{wanted.wording}/"))
    if wanted.since:
        found = found.filter(at__gte=wanted.since)
    return found.filter(at__lt=wanted.until) if wanted.until else found


def _people(words: str) -> list[int]:
    """People by address, id or the beginning of the name; by our own id, too, of whom only records are left."""
    named = Contact.objects.annotate(full=Concat("first_name", Value(" "), "last_name"))
    wanted = (
        Q(email=words.lower()) | Q(external_id=words) | Q(last_name__istartswith=words) | Q(full__istartswith=words)
    )
    ids = list(named.filter(wanted).order_by("pk").values_list("pk", flat=True)[:PEOPLE])
    return [*ids, int(words)] if words.isascii() and words.isdigit() and len(words) < 19 else ids


def page(wanted: Wanted, *, before: int | None = None) -> tuple[list[Proof], int | None]:
    """Read one page by key, records with a smaller id than before; four statements. Also gives where the next begins."""
    found = found_records(wanted)
    rows = list((found.filter(pk__lt=before) if before else found)[: PAGE_SIZE + 1])
    return proofs_of(rows[:PAGE_SIZE]), rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None


def every_proof(wanted: Wanted) -> Iterator[Proof]:
    """Read all that was found, the newest first, a portion at a time."""
    found, before = found_records(wanted), None
    while rows := list((found.filter(pk__lt=before) if before else found)[:PORTION]):
        yield from proofs_of(rows)
        before = rows[-1].pk


def proofs_of(records: Sequence[Record]) -> list[Proof]:
    """Put people and texts beside records; two statements."""
    people = Contact.objects.in_bulk({one.contact_id for one in records})
    texts = _texts({one.wording for one in records})
    proofs = []
    for one in records:
        text, digest = texts.get(one.wording, ("", ""))
        proofs.append(Proof(one, people.get(one.contact_id), text, digest))
    return proofs


def _texts(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    slugs = {name.partition("/")[0] for name in names if "/" in name}
    if not slugs:
        return {}
    wordings = Wording.objects.filter(purpose__slug__in=slugs).select_related("purpose")
    return {one.name: (one.text, one.digest) for one in wordings}


def method_of(record: Record) -> str:
    """How a record was confirmed: as its proof says, else by what it holds; a key of METHODS."""
    proof = record.proof
    if isinstance(proof.get("method"), str):
        return str(proof["method"])
    if record.decision == Record.Decision.EXISTING:
        return "sale"
    for key, method in (
        ("import", "import"),
        ("undone", "import"),
        ("merge", "merge"),
        ("touch", "link"),
        ("erased", "erased"),
    ):
        if key in proof:
            return method
    return "statement"


METHODS = {
    "double_opt_in": {"en": "double opt-in", "de": "Double-Opt-in"},
    "sale": {"en": "sale (§ 7(3) UWG)", "de": "Verkauf (§ 7 Abs. 3 UWG)"},
    "import": {"en": "import with proof", "de": "Import mit Nachweis"},
    "merge": {"en": "merge of two people", "de": "Zusammenführung zweier Personen"},
    "link": {"en": "link in a message", "de": "Link in einer Nachricht"},
    "erased": {"en": "proof erased by law", "de": "Nachweis gesetzlich gelöscht"},
    "api": {"en": "API", "de": "API"},
    "staff": {"en": "noted by a colleague", "de": "von einer Kollegin oder einem Kollegen notiert"},
    "statement": {"en": "own statement", "de": "eigene Erklärung"},
}


COLUMNS = (
    "record", "contact", "email", "purpose", "decision", "at", "source", "method", "wording", "text", "text_digest",
    "form_url", "requested_at", "confirmed_at", "mail", "ip", "proof_digest", "previous", "digest", "proof",
)  # fmt: skip


def as_row(one: Proof) -> dict[str, Any]:
    """Write a proof out as plain values: what was agreed to, where, when it was asked for and confirmed, and by which mail.

    ip is there only where a form was told to keep it.
    """
    record, proof = one.record, one.record.proof
    return {
        "record": record.pk,
        "contact": record.contact_id,
        "email": one.contact.email if one.contact else "",
        "purpose": record.purpose.slug,
        "decision": record.decision,
        "at": record.at.isoformat(),
        "source": record.source,
        "method": method_of(record),
        "wording": record.wording,
        "text": one.text,
        "text_digest": one.text_digest or proof.get("digest", ""),
        "form_url": proof.get("url", ""),
        "requested_at": proof.get("requested_at", ""),
        "confirmed_at": proof.get("confirmed_at", ""),
        "mail": proof.get("mail") or "",
        "ip": proof.get("ip", ""),
        "proof_digest": record.proof_digest,
        "previous": record.previous,
        "digest": record.digest,
        "proof": proof,
    }
