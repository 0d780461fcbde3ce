"""Looks at an uploaded file: what kind it is, how it is encoded, its header and first rows, and where its columns may go."""

import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from contacts.attributes.drafts import Draft
from contacts.attributes.queries import Definition, definitions
from contacts.attributes.rules import Kind, parse
from contacts.imports.guess import EncodingWatch, guess_header, guess_look
from contacts.imports.models import Import
from contacts.imports.reader import Unreadable, csv_rows, part_bytes, read_rows, xlsx_rows
from contacts.imports.targets import NEW, guess_targets

SAMPLE_BYTES = 256 * 1024
SAMPLE = 200
SHOWN = 3  # values of a column that the mapping page shows
NEARLY = 0.95  # of the values: a typing error does not make a number a text
ZIP, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def look_at(job: Import, watch: EncodingWatch) -> None:
    """Guess format and mapping of a file whose parts are kept. Raises Unreadable, with what is wrong with it."""
    if not job.size_bytes:
        raise Unreadable("empty")
    if watch.head.startswith(ZIP):
        job.format = {"kind": "xlsx", "encoding": "", "separator": "", "decimal": ".", "unclear": []}
        rows = [cells for _, cells in islice(xlsx_rows(job), SAMPLE)]
        job.format |= {"header": guess_header(rows), "day_first": True}
    elif watch.head.startswith(OLD):
        raise Unreadable("old_workbook")
    else:
        encoding = watch.encoding()
        if encoding == "cp1252" and _binary(watch.head):
            raise Unreadable("not_a_table")
        text = _text(job, encoding)
        look = guess_look(text)
        job.format = {
            "kind": "csv",
            "encoding": encoding,
            "separator": look.separator,
            "decimal": look.decimal,
            "day_first": None if look.unclear else look.day_first,
            "header": look.header,
            "unclear": [*look.unclear, *(["encoding"] if encoding == "mixed" else [])],
        }
    job.format |= _columns(job)
    job.mapping = mapping_of(job)


def look_again(job: Import, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Read the first rows once more after somebody corrected the guess; returns the new format. Raises Unreadable."""
    job.format = {**job.format, **changes}
    if job.format["day_first"] is not None:
        job.format["unclear"] = [one for one in job.format["unclear"] if one != "dates"]
    return {**job.format, **_columns(job)}


def _columns(job: Import) -> dict[str, Any]:
    """The headers (numbers where there are none), some values of each column, and how many columns there are."""
    look = job.format
    rows = [cells for _, cells in islice(_raw_rows(job), SAMPLE)]
    if not rows:
        raise Unreadable("empty")
    header = rows[0] if look["header"] else []
    body = rows[1:] if look["header"] else rows
    if not body:
        raise Unreadable("header_only")
    width = max(len(header), *(len(row) for row in body)) if not header else len(header)
    headers = [header[n].strip()[:200].replace("\0", "") if n < len(header) else "" for n in range(width)]
    samples = [_values(body, n)[:SHOWN] for n in range(width)]
    return {"headers": headers, "samples": samples, "kinds": [guess_kind(_values(body, n), look) for n in range(width)]}


def _raw_rows(job: Import) -> Any:
    if job.format["kind"] == "xlsx":
        return xlsx_rows(job)
    return csv_rows(part_bytes(job), job.format)


def mapping_of(job: Import) -> list[str]:
    """Guess where the columns go."""
    look = job.format
    body = [cells for _, cells in islice(read_rows(job), SAMPLE)]
    known = {d.key: (d.name_en, d.name_de) for d in definitions().values() if d.active}
    targets = guess_targets(look["headers"], body, known)
    return [
        f"{NEW}{look['kinds'][place]}:{target.removeprefix(NEW)}" if target.startswith(NEW) else target
        for place, target in enumerate(targets)
    ]


def definitions_of(job: Import) -> dict[str, Definition]:
    """The definitions of attributes, and those that the import will make."""
    found = definitions()
    for place, target in enumerate(job.mapping):
        if target.startswith(NEW):
            kind, _, key = target.removeprefix(NEW).partition(":")
            label = job.format["headers"][place]
            found.setdefault(key, Definition(key, kind, (), label, label, "", False, None, "active"))
    return found


def draft_of(key: str, kind: str, label: str) -> Draft:
    """The definition of a new attribute: called like the column."""
    label = label.strip()[:200] or key
    return Draft(key=key, kind=kind, name_en=label, name_de=label)


def guess_kind(values: Sequence[str], look: Mapping[str, Any]) -> str:
    """Guess the type of a column: the first that nearly all of its values fit. 0 and 1 are numbers, not answers."""
    enough = math.ceil(len(values) * NEARLY)
    numbers = _fitting(values, Kind.NUMBER, look)
    if values and numbers >= enough:
        return str(Kind.WHOLE if _fitting(values, Kind.WHOLE, look) == numbers else Kind.NUMBER)
    for kind in (Kind.YES_NO, Kind.DATE, Kind.INSTANT) if values else ():
        if _fitting(values, kind, look) >= enough:
            return str(kind)
    return str(Kind.TEXT)


def _fitting(values: Sequence[str], kind: Kind, look: Mapping[str, Any]) -> int:
    """How many values are of a type; a day that can be read both ways is one."""
    fit, zone = 0, ZoneInfo(settings.TEAM_TIME_ZONE)
    orders = (True, False) if look.get("day_first") is None else (look["day_first"],)
    for value, often in Counter(values).items():
        for order in orders:
            with suppress(ValueError):
                parse(kind, value, look.get("decimal", "."), order, (), zone=zone)
                fit += often
                break
    return fit


def _values(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    found = (row[place].strip().replace("\0", "") for row in rows if place < len(row))
    return [value[:200] for value in found if value]


def _text(job: Import, encoding: str) -> str:
    head = io.BytesIO()
    for chunk in part_bytes(job):
        head.write(chunk)
        if head.tell() >= SAMPLE_BYTES:
            break
    raw = head.getvalue()[:SAMPLE_BYTES]
    errors = "imports_windows" if encoding == "mixed" else "ignore"
    text = raw.decode("utf-8" if encoding == "mixed" else encoding, errors)
    lines = text.splitlines(keepends=True)
    return "".join(lines[:-1]) if len(raw) == SAMPLE_BYTES and len(lines) > 1 else text


def _binary(head: bytes) -> bool:
    """Whether this looks like a picture or a program: many bytes that no text has."""
    odd = sum(1 for byte in head if byte < 9 or 13 < byte < 32)
    return odd > len(head) * 0.05
