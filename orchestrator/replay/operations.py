"""Takes a file in: people first, then its events and the ticks through their time, which is all or nothing."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction
from django.db.models import Q

from consent.records.models import State
from consent.records.operations import Choice, record_consents
from contacts.attributes.drafts import Draft
from contacts.attributes.operations import InvalidAttribute, define_attributes
from contacts.events.models import EventType
from contacts.events.operations import open_months
from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from journeys.definitions.models import Journey
from orchestrator.kernel import doorbell, sql
from orchestrator.replay.clock import run_through
from orchestrator.replay.definitions import bring_journeys, check_known, listening
from orchestrator.replay.mapping import check_columns
from orchestrator.replay.rules import BadLine, InvalidMapping, Layout, Row, read_row
from orchestrator.replay.source import Line

CHUNK = 5_000  # people in one statement
SOURCE = "replay"  # of the consent that is assumed
WORDING = "assumed for a replay"


class Reject(NamedTuple):
    """A line that was not used, and why."""

    line: int
    reason: str


@dataclass
class Summary:
    """What a replay did. Refused, left and touches are counted by journey and reason."""

    contacts: int = 0
    events: int = 0
    duplicates: int = 0
    rejected: int = 0
    ticks: int = 0
    entered: dict[str, int] = field(default_factory=dict)
    refused: dict[str, dict[str, int]] = field(default_factory=dict)
    left: dict[str, dict[str, int]] = field(default_factory=dict)
    still_in: dict[str, int] = field(default_factory=dict)
    touches: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass
class Staged:
    """What was read of a file before anything is written for good."""

    people: dict[str, NewContact] = field(default_factory=dict)
    names: Counter = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)
    lines: int = 0
    first: datetime | None = None
    last: datetime | None = None


Progress = Callable[[str], None]


def replay(
    *,
    layout: Layout,
    lines: Iterable[Line],
    journeys: list[str],
    now: datetime,
    step: timedelta,
    most: timedelta,
    progress: Progress = lambda text: None,
) -> tuple[Summary, list[Reject]]:
    """Take a file in and run the journeys through its time. Nobody is written to.

    now: the real time, when the events came in. step: events this close together share a tick. most: the clock is never
    moved further at once. Raises InvalidMapping and UnknownJourney: nothing was written.
    """
    started = time.monotonic()
    check_known(journeys)
    with doorbell.silence():
        staged = stage(layout=layout, lines=lines, progress=progress)
        summary = Summary(contacts=len(staged.people), rejected=len(staged.rejects))
        if staged.first and staged.last:
            write_people(layout=layout, staged=staged, journeys=journeys, progress=progress)
            with transaction.atomic():
                chosen = bring_journeys(slugs=journeys, now=staged.first) if journeys else None
                before = _highest_ids()
                summary.events = _store(layout, staged, now)
                summary.duplicates = staged.lines - summary.events
                if summary.events:  # a second run of the same file has nothing to add
                    summary.ticks = _run(staged, chosen, before["touch"], step, most, progress)
                _count(summary, before)
    summary.seconds = round(time.monotonic() - started, 2)
    return summary, staged.rejects


def stage(*, layout: Layout, lines: Iterable[Line], progress: Progress) -> Staged:
    """Read every line into a temporary table. Raises InvalidMapping when a column is missing."""
    staged, rest = Staged(), iter(lines)
    columns = layout.columns or _header(layout, next(rest, None))
    for statement in sql.statement("orchestrator/replay/sql/stage.sql").split(";\n"):
        sql.count(statement)
    with connection.cursor() as cursor, cursor.copy("COPY replay_line FROM STDIN") as copy:
        copy.set_types(["int8", "text", "text", "timestamptz", "text", "text"])
        for line in rest:
            try:
                row = _row(layout, columns, line)
            except BadLine as bad:
                staged.rejects.append(Reject(line.number, str(bad)))
                continue
            _add(staged, row)
            body = msgspec.json.encode(row.properties).decode()
            copy.write_row((line.number, row.key, row.name, row.occurred_at, body, row.message_id))
            if staged.lines % 50_000 == 0:
                progress(f"{staged.lines} lines read")
    return staged


def _header(layout: Layout, line: Line | None) -> tuple[str, ...]:
    if line is None or line.problem:
        raise InvalidMapping(
            f"file: expected a first line with the names of columns{', ' * bool(line)}{line.problem if line else ''}"
        )
    columns = tuple(name.strip() for name in line.cells)
    check_columns(layout, columns)
    return columns


def _row(layout: Layout, columns: tuple[str, ...], line: Line) -> Row:
    if line.problem:
        raise BadLine(line.problem)
    if len(line.cells) != len(columns):
        raise BadLine(f"expected {len(columns)} columns, got {len(line.cells)}")
    return read_row(layout, dict(zip(columns, line.cells, strict=True)))


def _add(staged: Staged, row: Row) -> None:
    said: dict[str, Any] = {name: str(value) for name, value in row.person.items() if value is not None}
    known = staged.people.get(row.key, NewContact())
    if row.key not in staged.people or row.attributes or any(getattr(known, name) != said[name] for name in said):
        attributes = {**(known.attributes or {}), **row.attributes} or None
        staged.people[row.key] = known._replace(**said, attributes=attributes)
    staged.lines += 1
    staged.names[row.name] += 1
    staged.first = min(staged.first or row.occurred_at, row.occurred_at)
    staged.last = max(staged.last or row.occurred_at, row.occurred_at)


def _with_defaults(layout: Layout, people: list[NewContact]) -> list[NewContact]:
    """What the mapping assumes is for new people only: nobody's language changes by a replay."""
    ids, mails = {p.external_id for p in people}, {(p.email or "").lower() for p in people} - {""}
    there = Contact.objects.filter(Q(external_id__in=ids - {None}) | Q(email__in=mails)).values_list(
        "external_id", "email"
    )
    known = {key for pair in there for key in pair if key}
    return [
        p if p.external_id in known or (p.email or "").lower() in known else _fresh(layout.defaults, p) for p in people
    ]


def _define(layout: Layout, now: datetime) -> None:
    """Whoever maps a column to an attribute defines it, where nobody has yet."""
    purpose = f"replay of {layout.source}"
    drafts = [Draft(key, kind, key, key, purpose=purpose) for key, kind in layout.kinds().items()]
    try:
        define_attributes(drafts=drafts, now=now)
    except InvalidAttribute as invalid:
        raise InvalidMapping(f"contact.attributes: {invalid}") from None


def _fresh(defaults: Mapping[str, str], person: NewContact) -> NewContact:
    country = person.country or defaults.get("country")
    language = person.language or defaults.get("language")
    return person._replace(country=country, language=language, time_zone=person.time_zone or defaults.get("time_zone"))


@transaction.atomic
def write_people(*, layout: Layout, staged: Staged, journeys: list[str], progress: Progress) -> None:
    """Make or change the people of a file, with the consent that its mapping assumes where they said nothing themselves."""
    assert staged.first
    assert staged.last
    if journeys:
        bring_journeys(slugs=journeys, now=staged.first)  # an unknown one is found before anything is written
    for slug in staged.names:
        said = layout.types.get(slug)
        if said:
            names = {"name_en": said["name"]["en"], "name_de": said["name"]["de"]}
            EventType.objects.get_or_create(slug=slug, defaults=names | {"kind": said["kind"]})
    _define(layout, staged.first)
    keys, ids = list(staged.people), []
    for start in range(0, len(keys), CHUNK):
        people = _with_defaults(layout, [staged.people[key] for key in keys[start : start + CHUNK]])
        ids += upsert_contacts(people=people, now=staged.first, source=layout.source)
        progress(f"{len(ids)} of {len(keys)} people")
    with connection.cursor() as cursor, cursor.copy("COPY replay_person FROM STDIN") as copy:
        for key, contact_id in zip(keys, ids, strict=True):
            copy.write_row((key, contact_id))
    for purpose in layout.consent:
        spoken = set(
            State.objects.filter(purpose__slug=purpose, contact_id__in=ids).values_list("contact_id", flat=True)
        )
        choices = [
            Choice(contact_id, purpose, "granted", SOURCE, WORDING, {}, staged.first)
            for contact_id in dict.fromkeys(ids)
            if contact_id not in spoken
        ]
        record_consents(choices=choices, now=staged.first)
    # the replay goes through this time itself: the pulse of the running product has nothing to do with it
    sql.count(
        "DELETE FROM contacts_news USING replay_person p WHERE contacts_news.contact_id = p.contact_id AND since = %s",
        [staged.first],
    )
    sql.count("ANALYZE replay_line")
    sql.count("ANALYZE replay_person")
    open_months(first=staged.first.date(), last=staged.last.date())


def _store(layout: Layout, staged: Staged, now: datetime) -> int:
    text = sql.statement("orchestrator/replay/sql/store.sql")
    ((_, stored),) = sql.rows(text, {"source": layout.source, "now": now})
    sql.count("ANALYZE contacts_event")
    return int(stored)


def _run(
    staged: Staged, chosen: list[Journey] | None, touch: int, step: timedelta, most: timedelta, progress: Progress
) -> int:
    assert staged.first
    assert staged.last
    ids = None if chosen is None else tuple(journey.pk for journey in chosen)
    heard = listening(chosen)
    most_of = most if heard.timed else None
    ticks = 0
    for at in run_through(
        first=staged.first, last=staged.last, names=heard.events, journeys=ids, step=step, most=most_of
    ):
        sql.count(sql.statement("orchestrator/replay/sql/pretend.sql"), {"touch": touch})
        ticks += 1
        if ticks % 50 == 0:
            progress(f"{at:%Y-%m-%d %H:%M} ({ticks} ticks)")
    return ticks


def _highest_ids() -> dict[str, int]:
    tables = {"enrollment": "journeys_enrollment", "refusal": "journeys_refusal", "touch": "journeys_touch"}
    return {name: sql.rows(f"SELECT coalesce(max(id), 0) FROM {table}")[0][0] for name, table in tables.items()}


def _count(summary: Summary, before: dict[str, int]) -> None:
    for what, slug, state, reason, n in sql.rows(sql.statement("orchestrator/replay/sql/summary.sql"), before):
        if what == "run":
            summary.entered[slug] = summary.entered.get(slug, 0) + n
            if state == "open":
                summary.still_in[slug] = n
            else:
                summary.left.setdefault(slug, {})[reason] = n
        elif what == "refused":
            summary.refused.setdefault(slug, {})[reason] = n
        else:
            summary.touches.setdefault(slug, {}).setdefault(state, {})[reason] = n


__all__ = ["InvalidMapping", "Reject", "Staged", "Summary", "replay", "stage", "write_people"]
