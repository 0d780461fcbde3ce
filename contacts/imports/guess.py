"""What a file looks like, from its first lines: encoding, separator, header, decimal sign, order of day and month."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_ROWS = 200
EMAIL = re.compile(r"[^@\s,;<>()\"\\]{1,64}@[^@\s,;<>()\"\\.]+(\.[^@\s,;<>()\"\\.]+)+")
COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+")
POINT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)\.\d+")
THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")  # says nothing about which sign is which
DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})\b")
FACT = re.compile(r"[+-]?[\d.,:/ -]*\d[\d.,:/ -]*%?")  # a number, a date or a phone number
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class EncodingWatch:
    """Looks at all bytes of a file as they pass and says how they are encoded."""

    def __init__(self) -> None:
        self.head = b""
        self.strange = False  # bytes that are no UTF-8
        self.multibyte = False  # letters beyond ASCII that are
        self._rest = b""

    def see(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if len(self.head) < 4096:
            self.head += chunk[:4096]
        if chunk.isascii() and not self._rest:
            return
        text = self._rest + chunk
        # a letter may be cut in two by the end of the chunk
        cut = len(text)
        while cut > max(len(text) - 4, 0) and text[cut - 1] & 0xC0 == 0x80:
            cut -= 1
        cut -= 1 if cut and text[cut - 1] >= 0xC0 else 0
        self._rest, text = (b"", text) if len(text) - cut > 3 else (text[cut:], text[:cut])
        try:
            self.multibyte |= not text.decode("utf-8").isascii()
        except UnicodeDecodeError:
            self.strange = True
            letters = set(text.decode("utf-8", "surrogateescape"))
            self.multibyte |= any(c > "\x7f" and not "\udc80" <= c <= "\udcff" for c in letters)

    def encoding(self) -> str:
        """Say the encoding: utf-8, utf-8-sig, utf-16, utf-16-le, utf-16-be, cp1252 or mixed."""
        for mark, name in BOMS:
            if self.head.startswith(mark):
                return name
        nuls = Counter(place % 2 for place, byte in enumerate(self.head) if byte == 0)
        if sum(nuls.values()) > len(self.head) * 0.3:
            return "utf-16-le" if nuls[1] > nuls[0] else "utf-16-be"
        whole = not self._rest or self._rest.decode("utf-8", "ignore") != ""
        if not self.strange and whole:
            return "utf-8"
        return "mixed" if self.multibyte else "cp1252"


class Look(NamedTuple):
    """What the first rows look like. unclear: what somebody has to decide ("dates")."""

    separator: str
    header: bool
    decimal: str
    day_first: bool
    unclear: tuple[str, ...]


def guess_look(text: str, known_headers: frozenset[str] = frozenset()) -> Look:
    """Guess from the first lines of a file. known_headers: folded names of columns, see `targets.folded`."""
    separator = guess_separator(text)
    rows = sample_rows(text, separator)
    body = rows[1:]
    decimal = guess_decimal(body, separator)
    day_first, clear = guess_dates(body)
    return Look(separator, guess_header(rows), decimal, day_first, () if clear else ("dates",))


def sample_rows(text: str, separator: str) -> list[list[str]]:
    """Read the first rows; what is wrong with them is said when the whole is read."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(text.splitlines(keepends=True), delimiter=separator):
            if row:
                rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    return rows


def guess_separator(text: str) -> str:
    """Guess by which sign the lines fall into the same number of cells."""
    best, score = ",", 0.0
    for sign in SEPARATORS:
        widths = Counter(len(row) for row in sample_rows(text, sign))
        if not widths:
            continue
        width, often = widths.most_common(1)[0]
        worth = often / sum(widths.values()) * min(width - 1, 20)
        if worth > score:
            best, score = sign, worth
    return best


def guess_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: it holds no facts, and no name twice in place of a value."""
    if not rows:
        return False
    first = [cell.strip() for cell in rows[0] if cell.strip()]
    if not first or any(EMAIL.fullmatch(cell) or FACT.fullmatch(cell) for cell in first):
        return False
    return not any(len(cell) > 100 or "\n" in cell for cell in first)


def guess_decimal(rows: Sequence[Sequence[str]], separator: str = ",") -> str:
    """Guess the sign before the decimals."""
    votes: Counter[str] = Counter()
    for row in rows:
        for cell in row:
            text = cell.strip()
            if text[-1:].isdigit() and not THOUSANDS.fullmatch(text):
                votes[","] += COMMA.fullmatch(text) is not None
                votes["."] += POINT.fullmatch(text) is not None
    if votes[","] != votes["."]:
        return "," if votes[","] > votes["."] else "."
    return "," if separator == ";" else "."


def guess_dates(rows: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """Guess whether the day stands before the month; also says whether that is clear."""
    day, month, either = 0, 0, 0
    for row in rows:
        for cell in row:
            if found := DATE.match(cell.strip()):
                first, sign, second = int(found[1]), found[2], int(found[3])
                if sign == ".":  # with points the day always stands first: that says nothing about slashes
                    continue
                if first > 12:
                    day += 1
                elif second > 12:
                    month += 1
                elif first != second:
                    either += 1
    if day and month:
        return day >= month, False
    return not month, bool(day or month or not either)
