"""What the rules of offers name: who may get them, and for which segments they are."""

from collections.abc import Iterator

from contacts.conditions.uses import Use, named_by, register_uses
from journeys.offers.models import Offer


def offer_uses() -> Iterator[Use]:
    """What offers name that are not over."""
    for offer in Offer.objects.exclude(state=Offer.State.ENDED):
        name = {"en": offer.name_en, "de": offer.name_de}
        for kind, slug in named_by(offer.eligibility):
            if (kind, slug) != ("offer", offer.slug):
                yield Use(kind, slug, "offer", offer.slug, name, "rule")
        for slug in offer.segments:
            yield Use("segment", slug, "offer", offer.slug, name, "rule")
        if offer.accepted_by:
            yield Use("event", offer.accepted_by, "offer", offer.slug, name, "goal")


register_uses(offer_uses)
