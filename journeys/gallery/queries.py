"""Puts files of journeys together: journeys with everything that they name, and everything that this names."""

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from contacts.conditions.columns import COLUMN_KINDS
from contacts.conditions.uses import in_conditions, named_by
from contacts.stages.models import Stage
from journeys.content.uses import ATTRIBUTE
from journeys.definitions.check import references
from journeys.definitions.models import Journey, Version
from journeys.definitions.operations import weights
from journeys.gallery.blocks import described_blocks
from journeys.gallery.facts import described
from journeys.gallery.rules import FORMAT, SECTION_OF, WRITTEN, Thing
from journeys.offers.queries import export_offers

Needs = dict[str, set[str]]  # what is named: "segment" -> short names
ROUNDS = 20  # segments within segments


class NoJourney(Exception):
    """A journey that does not exist, or has no version."""


def definition_of(slug: str, *, draft: bool = False) -> dict[str, Any]:
    """Read what a journey does: the live version, or the draft where that is asked for or all there is. Raises NoJourney."""
    journey = Journey.objects.select_related("live_version").filter(slug=slug).first()
    if journey is None:
        raise NoJourney(slug)
    newest: Version | None = journey.versions.filter(published_at=None).first()
    version = newest or journey.live_version if draft else journey.live_version or newest
    if version is None:
        raise NoJourney(slug)
    live = journey.live_version.definition if journey.live_version else {}
    by_hand = _by_hand(journey, version.definition, live)
    return {
        key: value for key, value in {**version.definition, **by_hand}.items() if by_hand.get(key, 1) not in (None, "")
    }


def _by_hand(journey: Journey, definition: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """What was set beside a definition of what its messages are worth, and would stay when it is published.

    None or "": what the definition says was taken away.
    """
    said, before = weights(definition=definition), weights(definition=live)
    found = {key: getattr(journey, key) for key in said if said[key] == before[key] != getattr(journey, key)}
    return {key: _number(value) if isinstance(value, Decimal) else value for key, value in found.items()}


def _number(value: Decimal) -> int | float:
    """A number as a file says it: a whole one without .0."""
    return int(value) if value == int(value) else float(value)


def bundle_of(slugs: Collection[str], *, alone: bool = False, draft: bool = False) -> dict[str, Any]:
    """Put journeys into one document, with all that they need unless alone. Raises NoJourney."""
    journeys = [definition_of(slug, draft=draft) for slug in sorted(set(slugs))]
    document: dict[str, Any] = {"bundle": FORMAT, "journeys": journeys}
    if alone:
        return document
    needs: Needs = {}
    for definition in journeys:
        _add(needs, named_by_journey(definition))
    found = _read_needed(needs)
    for thing, things in found.items():
        if things:
            document[SECTION_OF[thing]] = [things[slug] for slug in sorted(things)]
    if stages := Stage.objects.filter(slug__in=needs.get("stage", ())).values_list("slug", flat=True):
        document["stages"] = sorted(stages)
    return {key: document[key] for key in ("bundle", *WRITTEN) if key in document}


def _read_needed(needs: Needs) -> dict[Thing, dict[str, dict[str, Any]]]:
    """Read what is named, and what that names, until nothing more follows."""
    found: dict[Thing, dict[str, dict[str, Any]]] = {thing: {} for thing in Thing if thing is not Thing.JOURNEY}
    for _round in range(ROUNDS):
        before = {kind: set(slugs) for kind, slugs in needs.items()}
        for thing in found:
            wanted = needs.get("event" if thing is Thing.EVENT_TYPE else thing, set()) - set(found[thing])
            if not wanted:
                continue
            new = described_things(thing, wanted)
            found[thing] |= new
            for one in new.values():
                _add(needs, named_by_thing(thing, one))
        if before == needs:
            break
    return found


def described_things(thing: Thing, slugs: Collection[str]) -> dict[str, dict[str, Any]]:
    """Read things of one kind by their short names, as a file says them."""
    if thing is Thing.BLOCK:
        return described_blocks(slugs)
    if thing is Thing.OFFER:
        return {one["slug"]: one for one in export_offers(slugs)}
    if thing is Thing.JOURNEY:
        return {slug: definition_of(slug, draft=True) for slug in _editable(slugs)}
    return described(thing, slugs)


def _editable(slugs: Collection[str]) -> list[str]:
    return list(Version.objects.filter(journey__slug__in=slugs).values_list("journey__slug", flat=True).distinct())


def named_by_journey(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Walk over what a definition names: (kind, short name)."""
    steps = [{key: value for key, value in step.items() if key != "set"} for step in definition["steps"]]
    yield from _plain(in_conditions({**definition, "steps": steps}))
    for found in references(dict(definition)):
        yield found.kind, found.slug
    for step in definition["steps"]:
        for key in step.get("set") or {}:
            yield "attribute", key


def named_by_thing(thing: Thing, one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Walk over what a thing of a file names."""
    yield from _plain(named_by(one.get("condition")))
    if thing is Thing.SIGNAL and one.get("key"):
        yield "event", one["key"]["event"]
    if thing is Thing.OFFER:
        yield from _plain(named_by(one.get("eligibility")))
        yield from (("segment", slug) for slug in one.get("segments") or [])
        if one.get("accepted_by"):
            yield "event", one["accepted_by"]
    if thing is Thing.BLOCK:
        for plain, quoted in re.findall(ATTRIBUTE, str(one.get("variants"))):
            yield "attribute", plain or quoted


def _plain(named: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Leave out the typed columns of people: nobody has to make them."""
    return ((kind, slug) for kind, slug in named if kind != "attribute" or slug not in COLUMN_KINDS)


def _add(needs: Needs, named: Iterator[tuple[str, str]]) -> None:
    for kind, slug in named:
        needs.setdefault(kind, set()).add(slug)
