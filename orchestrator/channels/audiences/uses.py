"""What audiences name: the segments and lists that they follow, and their purpose."""

from collections.abc import Iterator

from contacts.conditions.uses import Use, register_uses
from orchestrator.channels.audiences.models import Audience


def audience_uses() -> Iterator[Use]:
    """What audiences name, also those that have ended: they can be taken up again."""
    found = Audience.objects.select_related("segment", "people", "purpose")
    for one in found:
        name = {"en": one.name_en, "de": one.name_de}
        for segment in (one.segment, one.people):
            if segment is not None:
                yield Use("segment", segment.slug, "audience", one.slug, name, "rule")
        yield Use("consent", one.purpose.slug, "audience", one.slug, name, "rule")


register_uses(audience_uses)
