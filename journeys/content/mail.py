"""A mail out of MJML with Liquid: compiled once for a text, then only filled, its links apart. It runs in a child (`child.py`) only."""

import html
import re
from functools import cache, lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import css_inline
import mjml
from liquid import BoundTemplate

from journeys.content.rules import CONTROLS, OUTPUT_LIMIT, SOURCE_LIMIT, ContentProblem, one_line
from journeys.content.sandbox import LIQUID, Context, Sandbox, fill, parse

FRAME = Path(__file__).resolve().parents[2] / "templates" / "journeys" / "content" / "_mail.mjml"
PLACE = "<!--body-->"
SLOT = re.compile(r"<!--liquidslot(\d+)x-->|liquidslot(\d+)x")
ONLY_HTML = re.compile(
    "mj-(text|button|table|raw|title|preview|style|navbar-link|social-element|accordion-t(ext|itle))"
)
NOT_IN_A_BODY = re.compile(
    r"</?(mjml|mj-body|mj-head|mj-include|mj-column|mj-section|mj-wrapper|script|iframe|object|form)\b", re.I
)
MARKUP = re.compile(
    r"<!--.*?-->|<(/?)([a-zA-Z][\w-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>|liquidslot(\d+)x|[^<\s]", re.DOTALL
)
ANCHOR = re.compile(r"(<a\b[^<>]*?\bhref=\")([^\"]*)(?=\")")
LINK = re.compile("\x02([^\x03]*)\x03")  # around an address in the text part; values cannot contain these
BARE_TABLE = re.compile(r"(<mj-table\b[^>]*>)((?:(?!</mj-table>|<tbody|<thead).)*)(</mj-table>)", re.DOTALL)
BLOCKS = frozenset(
    ["p", "div", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr"]
)
UNSEEN = frozenset(["head", "style", "script", "title"])
SCHEMES = ("https://", "http://", "mailto:", "tel:", "#")
HTML = Sandbox(autoescape=True)
TEXT = Sandbox(autoescape=False)
INLINER = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


class Compiled(NamedTuple):
    """The parts of one text, ready to be filled."""

    subject: BoundTemplate
    preheader: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate


class Mail(NamedTuple):
    """A message for one person; of the pieces every second one is the address of a link."""

    subject: str
    html: list[str]
    text: list[str]


@lru_cache(maxsize=256)
def compiled(subject: str, preheader: str, body: str) -> Compiled:
    """Compile one text. The text is its own key: a changed text is a new one. Raises ContentProblem."""
    source, liquid = _with_slots(_framed(body))
    try:
        page = INLINER.inline(mjml.mjml2html(source))
    except (ValueError, css_inline.InlineError) as error:
        raise ContentProblem(f"MJML: {_in_words(str(error), liquid)}") from error
    seen = [int(found[1] or found[2]) for found in SLOT.finditer(page)]
    for n, bit in enumerate(liquid):
        if (seen.count(n) != 1) if bit.startswith("{%") else (n not in seen):
            raise ContentProblem(f"Liquid cannot stand here: {bit}")
    return Compiled(
        parse(subject, TEXT),
        parse(preheader, TEXT),
        parse(_filled_slots(page, liquid), HTML, OUTPUT_LIMIT),
        parse(_filled_slots(_text_of(page), liquid), TEXT, OUTPUT_LIMIT),
    )


def render(parts: Compiled, context: Context) -> Mail:
    """Fill a compiled text for one person.

    context: must hold `mail` (language, sender, why ...). Raises ContentProblem.
    """
    subject = one_line(fill(parts.subject, context))
    if not subject:
        raise ContentProblem("the subject is empty")
    mail = {**context["mail"], "subject": subject, "preheader": one_line(fill(parts.preheader, context))}
    values = {**context, "mail": mail}
    page: list[str] = []
    end = 0
    whole = fill(parts.html, values)
    for link in ANCHOR.finditer(whole):
        page += [whole[end : link.end(1)], _address(html.unescape(link[2]))]
        end = link.end()
    text = LINK.split(_tidy(fill(parts.text, values)))
    text[1::2] = map(_address, text[1::2])
    return Mail(subject, [*page, whole[end:]], text)


def _address(url: str) -> str:
    """Let only harmless kinds of links out."""
    url = re.sub(r"[\x00-\x20\x7f]+", "", url)
    return url if url.lower().startswith(SCHEMES) else "#"


@cache
def _frame() -> tuple[str, str]:
    before, after = FRAME.read_text(encoding="utf-8").split(PLACE)
    return before, after


def _framed(body: str) -> str:
    if len(body.encode("utf-8", "surrogatepass")) > SOURCE_LIMIT:
        raise ContentProblem(f"longer than {SOURCE_LIMIT // 1024} KiB")
    if found := NOT_IN_A_BODY.search(LIQUID.sub("", body)):
        raise ContentProblem(f"{found[0]}> cannot stand in a body: it is what stands inside one column")
    if "liquidslot" in body or CONTROLS.search(body):
        raise ContentProblem("there are control characters in the body")
    before, after = _frame()
    body = BARE_TABLE.sub(r"\1<tbody>\2</tbody>\3", body)  # so that a loop over rows stays inside of it
    return before + body + after


def _with_slots(source: str) -> tuple[str, list[str]]:
    """Put a word into the place of every bit of Liquid, of a kind that MJML, HTML and CSS carry along untouched."""
    liquid: list[str] = []

    def slot(found: re.Match[str]) -> str:
        liquid.append(found[0])
        return f"liquidslot{len(liquid) - 1}x"

    text = LIQUID.sub(slot, source)
    within = 0  # how deep inside a component whose content is HTML
    column = 0

    def placed(found: re.Match[str]) -> str:
        nonlocal within, column
        name = (found[2] or "").lower()
        if ONLY_HTML.fullmatch(name) and not found[4]:
            within += -1 if found[1] else 1
        elif name == "mj-column":
            column += -1 if found[1] else 1
        is_text = found[5] is not None or not found[0].startswith("<")
        if not is_text:
            return found[0]
        tag = found[5] is not None and liquid[int(found[5])].startswith("{%")
        if within:
            return f"<!--{found[0]}-->" if tag else found[0]
        if tag:
            return f"<mj-raw><!--{found[0]}--></mj-raw>"
        raise ContentProblem("text stands between components: put it into <mj-text>")

    return MARKUP.sub(placed, text), liquid


def _filled_slots(text: str, liquid: list[str]) -> str:
    return SLOT.sub(lambda found: liquid[int(found[1] or found[2])], text)


def _in_words(message: str, liquid: list[str]) -> str:
    return _filled_slots(message, liquid)[:300]


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _TextOf(HTMLParser):
    """Reads the compiled page and keeps what a person would read, links with their addresses, Liquid in place."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.unseen = 0
        self.anchors: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if (
            tag in UNSEEN
            or (tag == "div" and self.unseen)
            or (tag == "div" and "display:none" in values.get("style", ""))
        ):
            self.unseen += 1
        if self.unseen:
            return
        if tag in BLOCKS or tag == "br":
            self.out.append("\n- " if tag == "li" else "\n")
        elif tag == "img" and values.get("alt"):
            self.out.append(values["alt"])
        elif tag == "a":
            self.anchors.append((values.get("href", ""), len(self.out)))

    def handle_endtag(self, tag: str) -> None:
        if self.unseen:
            self.unseen -= tag in UNSEEN or tag == "div"
        elif tag == "a" and self.anchors:
            url, start = self.anchors.pop()
            label = "".join(self.out[start:]).strip()
            if url and label != url:
                self.out.append(f": \x02{url}\x03" if label else f"\x02{url}\x03")
            elif url:
                self.out[start:] = [f"\x02{url}\x03"]
        elif tag in ("td", "th"):
            self.out.append(" ")
        elif tag in BLOCKS:
            self.out.append("\n\n" if tag in ("p", "h1", "h2", "h3") else "\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.out.append(re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        if data.startswith("liquidslot"):
            self.out.append(data)


def _text_of(page: str) -> str:
    reader = _TextOf()
    reader.feed(page)
    reader.close()
    return "".join(reader.out)
