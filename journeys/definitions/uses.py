"""What journeys name: every live version, and every draft."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q

from contacts.conditions.uses import Use, in_conditions, register_uses
from journeys.definitions.models import Journey, Version

HOW_IN_STEP = {"branch": "branch", "wait": "wait"}


def journey_uses() -> Iterator[Use]:
    """What journeys that are not archived name, and how; what is named before a handover belongs to the handover too."""
    newest = Q(pk=F("journey__live_version")) | Q(published_at=None)
    versions = Version.objects.exclude(journey__state=Journey.State.ARCHIVED).filter(newest)
    for version in versions.select_related("journey").order_by("journey__slug", "number"):
        journey, definition = version.journey, version.definition
        name = {"en": journey.name_en, "de": journey.name_de}
        own = {key: value for key in ("context", "propensity") if (value := getattr(journey, key))}
        named = list(named_in({**definition, **own}))  # what a message is worth may be set beside the definition
        for kind, slug, how in named:
            yield Use(kind, slug, "journey", journey.slug, name, how)
        if any(step.get("kind") == "handover" for step in definition["steps"]):
            for kind, slug, how in named:
                if how in ("entry", "filter", "branch", "wait"):
                    yield Use(kind, slug, "handover", journey.slug, name, how)


def named_in(definition: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Walk over what a definition names: (kind, short name, how)."""
    yield from _named_in_entry(definition.get("entry") or {})
    for part in definition.get("exit") or []:  # an event and a stage are found like those of a condition
        if part.get("segment_left"):
            yield "segment", part["segment_left"], "exit"
    entry = definition.get("entry") or {}
    parts = [
        ("weight", definition.get("context")),
        ("filter", entry.get("when")),
        ("goal", definition.get("goal")),
        ("exit", definition.get("exit")),
    ]
    for step in definition["steps"]:  # what `set` writes are attributes, whatever they are called
        parts.append((HOW_IN_STEP.get(step.get("kind"), "step"), {k: v for k, v in step.items() if k != "set"}))
    for how, part in parts:
        for kind, slug in in_conditions(part):
            yield kind, slug, how
    if definition.get("propensity"):
        yield "score", definition["propensity"], "weight"
    if definition.get("purpose"):  # a purpose is named like its leaf
        yield "consent", definition["purpose"], "rule"
    for step in definition["steps"]:
        if step.get("purpose"):
            yield "consent", step["purpose"], "step"
        for key in step.get("set") or {}:
            yield "attribute", key, "step"
        for slug in (step.get("stages") or {}).values():
            yield "stage", slug, "answer"


def _named_in_entry(entry: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for kind in ("signal", "event", "segment", "stage", "journey"):
        if entry.get(kind):
            yield kind, entry[kind], "entry"
    if (entry.get("schedule") or {}).get("segment"):
        yield "segment", entry["schedule"]["segment"], "entry"
    if entry.get("exclude"):
        yield "segment", entry["exclude"], "filter"


register_uses(journey_uses)
