"""What texts name: the attributes of a person that stand in them."""

import re
from collections.abc import Iterator

from contacts.conditions.uses import Use, register_uses
from journeys.content.models import Block, Variant

ATTRIBUTE = re.compile(r"\bcontact\.attributes(?:\.([A-Za-z_][\w-]*)|\[\s*[\"']([^\"']+)[\"']\s*\])")


def text_uses() -> Iterator[Use]:
    """What the texts of blocks that are not archived name."""
    variants = Variant.objects.exclude(block__state=Block.State.ARCHIVED).select_related("block")
    for variant in variants.order_by("block__slug", "language"):
        name = {"en": variant.block.name_en, "de": variant.block.name_de}
        for plain, quoted in ATTRIBUTE.findall(f"{variant.subject} {variant.preheader} {variant.body}"):
            yield Use("attribute", plain or quoted, "content", variant.block.slug, name, "text")


register_uses(text_uses)
