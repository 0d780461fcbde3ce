"""Writes journeys: take in a definition, publish a version, pause, resume, archive."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from contacts.conditions.rules import Problem
from journeys.content.models import Block
from journeys.definitions.check import check, step_targets
from journeys.definitions.models import Journey, Step, Version
from journeys.definitions.rules import PURPOSE
from journeys.steps.base import EXPIRES


class InvalidDefinition(Exception):
    """A definition with errors; `problems` lists each with its path."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@transaction.atomic
def import_journey(*, definition: dict[str, Any], now: datetime, publish: bool = True) -> Version:
    """Take in a journey as a new version, and publish it; the same definition again changes nothing.

    definition: the format of docs/guide/journeys.md. People in flight finish the version they are on.
    Raises InvalidDefinition: nothing was written.
    """
    problems = check(definition)
    if errors := [problem for problem in problems if problem.level == "error"]:
        raise InvalidDefinition(errors)
    columns: dict[str, Any] = {
        "name_en": definition["name"]["en"],
        "name_de": definition["name"]["de"],
        "phase": definition["phase"],
        "priority": int(definition.get("priority", 10)),
        "value": Decimal(str(definition.get("value", 1))),
    }
    journey, _ = Journey.objects.update_or_create(
        slug=definition["slug"], defaults=columns, create_defaults={**columns, "created_at": now}
    )
    newest = journey.versions.order_by("-number").first()
    if newest and newest.definition == definition and newest.published_at:
        return newest
    journey.versions.filter(published_at=None).delete()
    number = (journey.versions.aggregate(n=Max("number"))["n"] or 0) + 1
    version = Version.objects.create(journey=journey, number=number, definition=definition, created_at=now)
    return publish_version(version=version, now=now) if publish else version


@transaction.atomic
def publish_version(*, version: Version, now: datetime) -> Version:
    """Make a draft the live version: from now on people enter it, and it never changes again.

    Raises InvalidDefinition.
    """
    if errors := [problem for problem in check(version.definition) if problem.level == "error"]:
        raise InvalidDefinition(errors)
    _write_steps(version)
    version.published_at = now
    version.save(update_fields=["published_at"])
    journey = version.journey
    journey.live_version = version
    if journey.state in (Journey.State.DRAFT, Journey.State.ARCHIVED):
        journey.state = Journey.State.LIVE
    journey.save(update_fields=["live_version", "state"])
    return version


def _write_steps(version: Version) -> None:
    definition = version.definition
    purpose = definition.get("purpose", PURPOSE)
    blocks = {
        block.slug: block
        for block in Block.objects.filter(slug__in=[step.get("block") for step in definition["steps"]])
    }
    rows = []
    for position, step in enumerate(definition["steps"]):
        settings = {key: value for key, value in step.items() if key not in ("key", "kind", "name")}
        if step["kind"] == "send":
            block = blocks[step["block"]]
            settings |= {
                "block_id": block.pk,
                "channel": block.channel,
                "purpose": step.get("purpose", purpose),
                "expires": step.get("expires", EXPIRES),
            }
        if step["kind"] == "split":
            settings |= {"salt": step.get("salt", f"{definition['slug']}/{step['key']}")}
        rows.append(
            Step(
                version=version,
                key=step["key"],
                kind=step["kind"],
                position=position,
                settings=settings,
                name_en=step["name"]["en"],
                name_de=step["name"]["de"],
            )
        )
    ids = {row.key: row.pk for row in Step.objects.bulk_create(rows)}
    for row in rows:
        ways = step_targets(definition["steps"])[row.key]
        row.exits = {label: ids[target] for label, target in ways.items() if target is not None}
    Step.objects.bulk_update(rows, ["exits"])


@transaction.atomic
def pause(*, journey: Journey) -> bool:
    """Hold a live journey: nobody enters, nobody moves, nothing is sent. False when it was not live."""
    return bool(Journey.objects.filter(pk=journey.pk, state=Journey.State.LIVE).update(state=Journey.State.PAUSED))


@transaction.atomic
def resume(*, journey: Journey) -> bool:
    """Let a paused journey go on. False when it was not paused."""
    return bool(Journey.objects.filter(pk=journey.pk, state=Journey.State.PAUSED).update(state=Journey.State.LIVE))
