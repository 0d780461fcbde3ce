"""Reads the rows of a file that lies in the database in parts: CSV in any encoding, XLSX row by row."""

import codecs
import csv
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import IO, Any

import openpyxl

from contacts.imports.models import Import, ImportPart
from contacts.imports.rules import MAX_COLUMNS, MAX_LINE_BYTES, MAX_RATIO, MAX_STRINGS, MAX_UNPACKED, RATIO_FROM

PART = 1024 * 1024
BUFFER = 256 * 1024
IN_MEMORY = 8 * 1024 * 1024
Row = tuple[int, list[str]]


class Unreadable(Exception):
    """The file cannot be read on from some line. `code` says why, `line` where (0: the whole file)."""

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(code)
        self.code, self.line = code, line


def _windows_letters(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as Windows-1252, byte by byte: some files are both."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


codecs.register_error("imports_windows", _windows_letters)


class _Parts(io.RawIOBase):
    """The bytes of a file, part by part; refuses a line that never ends."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left, self._since = chunks, b"", 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = next(self._chunks, b"")
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        newline = max(taken.rfind(b"\n"), taken.rfind(b"\r"))
        self._since = len(taken) - newline - 1 if newline >= 0 else self._since + len(taken)
        if self._since > MAX_LINE_BYTES:
            raise Unreadable("long_line")
        buffer[: len(taken)] = taken
        return len(taken)


class _Lines:
    """Lines of a text that remember whether somebody asked beyond the last."""

    def __init__(self, text: Iterable[str]) -> None:
        self._lines = iter(text)
        self.over = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        for line in self._lines:
            return line
        self.over = True
        raise StopIteration


def part_bytes(job: Import) -> Iterator[bytes]:
    """Give the parts of a file in order, one in memory at a time."""
    number = 0
    while True:
        content = ImportPart.objects.filter(job=job, number=number).values_list("content", flat=True).first()
        if content is None:
            return
        yield bytes(content)
        number += 1


def read_rows(job: Import, *, skip: int = 0) -> Iterator[Row]:
    """Read the rows below the header: the line in the file and the cells. skip: rows that were read before.

    Empty rows are left out and not counted. Raises Unreadable.
    """
    rows = xlsx_rows(job) if job.format["kind"] == "xlsx" else csv_rows(part_bytes(job), job.format)
    if job.format.get("header", True):
        next(rows, None)
    for _ in range(skip):
        next(rows, None)
    return rows


def csv_rows(chunks: Iterator[bytes], look: dict[str, Any]) -> Iterator[Row]:
    """Read CSV as a format says it (encoding, separator). Raises Unreadable."""
    mixed = look["encoding"] == "mixed"
    encoding, errors = ("utf-8", "imports_windows") if mixed else (look["encoding"], "replace")
    raw = io.BufferedReader(_Parts(chunks), BUFFER)
    lines = _Lines(io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline=""))
    reader = csv.reader(lines, delimiter=look["separator"])
    line = 1
    try:
        for row in reader:
            if lines.over:
                raise Unreadable("open_quote", line)
            if len(row) > MAX_COLUMNS:
                raise Unreadable("many_columns", line)
            if any(row) and any(cell.strip() for cell in row):
                yield line, row
            line = reader.line_num + 1
    except csv.Error:
        raise Unreadable("open_quote", line) from None  # a cell that swallows the file
    except Unreadable as wrong:
        raise Unreadable(wrong.code, wrong.line or line) from None


def xlsx_rows(job: Import) -> Iterator[Row]:
    """Read the chosen sheet of a workbook, values as texts. Raises Unreadable."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        for chunk in part_bytes(job):
            file.write(chunk)
        yield from sheet_rows(file, job.format)


def sheet_rows(file: IO[bytes], look: dict[str, Any]) -> Iterator[Row]:
    """Read one sheet of an open workbook."""
    check_workbook(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        names = book.sheetnames
        sheet = book[look["sheet"]] if look.get("sheet") in names else book[names[0]]
        sheet.reset_dimensions()  # what the file says about its size may be a lie
        for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            if len(values) > MAX_COLUMNS:
                values = _trimmed(values)
            if len(values) > MAX_COLUMNS:
                raise Unreadable("many_columns", line)
            row = [_said(value, look.get("decimal", ".")) for value in values]
            if any(cell.strip() for cell in row):
                yield line, row
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises what it meets: KeyError, BadZipFile, ParseError, ValueError
        raise Unreadable("bad_workbook") from error


def check_workbook(file: IO[bytes]) -> None:
    """Refuse what is no workbook, and one that would not fit into memory, from its directory alone."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise Unreadable("bad_workbook") from None
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Unreadable("bad_workbook")
    unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    strings = sum(e.file_size for e in entries if e.filename.endswith(("sharedStrings.xml", "styles.xml")))
    bomb = unpacked > RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1)
    if unpacked > MAX_UNPACKED or strings > MAX_STRINGS or bomb or len(entries) > 10_000:
        raise Unreadable("zip_bomb")


def _trimmed(values: tuple[Any, ...]) -> tuple[Any, ...]:
    last = max((place for place, value in enumerate(values) if value is not None), default=-1)
    return values[: last + 1]


def _said(value: Any, decimal: str) -> str:
    """Write a cell's value as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value).replace(".", decimal)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
