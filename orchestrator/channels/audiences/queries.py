"""Reads of audiences: who is in the sources, what stands against whom, what is to be done, lists for pages."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet

from consent.purposes.models import Purpose
from consent.records.permission import allowed
from contacts.conditions.registry import CONTACT
from contacts.profiles.models import Contact
from contacts.segments.models import SegmentMember
from orchestrator.channels.audiences.models import Audience, AudienceRun
from orchestrator.channels.audiences.rules import HASHED, cell
from orchestrator.kernel import sql

JUDGED = "pg_temp.audience_judged"
JUDGE = "orchestrator/channels/audiences/sql/judge.sql"
NOBODY = sql.Part("SELECT NULL::bigint WHERE false", ())


class Counts(NamedTuple):
    """How many are in, on their way in, on their way out."""

    inside: int
    adding: int
    removing: int


def fits(purpose: Purpose) -> bool:
    """Whether a purpose is one for third parties and not for a channel: nothing else lets people be handed over."""
    return purpose.kind == Purpose.Kind.THIRD_PARTY and purpose.active and not purpose.channel


def purposes() -> QuerySet[Purpose]:
    """The purposes under which people may be handed over."""
    return Purpose.objects.filter(kind=Purpose.Kind.THIRD_PARTY, active=True, channel="")


def judged(audience: Audience) -> sql.Part:
    """Everybody in the sources with what stands against them and their hashes, as a part of a statement."""
    ids = [one for one in (audience.segment_id, audience.people_id) if one]
    source = SegmentMember.objects.filter(segment_id__in=ids).order_by().values("contact_id").distinct()
    purpose = audience.purpose
    people = Contact.objects.filter(pk__in=source).filter(allowed(CONTACT, purpose.slug)).order_by().values("pk")
    line = [one for one in (purpose.pk, purpose.parent_id) if one]
    return sql.Part(
        *sql.fill(
            sql.statement(JUDGE),
            source=sql.compiled(source),
            allowed=sql.compiled(people) if fits(purpose) else NOBODY,
            purposes=sql.value(line),
            dialect=sql.value(audience.destination),
        )
    )


def kept_out(text: str, params: Sequence[Any] = ()) -> dict[str, int]:
    """Count who is kept out, by reason. text: a table or a subquery of judged people."""
    counted = f"SELECT against, count(*) FROM {text} j WHERE against <> '' GROUP BY 1"
    return {reason: int(n) for reason, n in sql.rows(counted, params or None)}


def counts_of(audience_id: int) -> Counts:
    """Count the members that are in, or on their way, in one statement."""
    rows = sql.rows(
        "SELECT state, count(*) FROM orchestrator_audiencemember"
        " WHERE audience_id = %(id)s AND state <> 'gone' GROUP BY 1",
        {"id": audience_id},
    )
    found = {state: int(n) for state, n in rows}
    return Counts(found.get("in", 0), found.get("adding", 0), found.get("removing", 0))


def audiences() -> list[Audience]:
    """List the audiences with what they follow; one statement."""
    return list(Audience.objects.select_related("segment", "people", "purpose").order_by("name_en"))


def one_audience(slug: str) -> Audience | None:
    """Read an audience by its short name."""
    return Audience.objects.select_related("segment", "people", "purpose").filter(slug=slug).first()


def last_runs(audience_id: int, most: int) -> list[AudienceRun]:
    """List the newest runs with their batches; two statements."""
    found = AudienceRun.objects.filter(audience_id=audience_id).select_related("by").prefetch_related("batches")
    return list(found.order_by("-started_at", "-id")[:most])


def left_since(audience_id: int, most: int) -> list[tuple[str, int]]:
    """Count those who were taken off, by reason, the most frequent first."""
    rows = sql.rows(
        "SELECT reason, count(*) FROM orchestrator_audiencemember"
        " WHERE audience_id = %(id)s AND state IN ('removing', 'gone') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s",
        {"id": audience_id, "most": most},
    )
    return [(reason, int(n)) for reason, n in rows]


def file_rows(audience: Audience) -> Iterator[list[str]]:
    """The lines of a file: its head, then everybody who may be handed over now. One statement."""
    columns = list(audience.columns)
    yield columns
    part = judged(audience)
    plain = [name for name in columns if name not in HASHED]
    wanted = ", ".join(
        {"email_sha256": "j.email_hash", "phone_sha256": "j.phone_hash"}.get(name) or f"c.{sql.identifier(name)}"
        for name in columns
    )
    text = f"SELECT {wanted} FROM ({part.text}) j JOIN contacts_contact c ON c.id = j.contact_id WHERE j.against = '' ORDER BY c.id"
    for row in sql.rows(text, part.params):
        yield [cell(str(value or "")) if name in plain else value for name, value in zip(columns, row, strict=True)]
