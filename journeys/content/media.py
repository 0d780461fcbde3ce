"""Keeps the pictures of the media library: taken in, described, thrown away; and says where each is used."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet

from journeys.content.listing import OPEN
from journeys.content.models import Block, Image, Revision, Variant
from journeys.content.pictures import remade


class StillUsed(Exception):
    """A picture stands in texts: blocks says in whose."""

    def __init__(self, blocks: Collection[Block]) -> None:
        super().__init__(", ".join(block.slug for block in blocks))
        self.blocks = list(blocks)


class Found(NamedTuple):
    """A picture taken in. made: it was not there before."""

    image: Image
    made: bool


@transaction.atomic
def take_in(
    *, upload: bytes, file_name: str, alt_en: str, alt_de: str, by: AbstractBaseUser | None, now: datetime
) -> Found:
    """Keep an uploaded picture, written anew; the same picture again is the one that is there. Raises pictures.Refused."""
    made = remade(upload)
    name = _plain_name(file_name)
    image, new = Image.objects.get_or_create(
        checksum=hashlib.sha256(made.content).hexdigest(),
        defaults={
            "file_name": name, "name_en": name, "name_de": name, "mime": made.mime, "width": made.width, "height": made.height,
            "size": len(made.content), "content": made.content, "alt_en": alt_en[:300], "alt_de": alt_de[:300],
            "by_id": by.pk if by else None, "at": now,
        },
    )  # fmt: skip
    return Found(image, new)


@transaction.atomic
def describe(*, image_id: int, name: str, alt_en: str, alt_de: str) -> Image:
    """Say what a picture is called and what it shows. Texts that are sent keep what was said when they were approved."""
    image = Image.objects.select_for_update().defer("content").get(pk=image_id)
    image.name_en = image.name_de = name[:200] or image.file_name
    image.alt_en, image.alt_de = alt_en[:300], alt_de[:300]
    image.save(update_fields=["name_en", "name_de", "alt_en", "alt_de"])
    return image


@transaction.atomic
def throw_away(*, image_id: int) -> None:
    """Delete a picture that stands in no text, neither one that is sent nor one that is written. Raises StillUsed."""
    image = Image.objects.select_for_update().defer("content").get(pk=image_id)
    if blocks := blocks_with(image.checksum):
        raise StillUsed(blocks)
    image.delete()


def library(words: str = "") -> QuerySet[Image]:
    """List pictures, the newest first, without their bytes; every word stands in a name or in what it shows."""
    found = Image.objects.defer("content").select_related("by").order_by("-at", "-pk")
    for word in words.split()[:6]:
        named = Q(name_en__icontains=word) | Q(file_name__icontains=word)
        found = found.filter(named | Q(alt_en__icontains=word) | Q(alt_de__icontains=word))
    return found


def blocks_with(checksum: str) -> list[Block]:
    """List the blocks in whose sent texts or open drafts a picture stands, written by hand or by a part."""
    return used_in([checksum])[checksum]


def used_in(checksums: Collection[str]) -> dict[str, list[Block]]:
    """List for each picture the blocks where it stands, in sent texts and open drafts; three statements however many."""
    rows = Variant.objects.filter(Q(body__contains="/media/") | Q(parts__icontains='"image"'))
    texts = [(block, f"{body} {parts}") for block, body, parts in rows.values_list("block_id", "body", "parts")]
    drafts = Revision.objects.filter(state__in=OPEN).values_list("block_id", "variants")
    texts += [(block, str(variants)) for block, variants in drafts]
    found = {checksum: {block for block, text in texts if checksum in text} for checksum in checksums}
    blocks = {block.pk: block for block in Block.objects.filter(pk__in={pk for each in found.values() for pk in each})}
    return {
        checksum: sorted((blocks[pk] for pk in each), key=lambda block: block.slug) for checksum, each in found.items()
    }


def _plain_name(given: str) -> str:
    plain = given.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in plain if char.isprintable())[:200] or "picture"
