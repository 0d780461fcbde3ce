"""What makes a purpose consistent, and what changes between two wordings."""

import difflib
import hashlib
import re
from typing import NamedTuple

SLUG = re.compile(r"[a-z][a-z0-9_]{1,49}")
OWN = frozenset({"email_marketing", "profiling", "third_party", "service"})  # the product itself asks for these
PERMITS = ("active", "enforcement", "existing_customer", "parent_id")  # a change of these changes who may be used
FIXED = ("kind", "enforcement")  # of the product's own purposes


class Draft(NamedTuple):
    """A purpose as wanted. parent: id of the purpose of which it is a topic, None for a purpose of its own."""

    slug: str
    name_en: str
    name_de: str
    kind: str
    channel: str
    parent_id: int | None
    enforcement: str
    legal_basis: str
    existing_customer: bool = False
    similar_goods: str = ""
    notice_en: str = ""
    notice_de: str = ""


PROBLEMS = {
    "slug": {
        "en": "Small letters, digits and _, at least two; it begins with a letter.",
        "de": "Kleine Buchstaben, Ziffern und _, mindestens zwei; am Anfang ein Buchstabe.",
    },
    "taken": {"en": "There is a purpose of this short name.", "de": "Diesen Kurznamen hat schon ein Zweck."},
    "name": {"en": "Both names are needed.", "de": "Beide Namen werden gebraucht."},
    "own": {
        "en": "The product itself relies on this purpose: its kind and enforcement stay, and it stays switched on.",
        "de": "Das Produkt selbst verlässt sich auf diesen Zweck: Art und Durchsetzung bleiben, und er bleibt eingeschaltet.",
    },
    "parent": {
        "en": "A topic belongs to a purpose that is no topic itself, and is of its kind.",
        "de": "Ein Thema gehört zu einem Zweck, der selbst kein Thema ist, und ist von gleicher Art.",
    },
    "has_topics": {
        "en": "It has topics itself, so it cannot be one.",
        "de": "Er hat selbst Themen und kann deshalb keines sein.",
    },
    "basis": {"en": "Name the legal basis.", "de": "Die Rechtsgrundlage fehlt."},
    "contract": {
        "en": "Only a purpose of the kind “contract” goes without consent, and it always does.",
        "de": "Nur ein Zweck der Art „Vertrag“ kommt ohne Einwilligung aus, und der immer.",
    },
    "existing": {
        "en": "§ 7(3) UWG is for communication with consent: own similar goods and the notice in both languages are needed.",
        "de": "§ 7 Abs. 3 UWG gilt für Kommunikation mit Einwilligung: eigene ähnliche Waren und der Hinweis in beiden Sprachen fehlen.",
    },
}


def problems_of(draft: Draft) -> list[tuple[str, str]]:
    """Every problem that the draft has by itself: (field, key of PROBLEMS)."""
    found = []
    if not SLUG.fullmatch(draft.slug):
        found.append(("slug", "slug"))
    if not draft.name_en.strip() or not draft.name_de.strip():
        found.append(("name_en" if not draft.name_en.strip() else "name_de", "name"))
    if not draft.legal_basis.strip():
        found.append(("legal_basis", "basis"))
    if (draft.kind == "contract") != (draft.enforcement == "none"):
        found.append(("enforcement", "contract"))
    if draft.existing_customer:
        fits = draft.kind == "communication" and draft.enforcement == "opt_in"
        needed = (draft.similar_goods, draft.notice_en, draft.notice_de)
        if not fits or not all(text.strip() for text in needed):
            found.append(("existing_customer", "existing"))
    return found


def digest_of(text: str) -> str:
    """SHA-256 of a wording in hex, as part of every proof."""
    return hashlib.sha256(text.encode()).hexdigest()


class Piece(NamedTuple):
    """A part of a text beside the one before: "same", "added" or "removed"."""

    how: str
    text: str


def compared(before: str, after: str) -> list[Piece]:
    """Say word by word what changed between two texts."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    pieces = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(Piece("removed", "".join(old[a:b])))
        if d > c:
            pieces.append(Piece("added", "".join(new[c:d])))
    return pieces
