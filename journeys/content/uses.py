"""What texts name: the attributes of a person that stand in them, in what is sent and in open drafts."""

import re
from collections.abc import Iterator

from contacts.conditions.uses import Use, register_uses
from journeys.content.listing import OPEN
from journeys.content.models import Block, Revision, Variant

ATTRIBUTE = re.compile(r"\bcontact\.attributes(?:\.([A-Za-z_][\w-]*)|\[\s*[\"']([^\"']+)[\"']\s*\])")


def text_uses() -> Iterator[Use]:
    """What the texts of blocks that are not archived name; three statements."""
    for block, text in _texts():
        name = {"en": block.name_en, "de": block.name_de}
        for plain, quoted in ATTRIBUTE.findall(text):
            yield Use("attribute", plain or quoted, "content", block.slug, name, "text")


def _texts() -> Iterator[tuple[Block, str]]:
    there = {block.pk: block for block in Block.objects.exclude(state=Block.State.ARCHIVED).order_by("slug")}
    for variant in Variant.objects.filter(block__in=there).order_by("block__slug", "language"):
        yield there[variant.block_id], f"{variant.subject} {variant.preheader} {variant.body}"
    for revision in Revision.objects.filter(block__in=there, state__in=OPEN).order_by("block__slug"):
        for texts in revision.variants:
            yield there[revision.block_id], f"{texts['subject']} {texts['preheader']} {texts['body']}"


register_uses(text_uses)
