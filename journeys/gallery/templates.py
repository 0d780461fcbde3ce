"""The templates of the classic journeys: their files, and the pages that say when to use them."""

import copy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from journeys.gallery.reading import read_document
from journeys.gallery.rules import SECTIONS, Thing, ident

ROOM = Path(__file__).resolve().parent
# in the order of a customer's life
SLUGS = (
    "onboarding",
    "abandoned-booking",
    "b2b-nurture",
    "abandoned-cart",
    "post-purchase",
    "loyalty",
    "reactivation",
    "win-back",
)
# what a page says, in its order; each a text or a list of texts in en and de
PARTS = ("what_for", "whom", "needs", "adapt", "good", "pitfalls")


class Template(NamedTuple):
    """A template: its file as a document, and its page by language and part."""

    slug: str
    document: dict[str, Any]
    guide: dict[str, dict[str, Any]]

    @property
    def journey(self) -> dict[str, Any]:
        """The definition of its journey."""
        found: dict[str, Any] = self.document["journeys"][0]
        return found

    def brings(self) -> dict[Thing, list[tuple[str, dict[str, str]]]]:
        """What it brings besides its journey: short names with names, by kind."""
        return {
            thing: [(one[ident(thing)], one["name"]) for one in self.document.get(section, [])]
            for section, thing in SECTIONS.items()
            if thing is not Thing.JOURNEY
        }


def templates() -> list[Template]:
    """Every template."""
    return [template(slug) for slug in SLUGS]


@cache
def template(slug: str) -> Template:
    """Read one template. Raises KeyError when there is none."""
    if slug not in SLUGS:
        raise KeyError(slug)
    document = read_document((ROOM / "templates" / f"{slug}.yaml").read_bytes())
    guide = read_document((ROOM / "guides" / f"{slug}.yaml").read_bytes())
    return Template(slug, document, guide)


def named_anew(document: dict[str, Any], *, slug: str, name: dict[str, str]) -> dict[str, Any]:
    """The file of one journey under another short name and name; conditions that name the journey follow."""
    found = copy.deepcopy(document)
    old = found["journeys"][0]["slug"]
    found["journeys"][0] |= {"slug": slug, "name": name}
    for section in SECTIONS:
        for one in found.get(section, []):
            _rename(one, old, slug)
    return found


def _rename(part: Any, old: str, new: str) -> None:
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _rename(inner, old, new)
    if isinstance(part, dict) and part.get("journey") == old:
        part["journey"] = new
