"""The names that teams gave to events, segments, signals ...: read once for a page, used by its sentences."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet, Value

Names = Mapping[tuple[str, str], Mapping[str, str]]  # (kind, short name) -> {"en", "de"}

_sources: dict[str, Callable[[], QuerySet[Any]]] = {}
QUOTES = {"en": "“{}”", "de": "„{}“"}


def register_names(kind: str, source: Callable[[], QuerySet[Any]]) -> None:
    """Add a kind of named things; source: its rows with slug, name_en and name_de."""
    _sources[kind] = source


def load_names() -> Names:
    """Read the names of every kind, in one statement."""
    parts = [
        source().order_by().annotate(said_kind=Value(kind)).values_list("said_kind", "slug", "name_en", "name_de")
        for kind, source in _sources.items()
    ]
    rows = parts[0].union(*parts[1:], all=True) if parts else []
    return {(kind, slug): {"en": english, "de": german} for kind, slug, english, german in rows}


def named(names: Names | None, kind: str, slug: str, language: str) -> str:
    """Say the name of a thing; the short name with blanks where nobody named it."""
    given = (names or {}).get((kind, slug), {})
    return given.get(language) or given.get("en") or spaced(slug)


def quoted(names: Names | None, kind: str, slug: str, language: str) -> str:
    """Say the name of a thing in the quotes of the language."""
    return QUOTES[language].format(named(names, kind, slug, language))


def spaced(slug: str) -> str:
    """A short name with blanks."""
    return slug.replace("_", " ").replace("-", " ")
