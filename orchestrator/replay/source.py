"""A CSV file, line by line, whatever is wrong with it."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from orchestrator.replay.rules import Layout


class Line(NamedTuple):
    """One record and where it ends; `problem` says why it cannot be read."""

    number: int
    cells: list[str]
    problem: str = ""


def read_lines(path: Path, layout: Layout) -> Iterator[Line]:
    """Read every record. A broken one comes with its problem, and reading goes on."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as binary:
        # what is not in this encoding becomes half surrogate pairs, which the reading of the row refuses
        text = io.TextIOWrapper(binary, encoding=layout.encoding, errors="surrogateescape", newline="")
        if text.read(1) != "\ufeff":
            text.seek(0)
        yield from _split(text) if layout.separator is None else _parse(text, layout.separator)


def _split(text: io.TextIOWrapper) -> Iterator[Line]:
    number = 0
    try:
        for number, line in enumerate(text, 1):
            if line.strip():
                yield Line(number, line.split())
    except (EOFError, OSError, zlib.error):
        yield Line(number + 1, [], "the file ends too early")


def _parse(text: io.TextIOWrapper, separator: str) -> Iterator[Line]:
    reader = csv.reader(text, delimiter=separator)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(reader.line_num, [], f"no CSV: {error}")
        except (EOFError, OSError, zlib.error):
            yield Line(reader.line_num + 1, [], "the file ends too early")
            return
        else:
            if cells:
                yield Line(reader.line_num, cells)
