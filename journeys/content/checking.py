"""Says what is wrong with all texts of a draft together, pictures included, before somebody approves them."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from journeys.content.models import Image
from journeys.content.parts import pictures_in
from journeys.content.queries import problems_of
from journeys.content.rules import Key, Problem
from journeys.content.texts import Texts, composed, key_of, variant_of


def problems_in(variants: Sequence[Texts]) -> list[tuple[Key, Problem]]:
    """List what is wrong with texts, each with the variant where it is."""
    found: list[tuple[Key, Problem]] = []
    images = _images(variants)
    for texts in variants:
        key = key_of(texts)
        found += [(key, problem) for problem in problems_of(variant_of(composed(texts)))]
        found += [(key, problem) for problem in _picture_problems(texts, images)]
    return found


def _images(variants: Sequence[Texts]) -> dict[str, Image]:
    wanted = {checksum for texts in variants for checksum in pictures_in(texts.get("parts"))}
    return {one.checksum: one for one in Image.objects.filter(checksum__in=wanted).defer("content")} if wanted else {}


def _picture_problems(texts: Texts, images: dict[str, Image]) -> list[Problem]:
    found = []
    for part in texts.get("parts") or ():
        if part["kind"] != "image":
            continue
        image = images.get(part["image"])
        if image is None:
            found.append(Problem("body", _("a picture was not chosen, or is gone"), "error", True))
        elif not (image.alt_en and image.alt_de):
            said = {"name": image.name}
            text = _("the picture “%(name)s” does not say what it shows in English and German") % said
            found.append(Problem("body", text, "warning", True))
    return found
