"""Makes letters into one file to print: A4, an address window as DIN 5008 form B has it, a sender line, fold marks, the imprint."""

import csv
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from contacts.imports.rules import harmless
from orchestrator.channels.letters.models import Letter
from orchestrator.channels.letters.queries import lines_of
from orchestrator.channels.letters.rules import paragraphs

ROOT = Path(__file__).resolve().parents[3]
FONT = ROOT / "static" / "vendor" / "inter.woff2"
STYLE = ROOT / "static" / "css" / "letter.css"
HEAD = ("number", "touch", "name", "company", "street", "postal_code", "city", "country", "language", "journey")


class NoPrinter(Exception):
    """The libraries that make files to print are not there (Debian: libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0)."""


def pdf_of(letters: Sequence[Letter]) -> bytes:
    """Make one PDF of letters, each on pages of its own. Nothing is fetched from anywhere. Raises NoPrinter."""
    weasyprint, fetcher, fonts, style = _printer()
    documents = [
        weasyprint.HTML(string=_page(letter), url_fetcher=fetcher).render(stylesheets=[style], font_config=fonts)
        for letter in letters
    ]
    if not documents:
        documents = [weasyprint.HTML(string="<p></p>", url_fetcher=fetcher).render()]
    whole = documents[0].copy([page for document in documents for page in document.pages])
    return bytes(whole.write_pdf())


def csv_of(letters: Sequence[Letter]) -> bytes:
    """Make the table of addresses, in the order of the pages."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEAD)
    for n, one in enumerate(letters, 1):
        cells = (n, one.touch_id, *(getattr(one, key) for key in HEAD[2:9]), one.touch.journey.slug)
        writer.writerow([harmless(str(cell)) for cell in cells])
    return file.getvalue().encode("utf-8-sig")


def _page(letter: Letter) -> str:
    language = letter.language if letter.language in dict(settings.LANGUAGES) else "en"
    with translation.override(language):
        return render_to_string(
            "orchestrator/letters/letter.html",
            {
                "language": language,
                "sender": settings.LETTER_FROM,
                "lines": lines_of(letter),
                "place": settings.LETTER_PLACE,
                "at": letter.at,
                "subject": letter.subject,
                "paragraphs": paragraphs(letter.text),
                "objection": settings.LETTER_OBJECTION[language] if letter.marketing else "",
                "imprint": settings.MAIL_IMPRINT.splitlines(),
            },
        )


@cache
def _printer() -> tuple[Any, Any, Any, Any]:
    """The library with what all letters share. It is imported here only: it needs libraries of the system."""
    from PIL import ImageFile

    cut = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except OSError as error:  # a shared library is missing
        raise NoPrinter(str(error)) from error
    finally:  # the library has Pillow take pictures that are cut short, in the whole process; uploads must be whole
        ImageFile.LOAD_TRUNCATED_IMAGES = cut

    class OurFont(URLFetcher):  # type: ignore[misc]  # the library has no types
        """Gives our font, and nothing else from anywhere."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url != "our:font":
                raise ValueError("letters fetch nothing")
            return URLFetcherResponse(url, FONT.read_bytes(), {"Content-Type": "font/woff2"})

    fonts, fetcher = FontConfiguration(), OurFont()
    style = weasyprint.CSS(string=STYLE.read_text(encoding="utf-8"), url_fetcher=fetcher, font_config=fonts)
    return weasyprint, fetcher, fonts, style
