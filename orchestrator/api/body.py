"""From the bytes of a request to its items: encoding, size, and one object or a batch."""

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from orchestrator.api.rules import MAX_BATCH, MAX_BODY, MAX_DEPTH, Problem

TOP = msgspec.json.Decoder(dict[str, msgspec.Raw])
ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


class Refused(Exception):
    """The request as a whole cannot be read."""

    def __init__(self, status: int, message: str, path: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.problem = Problem(path, message)


class Items(NamedTuple):
    """The items of a request as they were sent, whether they came as a batch, and the other fields on top."""

    raw: list[bytes]
    batch: bool
    beside: Mapping[str, msgspec.Raw] = {}

    def path(self, index: int, inner: str) -> str:
        """Say where something is in the whole request."""
        return f"batch[{index}].{inner}".rstrip(".") if self.batch else inner


def check_headers(
    content_type: str, encoding: str, length: str | None, transfer: str, types: Sequence[str] = ("application/json",)
) -> None:
    """Refuse what need not be read: another type, an unknown encoding, no length, too long."""
    media, _, charset = content_type.partition(";")
    charset = charset.strip().lower().removeprefix("charset=").strip('"')
    if media.strip().lower() not in types or charset not in ("", "utf-8", "utf8"):
        raise Refused(415, "expected Content-Type: application/json in UTF-8")
    if encoding.lower() not in ("", "identity", "gzip"):
        raise Refused(415, "expected Content-Encoding: gzip, or none")
    if not length and transfer:
        raise Refused(411, "expected a Content-Length")
    if length and length.isdigit() and int(length) > MAX_BODY:
        raise Refused(413, f"expected at most {MAX_BODY} bytes")


def split_batch(data: bytes) -> Items:
    """Split a body into its items: one object, or a batch and nothing beside it. Raises Refused."""
    items = split_body(data, most=MAX_BATCH)
    if items.batch and items.beside:
        raise Refused(400, "unknown field beside batch", next(iter(items.beside)))
    return items


def plain_body(data: bytes, encoding: str) -> bytes:
    """Unpack a body and check that it is text. Raises Refused."""
    if encoding.lower() == "gzip":
        data = _unzip(data)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, f"expected UTF-8, byte {error.start} is not") from None
    if data.startswith(b"\xef\xbb\xbf"):
        raise Refused(400, "expected JSON without a byte order mark")
    if not data.strip():
        raise Refused(400, "expected a JSON object, the body is empty")
    return data


def split_body(data: bytes, *, most: int) -> Items:
    """Split an object that may hold a batch, of at most so many items. Raises Refused."""
    try:
        top = TOP.decode(data)
        if "batch" not in top:
            return Items([data], batch=False, beside=top)
        items = [bytes(item) for item in ITEMS.decode(top["batch"])]
    except msgspec.DecodeError as error:
        if isinstance(error, msgspec.ValidationError) or not SURROGATE.search(data):
            raise _refusal(error) from None
        return _leniently(data, most)
    except RecursionError:
        raise Refused(400, f"expected at most {MAX_DEPTH} levels of nesting", _deep_path(data)) from None
    if data.count(b'"batch"') > 1:
        _refuse_second_batch(data)
    _check_size(len(items), most)
    return Items(items, batch=True, beside={name: value for name, value in top.items() if name != "batch"})


def _check_size(size: int, most: int) -> None:
    if not 1 <= size <= most:
        raise Refused(413 if size else 400, f"expected 1 to {most} items, got {size}", "batch")


def _refusal(error: msgspec.DecodeError) -> Refused:
    if not isinstance(error, msgspec.ValidationError):
        return Refused(400, str(error))
    inside = str(error).startswith("Expected `array`")
    expected = "expected a list" if inside else "expected a JSON object"
    return Refused(400, f"{expected}, {str(error).partition(', ')[2].replace('`', '')}", "batch" * inside)


def _leniently(data: bytes, most: int) -> Items:
    """Split a body that holds half a surrogate pair somewhere: only the item that has it is to be refused."""
    try:
        top = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused(400, "expected JSON without halves of surrogate pairs") from None
    if not isinstance(top, dict) or not isinstance(top.get("batch"), list):
        return Items([data], batch=False)
    _check_size(len(top["batch"]), most)
    beside = {name: msgspec.Raw(json.dumps(value).encode()) for name, value in top.items() if name != "batch"}
    return Items([json.dumps(item).encode() for item in top["batch"]], batch=True, beside=beside)


def _refuse_second_batch(data: bytes) -> None:
    """Refuse an object with `batch` twice (a property of that name deeper inside is nobody's mistake)."""
    level, count = 0, 0
    for token in TOKEN.finditer(data):
        level += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        count += level == 1 and token[0] == b'"batch"'
    if count > 1:
        raise Refused(400, "given twice", "batch")


def _unzip(data: bytes) -> bytes:
    unzip = zlib.decompressobj(31)
    try:
        plain = unzip.decompress(data, MAX_BODY + 1)
    except zlib.error:
        raise Refused(400, "expected gzip, as Content-Encoding says") from None
    if len(plain) > MAX_BODY:
        raise Refused(413, f"expected at most {MAX_BODY} bytes after decompression")
    if not unzip.eof:
        raise Refused(400, "expected a whole gzip body, it ends too early")
    return plain


def _deep_path(data: bytes) -> str:
    """Name the place where the nesting gets too deep, without nesting ourselves."""
    levels: list[tuple[bytes, list[Any]]] = []  # what opened, and there: how many commas, the last text
    for token in TOKEN.finditer(data):
        text = token[0]
        if text in (b"]", b"}"):
            if levels:
                levels.pop()
        elif text in (b"[", b"{"):
            levels.append((text, [0, ""]))
            if len(levels) > MAX_DEPTH + 4:
                break
        elif levels:
            here = levels[-1][1]
            if text == b",":
                here[0] += 1
            else:
                here[1] = text[1:-1].decode()[:50]
    parts = [f"[{commas}]" if kind == b"[" else f".{key}" for kind, (commas, key) in levels[:-1]]
    return "".join(parts).lstrip(".")
