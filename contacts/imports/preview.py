"""What an import would do: the first rows one by one, and counts over the file; nothing of it stays."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from django.db import transaction

from contacts.imports import batch
from contacts.imports.cells import Person, RowReader
from contacts.imports.looking import definitions_of
from contacts.imports.models import Import
from contacts.imports.reader import read_rows
from orchestrator.kernel import sql


class Change(NamedTuple):
    """A field as it is and as it would be."""

    name: str
    before: Any
    after: Any


@dataclass
class Row:
    """One row as it would be. state: new, changed, same, refused."""

    line: int
    state: str
    who: str = ""
    changes: list[Change] = field(default_factory=list)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)  # column, reason, detail


@dataclass
class Preview:
    """What would be. more: the file has more rows than were looked at. unreadable: why the reading broke off."""

    rows: list[Row]
    looked_at: int
    more: bool
    made: int
    changed: int
    same: int
    refused: int
    reasons: dict[str, int]
    answers: dict[str, dict[str, int]]  # of consent columns: target -> value -> people


def preview(job: Import, *, most: int, shown: int, now: datetime) -> Preview:
    """Look at the first rows of a file as the import would, without a lock, and forget it. Raises Unreadable."""
    rows = read_rows(job)
    gathered = batch.gather(RowReader(job, definitions_of(job)), islice(rows, most))
    more = next(rows, None) is not None
    with transaction.atomic():
        batch.stage(job, gathered, now=now, accounts={})
        batch.compare(job, now=now)
        found = sql.rows(
            "SELECT line, contact_id, made, changed, moved -> 'before', moved -> 'after', account_id, to_jsonb(n) FROM import_next n"
        )
        ids = {row[0]: row[1] for row in found if row[1] is not None}
        batch.record_said(job, gathered, ids, now=now, dry=True)
        text = "SELECT id, name FROM contacts_account WHERE id IN (SELECT account_id FROM import_next UNION SELECT o_account_id FROM import_next)"
        accounts = dict(sql.rows(text))
        transaction.set_rollback(True)
    refused = gathered.refused_rows()
    made, changed = sum(row[2] for row in found), sum(row[3] for row in found)
    return Preview(
        rows=_shown(gathered, found, accounts, shown),
        looked_at=gathered.rows,
        more=more,
        made=made,
        changed=changed,
        same=gathered.rows - made - changed - refused,
        refused=refused,
        reasons=dict(Counter(str(one.reason) for one in gathered.refusals).most_common()),
        answers=_answers(gathered),
    )


def _shown(
    gathered: batch.Gathered, found: list[tuple[Any, ...]], accounts: Mapping[int, str], shown: int
) -> list[Row]:
    """The first rows of the file, in its order."""
    people = {person.line: person for person in gathered.people.values()}
    outcomes = {row[0]: row for row in found}
    wrong: dict[int, list[tuple[str, str, str]]] = {}
    for one in gathered.refusals:
        wrong.setdefault(one.line, []).append((one.column, str(one.reason), one.detail))
    lines = sorted({*outcomes, *wrong})[:shown]
    rows = []
    for line in lines:
        row = outcomes.get(line)
        if row is None:
            rows.append(Row(line, "refused", wrong=wrong[line]))
            continue
        state = "new" if row[2] else "changed" if row[3] else "same"
        who, changes = _said(people[line], row, accounts)
        rows.append(Row(line, state, who, changes if state != "same" else [], wrong.get(line, [])))
    return rows


def _said(person: Person, row: tuple[Any, ...], accounts: Mapping[int, str]) -> tuple[str, list[Change]]:
    """Who it is, and what would be written: of somebody new everything, else what differs."""
    before, after, whole = (
        msgspec.json.decode(part) if isinstance(part, str) else part for part in (*row[4:6], row[7])
    )
    name = f"{whole['first_name']} {whole['last_name']}".strip() or whole["email"] or whole["external_id"] or ""
    if row[2]:
        names = [*person.fields, *(("language", "time_zone") if not person.fields.get("language") else ())]
        after = {one: whole.get("account_id" if one == "account" else one) for one in dict.fromkeys(names)}
        after |= {"attributes": person.attributes}
        before = {}
    changes = []
    for key, value in (after or {}).items():
        if key == "attributes":
            own = (before or {}).get("attributes") or {}
            changes += [Change(one, own.get(one), new) for one, new in value.items()]
        elif key in ("account", "account_id"):
            changes.append(Change("account", accounts.get((before or {}).get(key) or 0), accounts.get(value or 0)))
        else:
            changes.append(Change(key, (before or {}).get(key), value))
    return name, [change for change in changes if change.before or change.after not in (None, "")]


def _answers(gathered: batch.Gathered) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for person in gathered.people.values():
        for target, (_, value, _at) in person.said.items():
            counts.setdefault(target, Counter())[str(value)] += 1
    return {target: dict(counter) for target, counter in counts.items()}
