"""Answers what a slot shows to somebody: a message, products, the fallback, or nothing; and counts that it was asked."""

from datetime import datetime

from orchestrator.channels.slots import counts, queries
from orchestrator.channels.slots.models import Slot
from orchestrator.channels.slots.products import products_for, products_with
from orchestrator.channels.slots.queries import Shown


class UnknownSlot(Exception):
    """There is no slot with this short name."""


def decide(*, slug: str, contact_id: int | None, language: str, product: str = "", now: datetime) -> Shown:
    """Say what a slot shows now to a person, None for somebody who is not known. Raises UnknownSlot.

    language: "en" or "de", of the visitor, where the person's own is not known. product: the page's, for what is bought
    together with it: that says nothing about the visitor and asks nobody's consent.
    """
    place = queries.place_of(slug)
    if place is None:
        raise UnknownSlot
    answer = _answer(place, slug, contact_id, language, product, now) if place.active else None
    answer = answer or (queries.fallback_of(place, language=language) if place.active else _nothing(place))
    counts.note("asked", slot=place.id, answer=answer.answer, journey=answer.journey, now=now)
    return answer


def _answer(
    place: queries.Place, slug: str, contact_id: int | None, language: str, product: str, now: datetime
) -> Shown | None:
    best = queries.best_of(place, slug, contact_id=contact_id, now=now) if contact_id else None
    if best is not None or place.kind != Slot.Kind.RECOMMENDATION:
        return best
    if product:
        return products_with(place, product, language=language)
    return products_for(place, contact_id, language=language, now=now) if contact_id else None


def _nothing(place: queries.Place) -> Shown:
    return queries.fallback_of(place._replace(texts={}), language="")
