"""Takes files of journeys in: everything or nothing, by the rooms' own operations."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from contacts.attributes.models import Attribute
from contacts.attributes.operations import DoesNotFit, InvalidAttribute, save_attribute
from contacts.attributes.queries import definitions
from contacts.conditions.language import validate
from contacts.conditions.rules import Problem
from contacts.conditions.vocabulary import advise, load_vocabulary
from contacts.events.models import EventType
from contacts.segments.editing import circle_through, save_definition
from contacts.signals.models import Signal
from contacts.signals.queries import load_contexts
from contacts.stages.models import Stage
from journeys.canvas.drafts import draft_of as draft_of_journey
from journeys.canvas.drafts import edit_draft, start_journey
from journeys.content.operations import InvalidContent, import_blocks
from journeys.definitions.check import check
from journeys.definitions.models import Journey, Version
from journeys.definitions.operations import InvalidDefinition
from journeys.gallery.comparing import Change, compare
from journeys.gallery.facts import MODELS, draft_of, fact_problems, fields_of
from journeys.gallery.queries import named_by_journey
from journeys.gallery.rules import SECTIONS, Thing, ident, shape_problems
from journeys.offers.operations import InvalidOffer, import_offers
from journeys.versions.operations import NeedsSecondPerson, publish


class InvalidBundle(Exception):
    """A file that cannot be taken in; `problems` lists each with its path in the document. Nothing was written."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass
class Taken:
    """What taking a file in came to: the changes that were done, the versions of its journeys, and what to look at."""

    changes: list[Change] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class _Rehearsed(Exception):
    """Undoes a rehearsal."""


def problems_of(*, document: Any) -> list[Problem]:
    """Find what is wrong with a file in itself: its shape, and the parts that need no others."""
    problems = shape_problems(document)
    if problems:
        return problems
    for section, thing in SECTIONS.items():
        if thing in MODELS:
            for i, one in enumerate(document.get(section, [])):
                problems += fact_problems(thing, one, f"{section}[{i}]")
    missing = set(document.get("stages", [])) - set(Stage.objects.values_list("slug", flat=True))
    return problems + [
        Problem(f"stages[{i}]", f"there is no stage {slug!r}; stages are required, a file does not make them")
        for i, slug in enumerate(document.get("stages", []))
        if slug in missing
    ]


def rehearse_bundle(*, document: Mapping[str, Any], now: datetime, keep: Collection[str] = ()) -> Taken:
    """Take a file in as drafts and undo it at once: what would happen, without anything written. Raises InvalidBundle."""
    taken = Taken()
    try:
        with transaction.atomic():
            taken = import_bundle(document=document, by=None, now=now, keep=keep)
            raise _Rehearsed
    except _Rehearsed:
        return taken


@transaction.atomic
def import_bundle(
    *,
    document: Mapping[str, Any],
    by: User | None,
    now: datetime,
    keep: Collection[str] = (),
    approved: bool = False,
    live: bool = False,
) -> Taken:
    """Take a file in: attributes, events, segments, signals, content, then journeys as drafts, live on demand.

    keep: things ("segment:slug") of which the ones here stay as they are. approved: new texts may be sent at once,
    otherwise they wait for a review. live: journeys are published, people in flight by the default plan.
    Raises InvalidBundle: nothing was written.
    """
    if errors := [problem for problem in problems_of(document=document) if problem.level == "error"]:
        raise InvalidBundle(errors)
    changes = [one for one in compare(document) if one.state != "same" and one.key not in keep]
    wanted = {one.key for one in changes}
    taken = Taken(changes)
    _save_facts(document, wanted, now)
    taken.warnings += _look_at_rules(document, wanted)
    _save_blocks(document, wanted, approved, now)
    _save_offers(document, wanted, now)
    keys = [one["slug"] for one in document.get("journeys", []) if f"journey:{one['slug']}" not in keep]
    taken.versions = _save_journeys(document, keys, by, now)
    taken.warnings += _check_journeys(document, keys)
    if live:
        taken.versions = [_publish(version, by, now) for version in taken.versions]
    return taken


def _save_facts(document: Mapping[str, Any], wanted: Collection[str], now: datetime) -> None:
    for section, thing in SECTIONS.items():
        for i, one in enumerate(document.get(section, [])):
            if thing not in MODELS or f"{thing}:{one[ident(thing)]}" not in wanted:
                continue
            if thing is Thing.ATTRIBUTE:
                _save_attribute(one, f"{section}[{i}]", now)
            elif thing is Thing.EVENT_TYPE:
                fields = fields_of(thing, one)
                EventType.objects.update_or_create(slug=fields.pop("slug"), defaults=fields)
            else:
                row = MODELS[thing].objects.filter(slug=one["slug"]).first()
                save_definition(model=MODELS[thing], pk=row.pk if row else None, given=fields_of(thing, one))


def _save_attribute(one: Mapping[str, Any], path: str, now: datetime) -> None:
    here = Attribute.objects.filter(key=one["key"]).exclude(state=Attribute.State.LEAVING).first()
    try:
        save_attribute(draft=draft_of(one), now=now, attribute_id=here.pk if here else None)
    except InvalidAttribute as error:
        raise InvalidBundle([Problem(f"{path}.{name}", said["en"]) for name, said in error.problems]) from error
    except DoesNotFit as error:
        raise InvalidBundle([Problem(f"{path}.kind", str(error))]) from error


def _look_at_rules(document: Mapping[str, Any], wanted: Collection[str]) -> list[Problem]:
    """Look at conditions when everything they may name is there. Raises InvalidBundle. Returns warnings."""
    known, errors, warnings = definitions(), [], []
    vocabulary, contexts = load_vocabulary(), load_contexts()
    for section in ("segments", "signals"):
        for i, one in enumerate(document.get(section, [])):
            thing, condition, path = SECTIONS[section], one.get("condition"), f"{section}[{i}].condition"
            if condition is None or f"{thing}:{one['slug']}" not in wanted:
                continue
            errors += validate(condition, path, definitions=known, run=False)
            if circle := circle_through(thing, one["slug"], condition):
                errors.append(Problem(path, f"expected no circle, got {' -> '.join(circle)}"))
            if thing is Thing.SIGNAL and one["kind"] != Signal.Kind.CONTEXT and contexts.act_alone(condition):
                errors.append(Problem(path, "this holds by a context signal alone: expected what somebody does"))
            advice = advise(condition, vocabulary)
            warnings += [Problem(f"{path}.{problem.path}", problem.message, problem.level) for problem in advice]
    if errors:
        raise InvalidBundle(errors)
    return warnings


def _save_blocks(document: Mapping[str, Any], wanted: Collection[str], approved: bool, now: datetime) -> None:
    state = "approved" if approved else "in_review"
    for i, one in enumerate(document.get("blocks", [])):
        if f"block:{one['slug']}" not in wanted:
            continue
        try:
            import_blocks(blocks=[{**one, "state": state}], now=now)
        except InvalidContent as error:
            raise InvalidBundle([Problem(f"blocks[{i}]", str(error))]) from error


def _save_offers(document: Mapping[str, Any], wanted: Collection[str], now: datetime) -> None:
    offers = [one for one in document.get("offers", []) if f"offer:{one['slug']}" in wanted]
    try:
        import_offers(offers=offers, now=now)
    except InvalidOffer as error:
        raise InvalidBundle([Problem("", problem) for problem in error.problems]) from error


def _save_journeys(
    document: Mapping[str, Any], slugs: Collection[str], by: User | None, now: datetime
) -> list[Version]:
    """Put each journey into a draft; one that says the same already stays as it is."""
    versions = []
    for one in document.get("journeys", []):
        if one["slug"] not in slugs:
            continue
        journey = Journey.objects.select_related("live_version").filter(slug=one["slug"]).first()
        if journey is None:
            versions.append(start_journey(definition=one, by=by, now=now))
        elif journey.live_version is None and draft_of_journey(journey) is None:
            versions.append(Version.objects.create(journey=journey, number=1, definition=one, created_at=now))
        else:
            what = _("Taken in from a file")
            versions.append(
                edit_draft(journey=journey, revision=None, what=what, by=by, now=now, change=lambda _old, new=one: new)  # type: ignore[misc]
            )
    return versions


def _check_journeys(document: Mapping[str, Any], slugs: Collection[str]) -> list[Problem]:
    """Check every journey when all of them are there. Raises InvalidBundle. Returns warnings."""
    found: list[Problem] = []
    stages = set(Stage.objects.values_list("slug", flat=True))
    for i, one in enumerate(document.get("journeys", [])):
        if one["slug"] not in slugs:
            continue
        problems = check(one)
        found += [
            Problem(
                f"journeys[{i}].{problem.path}" if problem.path else f"journeys[{i}]", problem.message, problem.level
            )
            for problem in problems
        ]
        if not any(problem.level == "error" for problem in problems):
            named = {slug for kind, slug in named_by_journey(one) if kind == "stage"}
            found += [
                Problem(f"journeys[{i}]", f"a condition names the stage {slug!r}, which does not exist", "warning")
                for slug in sorted(named - stages)
            ]
    if errors := [problem for problem in found if problem.level == "error"]:
        raise InvalidBundle(errors)
    return found


def _publish(version: Version, by: User | None, now: datetime) -> Version:
    """Make a draft live by the default plan; a version that is live already stays."""
    if version.published_at is not None:
        return version
    try:
        return publish(version=version, plan={}, by=by, now=now).version
    except InvalidDefinition as error:
        raise InvalidBundle(error.problems) from error
    except NeedsSecondPerson as error:
        said = f"publishing reaches {error.people} people, so that a second person has to approve it: take it in as a draft"
        raise InvalidBundle([Problem(version.journey.slug, said)]) from error
