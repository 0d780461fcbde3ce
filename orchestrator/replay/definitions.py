"""The journeys that come with the project, and what a journey listens to."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.db import transaction

from contacts.conditions.rules import parse_duration
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.stages.models import Stage
from journeys.content.operations import import_blocks
from journeys.definitions.models import Journey
from journeys.definitions.operations import import_journey

FOLDER = Path(__file__).resolve().parent / "journeys"


class UnknownJourney(Exception):
    """There is no live journey of this name, and no file of the project either."""


def check_known(slugs: list[str]) -> None:
    """Raise UnknownJourney for a name that is neither live nor a file of the project."""
    live = set(Journey.objects.filter(state=Journey.State.LIVE).values_list("slug", flat=True))
    files = {path.stem for path in FOLDER.glob("*.yaml")} - set(Journey.objects.values_list("slug", flat=True))
    for slug in slugs:
        if slug not in live | files:
            raise UnknownJourney(slug)


@transaction.atomic
def bring_journeys(*, slugs: list[str], now: datetime) -> list[Journey]:
    """Find the journeys, taking in those of the project's files that are not there yet. Raises UnknownJourney."""
    check_known(slugs)
    found = []
    for slug in slugs:
        path = FOLDER / f"{slug}.yaml"
        if not Journey.objects.filter(slug=slug).exists():
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            for signal in document.pop("signals", []):
                Signal.objects.get_or_create(slug=signal["slug"], defaults=_signal(signal))
            import_blocks(blocks=document.pop("blocks", []), now=now)
            import_journey(definition=document, now=now)
        found.append(Journey.objects.select_related("live_version").get(slug=slug))
    return found


class Listening(NamedTuple):
    """What can change anything for some journeys: events of these names, and whether time alone can."""

    events: set[str]
    timed: bool


def listening(journeys: list[Journey] | None) -> Listening:
    """What these journeys listen to, with the signals, segments and stages they rest on; all that is live when None."""
    kept = list(Stage.objects.exclude(condition=None).values_list("condition", flat=True))
    if journeys is None:
        live = Journey.objects.filter(state=Journey.State.LIVE).select_related("live_version")
        nodes = [journey.live_version.definition for journey in live if journey.live_version]
        nodes += [[signal.condition, {"event": signal.key_event}] for signal in Signal.objects.filter(active=True)]
        kept += Segment.objects.filter(active=True).values_list("condition", flat=True)
    else:
        nodes = [journey.live_version.definition for journey in journeys if journey.live_version]
        nodes += kept
        kept += _follow(nodes)
    events = {name for node in [*nodes, *kept] for key, name in _named(node) if key == "event" and name}
    # a rule of at-least counts only ever becomes false by time; but who is in a segment or stage is kept, and must be let go
    return Listening(events, any(map(_absence, nodes)) or any("within" in str(node) for node in kept))


def _absence(node: Any) -> bool:
    """Whether a rule can become true although nothing happens."""
    if isinstance(node, list):
        return any(map(_absence, node))
    if not isinstance(node, dict):
        return False
    dated = "attribute" in node and {"before", "after", "within"} & set(node)
    fewer = isinstance(node.get("count"), dict) and {"lt", "lte", "is"} & set(node["count"])
    return "not" in node or bool(dated) or bool(fewer) or any(map(_absence, node.values()))


def _follow(nodes: list[Any]) -> list[Any]:
    """Add the conditions of the signals and segments that are named, and of those that these name; returns the segments'."""
    signals = {signal.slug: [signal.condition, {"event": signal.key_event}] for signal in Signal.objects.all()}
    segments = dict(Segment.objects.values_list("slug", "condition"))
    seen: set[tuple[str, str]] = set()
    kept = []
    for node in nodes:  # grows while we go
        for named in set(_named(node)) - seen:
            seen.add(named)
            more = {"signal": signals, "segment": segments}.get(named[0], {}).get(named[1])
            if more is not None:
                nodes.append(more)
                kept += [more] if named[0] == "segment" else []
    return kept


def _named(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("event", "signal", "segment") and isinstance(value, str):
                yield key, value
            else:
                yield from _named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value)


def _signal(given: dict[str, Any]) -> dict[str, Any]:
    key = given.get("key", {})
    return {
        "name_en": given["name"]["en"],
        "name_de": given["name"]["de"],
        "kind": given["kind"],
        "strength": given.get("strength", "medium"),
        "condition": given["condition"],
        "key_event": key.get("event", ""),
        "key_property": key.get("property", ""),
        "cooldown": parse_duration(given["cooldown"]),
        "holds_for": parse_duration(given["holds_for"]),
    }
