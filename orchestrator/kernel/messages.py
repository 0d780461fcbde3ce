"""Texts for people: collect the message ids of templates and Python, keep the German file, compile it; no gettext binaries."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOTS = ("orchestrator", "contacts", "consent", "journeys", "reporting", "templates")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
LINE_WIDTH = 120
HEADER = """# German texts. Written by `manage.py messages`; fill in msgstr, the rest is kept.
msgid ""
msgstr ""
"Language: de\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def collect(root: Path) -> Catalog:
    """Collect every message id of the project's templates and Python files, with the files that use it."""
    found = Catalog(locale="de", charset="utf-8", fuzzy=False)
    for path in _sources(root):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # one line: what stands between the calls is noise that would be bad indentation in Python
            text = re.sub(r"\s*\n\s*", " ", templatize(text, origin=str(path))).strip()
        for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
            if message:
                found.add(message, context=context, locations=[(str(path.relative_to(root)), 0)])
    return found


def merge(kept: Catalog, found: Catalog) -> Catalog:
    """Take the message ids that are used now, with the German that is there; what is used no more goes."""
    merged = Catalog(locale="de", charset="utf-8", fuzzy=False)
    for message in sorted(found, key=_order):
        if message.id:
            old = kept.get(_key(message), message.context)
            same_shape = old is not None and isinstance(old.id, tuple) == isinstance(message.id, tuple)
            text = old.string if old is not None and same_shape else None
            flags = {"fuzzy"} if old is not None and old.fuzzy else set()
            files = sorted({file for file, _ in message.locations})
            merged.add(message.id, text, [(file, 0) for file in files], flags, context=message.context)
    return merged


def problems(kept: Catalog, found: Catalog) -> list[str]:
    """Say what is wrong with the German: missing, fuzzy, without its places, or not used any more."""
    wrong = []
    for message in sorted(found, key=_order):
        if not message.id:
            continue
        text = kept.get(_key(message), message.context)
        if text is None or not all(_forms(text)) or isinstance(text.id, tuple) != isinstance(message.id, tuple):
            wrong.append(f"missing: {_key(message)!r}")
        elif text.fuzzy:
            wrong.append(f"fuzzy: {_key(message)!r}")
        elif not set(_places(_forms(text)[-1])) <= set(_places(str(_ids(message)[-1]))) | set(_places(_key(message))):
            wrong.append(f"places differ: {_key(message)!r}")
    unused = [m for m in kept if m.id and found.get(_key(m), m.context) is None]
    return wrong + [f"not used: {_key(message)!r}" for message in sorted(unused, key=_order)]


def read(path: Path) -> Catalog:
    """Read a .po file; an empty catalogue when there is none."""
    if not path.exists():
        return Catalog(locale="de", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="de")


def write(path: Path, catalog: Catalog) -> None:
    """Write a .po file: sorted, without line numbers and dates, so that only words make a difference."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=LINE_WIDTH, omit_header=True, include_lineno=False)
    path.write_text(HEADER + buffer.getvalue().decode(), encoding="utf-8")


def compile_to(path: Path, catalog: Catalog) -> None:
    """Write the binary file that Django reads."""
    with path.open("wb") as file:
        write_mo(file, catalog)


def _sources(root: Path) -> Iterator[Path]:
    for name in ROOTS:
        for path in sorted((root / name).rglob("*")):
            if path.suffix in (".py", ".html", ".txt", ".mjml") and "migrations" not in path.parts and path.is_file():
                yield path


def _ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, list | tuple) else (message.id,)


def _forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)


def _key(message: Message) -> str:
    return _ids(message)[0]


def _order(message: Message) -> tuple[str, str]:
    return (_key(message).lower(), f"{_key(message)}\0{message.context or ''}") if message.id else ("", "")


def _places(text: str) -> list[str]:
    return re.findall(r"%\(\w+\)[sd]|\{\w*\}|(?<!%)%[sd]", text)
