"""One batch of people: staged by COPY, found, compared, written; the same look without the writing is the preview."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from contacts.accounts.operations import NewAccount, upsert_accounts
from contacts.accounts.queries import zones_of
from contacts.imports import registry
from contacts.imports.cells import Person, Refusal, RowReader, defaults_of
from contacts.imports.models import Import, ImportReject
from contacts.imports.rules import Reason
from orchestrator.kernel import sql

_JSON = msgspec.json.Encoder(decimal_format="number").encode
_TYPES = ["int4", *["text"] * 10, "int8", "bool", "text", "text[]", "text", "text", "text"]
_COLUMNS = (
    "line, key, external_id, email, phone, first_name, last_name, language, country, time_zone, job_title, account_id,"
    " account_said, attributes, removed, dated, default_language, default_zone"
)
_ORDER = ("external_id", "email", "phone", "first_name", "last_name", "language", "country", "time_zone", "job_title")
_PATH = "contacts/imports/sql/{}.sql"


@dataclass
class Gathered:
    """The rows of a batch as people, each person once, and what did not come in."""

    rows: int = 0
    people: dict[str, Person] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    cells: dict[int, list[str]] = field(default_factory=dict)

    def refused_rows(self) -> int:
        """How many rows did not come in at all."""
        return len({refusal.line for refusal in self.refusals if not refusal.taken})


class Outcome(NamedTuple):
    """What became of a person's row."""

    line: int
    contact_id: int | None
    made: bool
    changed: bool


def gather(reader: RowReader, rows: Iterable[tuple[int, list[str]]]) -> Gathered:
    """Read rows; of several about one person the later word on each field counts, and the earlier rows are listed."""
    found = Gathered()
    for line, cells in rows:
        found.rows += 1
        person, wrong = reader.read(line, cells)
        found.refusals += wrong
        if person is None:
            continue
        known = found.people.get(person.key)
        if known is None:
            found.people[person.key] = person
        else:
            told = f"{known.line} → {line}"
            found.refusals.append(Refusal(known.line, "", Reason.REPEATED, told, True, found.cells[known.line]))
            known.add(person)
        found.cells[line] = cells
    return found


def stage(job: Import, gathered: Gathered, *, now: datetime, accounts: dict[str, int]) -> None:
    """Put the people of a batch into the temporary table and find out who they are.

    accounts: ids of companies by folded name, kept over the batches of a run.
    """
    people = list(gathered.people.values())
    _find_accounts(people, accounts, now=now)
    sql.rows(_statement("stage"))
    said_at, zones = _Dated(now), _zones(people, accounts)
    with connection.cursor() as cursor, cursor.copy(f"COPY import_row ({_COLUMNS}) FROM STDIN") as copy:
        copy.set_types(_TYPES)
        for person in people:
            copy.write_row(_row(person, accounts, zones, said_at))
    sql.rows("ANALYZE import_row (line)")  # how many rows there are is all that the planner needs
    by = job.options.get("key", "email").removeprefix("id:")
    sql.rows("SET LOCAL random_page_cost = 1.1")  # rather 10,000 looks into an index than the whole table each time
    sql.rows(_statement("match"), {"by": by})
    if by != "email":
        sql.rows(_statement("match_address"), {"by": by})
    for (line,) in sql.rows(_statement("part")):
        gathered.refusals.append(Refusal(line, "", Reason.REPEATED, "", False, gathered.cells[line]))
    for line, reason in sql.rows(_statement("ids"), {"by": by}):
        if reason:
            gathered.refusals.append(Refusal(line, "", Reason(reason), "", True, gathered.cells[line]))


def compare(job: Import, *, now: datetime) -> None:
    """Work out what would be written for each staged person."""
    sql.count(_statement("compare"), {"now": now, "updates": job.options.get("update", True)})


def write(job: Import, *, now: datetime, tell: bool) -> list[Outcome]:
    """Write the people who are new and those who differ. tell: give the pulse news of each."""
    # in the order of the ids, so that two writers about the same people never wait in a circle
    sql.rows(
        "SELECT c.id FROM contacts_contact c WHERE c.id IN (SELECT contact_id FROM import_row)"
        " ORDER BY c.id FOR NO KEY UPDATE"
    )
    compare(job, now=now)
    found = sql.rows(_statement("write"), {"job": job.pk, "now": now, "tell": tell})
    return [Outcome(*row) for row in found]


def record_said(
    job: Import,
    gathered: Gathered,
    ids: dict[int, int],
    *,
    now: datetime,
    dry: bool = False,
    tell: bool = True,
) -> None:
    """Give the registered columns what the file said, and list what they did not take. ids: contact by line."""
    people = gathered.people.values()
    left = registry.watch({person.line: mail for person in people if (mail := person.fields.get("email"))})
    # what somebody agreed to before they were erased went with them
    erased = {one.line for one in left if one.reason is Reason.ERASED}
    said: dict[str, list[registry.Said]] = {}
    for person in people:
        for target, (line, value, at) in person.said.items():
            kind, _, name = target.partition(":")
            if person.line in erased and not registry.columns()[kind].restricts:
                continue
            # somebody new has no id in a preview, and said nothing before
            said.setdefault(kind, []).append(registry.Said(line, ids.get(person.line, 0), name, value, at))
    for key, answers in said.items():
        left += registry.columns()[key].record(job=job, said=answers, now=now, dry=dry, tell=tell)
    for one in left:
        cells = gathered.cells.get(one.line, [])
        gathered.refusals.append(Refusal(one.line, one.column, one.reason, one.detail, True, cells))


def record_ids(job: Import, gathered: Gathered, ids: dict[int, int], *, now: datetime) -> None:
    """Write the ids of sources; one that belongs to somebody else is listed."""
    given = [
        (person.line, ids[person.line], kind, value)
        for person in gathered.people.values()
        if person.line in ids
        for kind, value in person.ids.items()
    ]
    if not given:
        return
    columns = [list(column) for column in zip(*given, strict=True)]
    taken = sql.rows(
        _statement("identify"),
        dict(zip(("lines", "ids", "kinds", "values"), columns, strict=True)) | {"now": now, "source": mark(job)},
    )
    for (line,) in taken:
        gathered.refusals.append(Refusal(line, "", Reason.ID_TAKEN, "", True, gathered.cells[line]))


def mark(job: Import) -> str:
    """The source that identifiers of an import carry, so that the undo finds them."""
    return f"import {job.pk}"


def list_refusals(job: Import, refusals: Sequence[Refusal]) -> None:
    """Keep what did not come in, with the reason."""
    ImportReject.objects.bulk_create(
        (
            ImportReject(
                job=job,
                line=one.line,
                column=_safe(one.column)[:200],
                reason=one.reason,
                message=_safe(one.detail)[:500],
                taken=one.taken,
                cells=[_safe(cell) for cell in one.cells],
            )
            for one in sorted(refusals)
        ),
        batch_size=2_000,
    )


def _safe(text: str) -> str:
    """What Postgres takes: no NUL, no halves of surrogate pairs."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode() if "\0" in text or not text.isascii() else text


class _Dated:
    """Since when somebody new has each attribute, as JSON; the same few sets of keys come again and again."""

    def __init__(self, now: datetime) -> None:
        self._now, self._known = now.isoformat(), dict[tuple[str, ...], str]()

    def __call__(self, attributes: Mapping[str, Any]) -> str:
        keys = tuple(attributes)
        if keys not in self._known:
            self._known[keys] = _JSON(dict.fromkeys(keys, self._now)).decode()
        return self._known[keys]


def _zones(people: Sequence[Person], accounts: dict[str, int]) -> dict[int, str]:
    """The time zones of the companies of a batch, which go before those of people's countries."""
    named = {name.casefold() for person in people if (name := person.fields.get("account"))}
    return zones_of(accounts[name] for name in named) if named else {}


def _row(person: Person, accounts: dict[str, int], zones: dict[int, str], said_at: _Dated) -> tuple[Any, ...]:
    given = person.fields
    account = given.get("account")
    account_id = accounts.get(account.casefold()) if account else None
    language, zone = defaults_of(given.get("country"))
    return (
        person.line,
        person.key,
        *(given.get(name) for name in _ORDER),
        account_id,
        account is not None,
        _JSON(person.attributes).decode() if person.attributes else None,
        list(person.removed) or None,
        said_at(person.attributes),
        language,
        zones.get(account_id, zone) if account_id else zone,
    )


def _find_accounts(people: Sequence[Person], accounts: dict[str, int], *, now: datetime) -> None:
    """Find companies by id or name, in any case, and make those that nobody knows."""
    # of several spellings the first names it
    wanted = {name.casefold(): name for p in reversed(people) if (name := p.fields.get("account"))}
    wanted = {folded: name for folded, name in wanted.items() if folded not in accounts}
    if not wanted:
        return
    known = sql.rows(
        "SELECT id, lower(external_id), lower(name) FROM contacts_account"
        " WHERE lower(external_id) = ANY(%(n)s) OR lower(name) = ANY(%(n)s) ORDER BY id DESC",
        {"n": list(wanted)},
    )
    for pk, external_id, name in known:
        accounts |= {name: pk, external_id: pk}
    new = [NewAccount(name) for folded, name in wanted.items() if folded not in accounts]
    made = upsert_accounts(accounts=new, now=now)
    accounts |= {name.casefold(): pk for name, pk in made.items()}


def _statement(name: str) -> str:
    return sql.statement(_PATH.format(name))
