"""Writes journeys: take in a definition, publish a version, pause, resume, copy."""

import copy
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from contacts.conditions.rules import Problem
from journeys.content.models import Block
from journeys.definitions.check import check
from journeys.definitions.models import Journey, SavedView, Step, Version
from journeys.definitions.rules import PURPOSE, WEIGHTS
from journeys.definitions.ways import step_targets
from journeys.steps.base import EXPIRES

RUNNING = (Journey.State.LIVE, Journey.State.PAUSED, Journey.State.ENDING)


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
    said = columns(definition=definition)
    journey, made = Journey.objects.get_or_create(slug=definition["slug"], defaults={**said, "created_at": now})
    if not made and not publish and journey.live_version_id is None:  # later ones are named by publishing
        Journey.objects.filter(pk=journey.pk).update(**said)
    newest = journey.versions.order_by("-number").first()
    if newest and newest.definition == definition and newest.published_at:
        return newest
    journey.versions.filter(published_at=None).delete()
    number = (journey.versions.aggregate(n=Max("number"))["n"] or 0) + 1
    version = Version.objects.create(journey=journey, number=number, definition=definition, created_at=now)
    return publish_version(version=version, now=now) if publish else version


@transaction.atomic
def publish_version(*, version: Version, now: datetime, by: User | None = None) -> Version:
    """Make a draft the live version: from now on people enter it, and it never changes again.

    People in flight finish the version they are on; journeys.versions.operations.publish has a plan for them.
    Raises InvalidDefinition.
    """
    if errors := [problem for problem in check(version.definition) if problem.level == "error"]:
        raise InvalidDefinition(errors)
    _write_steps(version)
    version.published_at, version.published_by = now, by
    version.save(update_fields=["published_at", "published_by"])
    journey = version.journey
    before = weights(definition=journey.live_version.definition if journey.live_version else {})
    for column, said in columns(definition=version.definition).items():
        if (
            column not in WEIGHTS or said != before[column]
        ):  # set by hand they stay, unless the version says something new
            setattr(journey, column, said)
    journey.live_version = version
    if journey.state in (Journey.State.DRAFT, Journey.State.ARCHIVED):
        journey.state = Journey.State.LIVE
    if journey.opened_at is None:
        journey.opened_at = now
    journey.save(update_fields=[*columns(definition=version.definition), "live_version", "state", "opened_at"])
    return version


def columns(*, definition: dict[str, Any]) -> dict[str, Any]:
    """What the row of a journey says of its definition."""
    return {
        "name_en": definition["name"]["en"],
        "name_de": definition["name"]["de"],
        "phase": definition["phase"],
        **weights(definition=definition),
    }


def weights(*, definition: Mapping[str, Any]) -> dict[str, Any]:
    """What a definition says of what its messages are worth beside others: a value for each of WEIGHTS."""
    return {
        "priority": int(definition.get("priority", 10)),
        "value": Decimal(str(definition.get("value", 1))),
        "context": definition.get("context"),
        "context_factor": Decimal(str(definition.get("context_factor", 1))),
        "propensity": definition.get("propensity", ""),
    }


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
        if step["kind"] in ("send", "survey"):
            block = blocks[step["block"]]
            settings |= {
                "block_id": block.pk,
                "channel": step.get("channel", block.channel),
                "purpose": step.get("purpose", purpose),
                "expires": step.get("expires", EXPIRES),
            }
        if step["kind"] == "survey":  # waits like a send step that waits for a reaction
            settings |= {"then": "reaction", "wait_for": step.get("at_most", "7d")}
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
def pause(
    *, journey: Journey, until: datetime | None = None, run_out: bool = False, archive_when_empty: bool = False
) -> bool:
    """Hold a journey: nobody enters, nobody moves, nothing is sent. False when it was not live, paused or running out.

    run_out: nobody enters, but those who are in it go on. until: a held journey goes on by itself then, of one that runs
    out whoever is left leaves then. archive_when_empty: of one that runs out, as soon as nobody is left.
    """
    state = Journey.State.ENDING if run_out else Journey.State.PAUSED
    running = Journey.objects.filter(pk=journey.pk, state__in=RUNNING)
    return bool(running.update(state=state, pause_until=until, archive_when_empty=run_out and archive_when_empty))


@transaction.atomic
def resume(*, journey: Journey) -> bool:
    """Let a paused journey go on. False when it was not paused."""
    paused = Journey.objects.filter(pk=journey.pk, state__in=(Journey.State.PAUSED, Journey.State.ENDING))
    return bool(paused.update(state=Journey.State.LIVE, pause_until=None, archive_when_empty=False))


@transaction.atomic
def set_priority(*, journey: Journey, priority: int) -> bool:
    """Let a journey go before others from now on, without a new version. False when it has that priority already."""
    return bool(Journey.objects.filter(pk=journey.pk).exclude(priority=priority).update(priority=priority))


@transaction.atomic
def duplicate(*, journey: Journey, by: User | None, now: datetime) -> Journey:
    """Make a draft of a new journey that says the same; content, signals and segments are the same by reference.

    Raises NothingToCopy.
    """
    version = journey.versions.filter(published_at=None).first() or journey.live_version
    if version is None:
        raise NothingToCopy(journey.slug)
    definition = copy.deepcopy(version.definition)
    definition["slug"] = _free_slug(journey.slug)
    definition["name"] = {
        language: f"{definition['name'][language][:180]} ({word})"
        for language, word in (("en", "copy"), ("de", "Kopie"))
    }
    made = Journey.objects.create(slug=definition["slug"], **columns(definition=definition), owner=by, created_at=now)
    Version.objects.create(journey=made, number=1, definition=definition, created_at=now)
    return made


def _free_slug(slug: str) -> str:
    stem = slug[:90]
    taken = set(Journey.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(f"{stem}-{n}" for n in range(2, len(taken) + 3) if f"{stem}-{n}" not in taken)


@transaction.atomic
def keep_view(*, user: Any, name: str, query: str) -> SavedView:
    """Keep filters of the list of journeys under a name; the same name again replaces them."""
    return SavedView.objects.update_or_create(user=user, name=name, defaults={"query": query})[0]


@transaction.atomic
def drop_view(*, user: Any, name: str) -> bool:
    """Forget a view. False when there is none of that name."""
    return bool(SavedView.objects.filter(user=user, name=name).delete()[0])


class NothingToCopy(Exception):
    """A copy of a journey that has neither a draft nor a live version."""
