"""Which live journeys offer what to whom, and where they get in each other's way."""

from itertools import combinations
from typing import Any, NamedTuple

from django.db.models import F
from django.utils.translation import get_language

from contacts.profiles.models import Contact
from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.definitions.models import Journey, Step
from journeys.offers.models import Offer
from journeys.offers.rules import contradictions, say_conflict
from orchestrator.kernel import sql
from orchestrator.kernel.fields import translated

SHOWN = 5  # people of each pair
TONES = {"exclusive": "red", "discounts": "amber", "overlap": "amber", "same_phase": "grey"}


class Place(NamedTuple):
    """A journey that makes an offer, or speaks of it. steps: their names."""

    journey: Journey
    offer: Offer
    steps: list[str]


def places(slug: str | None = None) -> list[Place]:
    """List which live journeys make which offers, by journey; two statements. slug: of one offer only."""
    offers = {offer.slug: offer for offer in Offer.objects.all()}
    live = Step.objects.filter(version=F("version__journey__live_version"), settings__has_key="offer")
    live = live.exclude(version__journey__state=Journey.State.ARCHIVED)
    if slug is not None:
        live = live.filter(settings__offer=slug)
    found: dict[tuple[int, str], Place] = {}
    for step in live.select_related("version__journey").order_by("version__journey__slug", "position"):
        journey, named = step.version.journey, step.settings["offer"]
        if named in offers:
            place = found.setdefault((journey.pk, named), Place(journey, offers[named], []))
            place.steps.append(step.name)
    return list(found.values())


def conflict_rows(slug: str | None = None) -> list[dict[str, Any]]:
    """List pairs of journeys whose offers may meet at the same people, the worst first; four statements at most.

    slug: only pairs with this offer. One offer in two journeys is no conflict: whoever has it keeps it.
    """
    pairs = [
        (mine, other)
        for mine, other in combinations(places(), 2)
        if mine.offer.pk != other.offer.pk
        and mine.journey.pk != other.journey.pk
        and (slug is None or slug in (mine.offer.slug, other.offer.slug))
    ]
    shared = _shared(pairs)
    names = {
        one.pk: one.name for one in Contact.objects.filter(pk__in={pk for _, ids in shared.values() for pk in ids})
    }
    rows = []
    for place, (mine, other) in enumerate(pairs, 1):
        n, ids = shared.get(place, (0, []))
        found = _wrong(mine, other, n)
        if found:
            people = [{"id": pk, "name": names.get(pk, "")} for pk in ids]
            rows.append({**_row(mine, other, found), "people": n, "sample": people, "more": n - len(people)})
    rank = {key: at for at, key in enumerate(TONES)}
    return sorted(rows, key=lambda row: (rank[row["worst"]], -row["people"]))


def _shared(pairs: list[tuple[Place, Place]]) -> dict[int, tuple[int, list[int]]]:
    if not pairs:
        return {}
    params = {
        "firsts": [mine.journey.pk for mine, _ in pairs],
        "seconds": [other.journey.pk for _, other in pairs],
        "most": SHOWN,
    }
    found = sql.rows(sql.statement("journeys/offers/sql/overlaps.sql"), params)
    return {place: (n, ids) for place, n, ids in found}


def _wrong(mine: Place, other: Place, shared: int) -> list[str]:
    """What stands against the two; nothing where they share nobody and cannot meet."""
    if not shared and not _may_meet(mine, other):
        return []
    both = bool(mine.offer.segments and other.offer.segments)
    exclusive = both and not set(mine.offer.segments) & set(other.offer.segments)
    if exclusive and not shared:
        return []
    return list(contradictions(mine.offer.kind, other.offer.kind, same=False, exclusive=exclusive, shared=shared))


def _may_meet(mine: Place, other: Place) -> bool:
    """Whether both speak to people of one phase: the phases of the offers, else those of the journeys."""
    return bool(_phases(mine) & _phases(other))


def _phases(place: Place) -> set[str]:
    return set(place.offer.phases) or {place.journey.phase}


def _row(mine: Place, other: Place, found: list[str]) -> dict[str, Any]:
    language = (get_language() or "en")[:2]
    return {
        "worst": found[0],
        "found": [{"text": say_conflict(code, language), "tone": TONES[code]} for code in found],
        "sides": [_side(mine), _side(other)],
        "phases": [translated(PHASE_NAMES[Phase(one)]) for one in Phase if one in _phases(mine) & _phases(other)],
    }


def _side(place: Place) -> dict[str, Any]:
    return {
        "journey": place.journey.name,
        "journey_slug": place.journey.slug,
        "offer": place.offer.name,
        "offer_slug": place.offer.slug,
        "kind": place.offer.get_kind_display(),
        "priority": place.journey.priority,
        "steps": place.steps,
    }
