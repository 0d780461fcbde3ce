"""What a mail is put together from: headings, texts, pictures, buttons ... made into the MJML of a body."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from journeys.content.sandbox import LIQUID

Part = dict[str, Any]
MOST_PARTS = 60
# kind -> its fields; the first is the one that must not be empty
KINDS: dict[str, tuple[str, ...]] = {
    "heading": ("text",),
    "text": ("text",),
    "image": ("image", "link"),
    "button": ("text", "url"),
    "quote": ("text", "by"),
    "lines": ("list", "label", "amount"),
    "divider": (),
    "mjml": ("text",),
}
KIND_NAMES = {
    "heading": {"en": "Heading", "de": "Überschrift"},
    "text": {"en": "Text", "de": "Text"},
    "image": {"en": "Picture", "de": "Bild"},
    "button": {"en": "Button", "de": "Schaltfläche"},
    "quote": {"en": "Quote", "de": "Zitat"},
    "lines": {"en": "Lines of a cart", "de": "Zeilen des Warenkorbs"},
    "divider": {"en": "Divider", "de": "Trennlinie"},
    "mjml": {"en": "MJML", "de": "MJML"},
}
BLANK: dict[str, Part] = {"lines": {"list": "run.evidence.lines", "label": "name", "amount": "price"}}
PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
CELL = "padding:8px 0;border-bottom:1px solid #e5e7eb;"
LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]+)\)")
BOLD = re.compile(r"\*\*(\S(?:[^*]*\S)?)\*\*")


class Picture(NamedTuple):
    """What a body needs to know of a picture. width: in points of the mail."""

    url: str
    alt: str
    width: int


def body_of(parts: Sequence[Part], pictures: Mapping[str, Picture]) -> str:
    """Make the MJML of a body out of parts. pictures: by checksum; one that is not there leaves its part out."""
    made = (_made(part, pictures) for part in parts)
    return "\n".join(text for text in made if text)


def pictures_in(parts: Sequence[Part] | None) -> list[str]:
    """List the checksums of the pictures that parts show."""
    return [str(part["image"]) for part in parts or () if part.get("kind") == "image" and part.get("image")]


def clean_parts(given: Any) -> list[Part]:
    """Make parts out of what came from outside. Raises ValueError with what is wrong."""
    if not isinstance(given, list) or len(given) > MOST_PARTS:
        raise ValueError(f"parts: expected a list of at most {MOST_PARTS}")
    found: list[Part] = []
    for n, part in enumerate(given):
        kind = part.get("kind") if isinstance(part, Mapping) else None
        if kind not in KINDS:
            raise ValueError(f"parts[{n}].kind: expected one of {', '.join(KINDS)}, got {kind!r}")
        texts = {field: str(part.get(field) or "").strip() for field in KINDS[str(kind)]}
        for field in ("label", "amount", "list"):
            if texts.get(field) and not PATH.fullmatch(texts[field]):
                raise ValueError(f"parts[{n}].{field}: expected the name of a value, got {texts[field]!r}")
        found.append({"id": _id_of(part, found), "kind": kind, **texts})
    return found


def changed(parts: Sequence[Part], do: str) -> list[Part]:
    """Do one thing to a list of parts: "add:text", "up:3", "down:3", "copy:3", "remove:3" (the id). Unknown: unchanged."""
    verb, _colon, what = do.partition(":")
    rows = list(parts)
    if verb == "add" and what in KINDS:
        return [*rows, {"id": _next_id(rows), "kind": what, **dict.fromkeys(KINDS[what], ""), **BLANK.get(what, {})}]
    at = next((n for n, part in enumerate(rows) if str(part["id"]) == what), None)
    if at is None:
        return rows
    if verb == "up" and at:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    elif verb == "down" and at + 1 < len(rows):
        rows[at + 1], rows[at] = rows[at], rows[at + 1]
    elif verb == "copy":
        rows.insert(at + 1, {**rows[at], "id": _next_id(rows)})
    elif verb == "remove":
        del rows[at]
    return rows


def _id_of(part: Mapping[str, Any], found: Sequence[Part]) -> int:
    given = part.get("id")
    taken = {one["id"] for one in found}
    return given if isinstance(given, int) and 0 < given < 10**6 and given not in taken else _next_id(found)


def _next_id(parts: Sequence[Part]) -> int:
    return max((int(part["id"]) for part in parts), default=0) + 1


def _made(part: Part, pictures: Mapping[str, Picture]) -> str:
    kind, text = part["kind"], part.get("text", "")
    if kind == "mjml":
        return str(text)
    if kind == "divider":
        return "<mj-divider />"
    if kind == "heading":
        return f"<mj-text><h1>{_inline(text)}</h1></mj-text>" if text else ""
    if kind == "text":
        return f"<mj-text>{_paragraphs(text)}</mj-text>" if text else ""
    if kind == "button":
        return f'<mj-button href="{_attribute(part.get("url", ""))}">{_inline(text)}</mj-button>' if text else ""
    if kind == "quote":
        by = f'<p style="margin:8px 0 0;font-size:14px">{_inline(part["by"])}</p>' if part.get("by") else ""
        style = 'css-class="quote" padding="8px 0 8px 16px"'
        return (
            f'<mj-text {style}><p style="margin:0;font-style:italic">{_inline(text)}</p>{by}</mj-text>' if text else ""
        )
    if kind == "image":
        return _picture(part, pictures)
    return _lines(part)


def _picture(part: Part, pictures: Mapping[str, Picture]) -> str:
    found = pictures.get(str(part.get("image", "")))
    if found is None:
        return ""
    link = f' href="{_attribute(part["link"])}"' if part.get("link") else ""
    size = f' width="{found.width}px"' if found.width < 552 else ""
    return f'<mj-image src="{found.url}" alt="{_attribute(found.alt)}"{size}{link} align="left" />'


def _lines(part: Part) -> str:
    label, amount = part.get("label") or "name", part.get("amount")
    value = f'{{% if line.{amount} %}}{{{{ line.{amount} | money: "EUR" }}}}{{% endif %}}' if amount else ""
    right = f'<td style="{CELL}text-align:right">{value}</td>' if amount else ""
    row = f'<tr><td style="{CELL}">{{{{ line.{label} | default: "–" }}}}</td>{right}</tr>'
    return f"<mj-table>{{% for line in {part.get('list') or 'run.evidence.lines'} limit: 20 %}}{row}{{% endfor %}}</mj-table>"


def _paragraphs(text: str) -> str:
    found = []
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        lines = paragraph.split("\n")
        if all(line.startswith("- ") for line in lines):
            found.append("<ul>" + "".join(f"<li>{_inline(line[2:])}</li>" for line in lines) + "</ul>")
        else:
            found.append("<br />".join(_inline(line) for line in lines))
    if len(found) == 1:
        return found[0]
    return "".join(text if text.startswith("<ul>") else f'<p style="margin:0 0 12px">{text}</p>' for text in found)


def _inline(text: str) -> str:
    """Make HTML of one line: **bold** and [a link](https://...) mean something, everything else is text; Liquid stays."""
    text, liquid = _without_liquid(text)
    made = html.escape(text, quote=False)
    made = LINK.sub(lambda found: f'<a href="{found[2].replace(chr(34), "&quot;")}">{found[1]}</a>', made)
    return _with_liquid(BOLD.sub(r"<strong>\1</strong>", made), liquid)


def _attribute(text: str) -> str:
    text, liquid = _without_liquid(text.strip())
    return _with_liquid(html.escape(text), liquid)


def _without_liquid(text: str) -> tuple[str, list[str]]:
    liquid: list[str] = []

    def kept(found: re.Match[str]) -> str:
        liquid.append(found[0])
        return f"\x02{len(liquid) - 1}\x03"

    return LIQUID.sub(kept, re.sub("[\x02\x03]", "", text)), liquid


def _with_liquid(text: str, liquid: list[str]) -> str:
    return re.sub("\x02(\\d+)\x03", lambda found: liquid[int(found[1])], text)
