"""Publishes versions with a plan for the people in flight; archives, brings back, rolls back, ends pauses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from journeys.canvas.drafts import edit_draft
from journeys.definitions.models import Journey, Version
from journeys.definitions.operations import publish_version
from journeys.enrollments.doors import count_matching, take_in_members
from journeys.enrollments.models import Enrollment
from journeys.versions import queries
from journeys.versions.flight import carry_out, stop_people
from journeys.versions.rules import read_plan
from orchestrator.kernel import locks


class AlreadyPublished(Exception):
    """Somebody else was faster: this version is published or gone; nothing was written."""


class Changed(Exception):
    """The draft, or the live version, is not what the plan was made for any more; nothing was written."""


class NeedsSecondPerson(Exception):
    """Publishing reaches so many people that somebody else has to approve it; nothing was written."""

    def __init__(self, people: int) -> None:
        super().__init__(f"{people} people")
        self.people = people


class SamePerson(Exception):
    """Who asked for an approval cannot give it."""


class PeopleInIt(Exception):
    """A journey with people in it is not archived without a word about them."""

    def __init__(self, people: int) -> None:
        super().__init__(f"{people} people")
        self.people = people


@dataclass(frozen=True)
class Seen:
    """What somebody saw when making a plan: the revision of the draft, and which version was live."""

    revision: int
    live_version_id: int | None


@dataclass
class Published:
    """What publishing did to people: how many by what was done, and how many were taken in."""

    version: Version
    people: dict[str, int] = field(default_factory=dict)
    taken_in: int = 0


@transaction.atomic
def publish(
    *,
    version: Version,
    plan: Mapping[str, Any],
    by: User | None,
    now: datetime,
    seen: Seen | None = None,
    note: str = "",
) -> Published:
    """Make a draft the live version and do with the people in flight what the plan says, all in one transaction.

    plan: as in Version.plan; what it leaves out is done by default. The tick stands still meanwhile: its counts are exact.
    Raises AlreadyPublished, Changed, InvalidPlan, InvalidDefinition, NeedsSecondPerson: nothing was written.
    """
    draft = _locked_draft(version, seen)
    whole = read_plan(plan, queries.changes_between(draft.journey.live_version, draft))
    people = people_reached(draft=draft, plan=whole, now=now)
    if people > settings.PUBLISH_ALONE_UP_TO:
        raise NeedsSecondPerson(people)
    draft.note = note
    return _publish(draft, whole, by, now)


@transaction.atomic
def request_publishing(
    *, version: Version, plan: Mapping[str, Any], by: User, now: datetime, seen: Seen | None = None, note: str = ""
) -> Version:
    """Ask for a second person to publish a draft with a plan. Raises AlreadyPublished, Changed, InvalidPlan."""
    draft = _locked_draft(version, seen)
    whole = read_plan(plan, queries.changes_between(draft.journey.live_version, draft))
    live = draft.journey.live_version_id
    draft.plan = whole | {"seen": {"revision": draft.revision, "live_version_id": live}}
    draft.requested_by, draft.requested_at, draft.note = by, now, note
    draft.save(update_fields=["plan", "requested_by", "requested_at", "note"])
    return draft


@transaction.atomic
def approve(*, version: Version, by: User, now: datetime) -> Published:
    """Publish what somebody else has asked for, with their plan.

    Raises AlreadyPublished, Changed (the draft is not what was asked for any more), SamePerson, InvalidDefinition.
    """
    draft = _locked_draft(version, None)
    if draft.requested_at is None:
        raise Changed
    if draft.requested_by_id == by.pk:
        raise SamePerson
    if draft.plan.get("seen") != {"revision": draft.revision, "live_version_id": draft.journey.live_version_id}:
        raise Changed
    whole = read_plan(draft.plan, queries.changes_between(draft.journey.live_version, draft))
    return _publish(draft, whole, by, now)


@transaction.atomic
def send_back(*, version: Version) -> bool:
    """Take back a request for approval, by either side. False when there was none."""
    waiting = Version.objects.filter(pk=version.pk, published_at=None, requested_at__isnull=False)
    return bool(waiting.update(requested_by=None, requested_at=None, plan={}))


def people_reached(*, draft: Version, plan: Mapping[str, Any], now: datetime) -> int:
    """Count whom publishing reaches: everybody in flight, and those who would be taken in."""
    more = count_matching(definition=draft.definition, now=now) if plan["take_in"] else 0
    return queries.standing(journey=draft.journey).people + more


def _locked_draft(version: Version, seen: Seen | None) -> Version:
    """The draft, with nobody else at work on its journey and the tick standing still."""
    locks.hold(locks.TICK)
    Journey.objects.select_for_update(no_key=True).filter(pk=version.journey_id).first()
    draft = Version.objects.select_for_update(of=("self",)).filter(pk=version.pk, published_at=None).first()
    if draft is None:
        raise AlreadyPublished
    if seen and seen != Seen(draft.revision, draft.journey.live_version_id):
        raise Changed
    return draft


def _publish(draft: Version, plan: dict[str, Any], by: User | None, now: datetime) -> Published:
    before = draft.journey.live_version_id
    draft.plan = plan
    version = publish_version(version=draft, now=now, by=by)
    people = carry_out(version=version, plan=plan, live_before=before, now=now)
    taken = take_in_members(journey=version.journey, version=version, now=now) if plan["take_in"] else 0
    draft.plan = plan | {"people": people, "taken_in": taken}
    draft.save(update_fields=["plan", "note"])
    return Published(version, people, taken)


@transaction.atomic
def archive(*, journey: Journey, now: datetime, stop: bool = False) -> int:
    """Put a journey away: nobody enters, and nobody is in it. Returns how many were stopped.

    Raises PeopleInIt unless `stop`: nothing was written.
    """
    locks.hold(locks.TICK)
    locked = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
    people = Enrollment.objects.filter(journey=locked, left_at=None).count()
    if people and not stop:
        raise PeopleInIt(people)
    stop_people(journeys=[locked], now=now, everywhere=True)
    locked.state, locked.pause_until, locked.archive_when_empty = Journey.State.ARCHIVED, None, False
    locked.save(update_fields=["state", "pause_until", "archive_when_empty"])
    return people


@transaction.atomic
def unarchive(*, journey: Journey, now: datetime) -> bool:
    """Bring an archived journey back as a draft that says what it said last. False when it was not archived."""
    locked = Journey.objects.select_for_update(of=("self",)).select_related("live_version").get(pk=journey.pk)
    if locked.state != Journey.State.ARCHIVED:
        return False
    Journey.objects.filter(pk=locked.pk).update(state=Journey.State.DRAFT, opened_at=None)  # it opens anew
    if locked.live_version and queries.draft_of(locked) is None:
        number = (locked.versions.aggregate(n=Max("number"))["n"] or 0) + 1
        live = locked.live_version
        Version.objects.create(
            journey=locked, number=number, definition=live.definition, created_at=now, revision=live.revision
        )
    return True


@transaction.atomic
def roll_back(*, version: Version, what: str, by: User | None, now: datetime) -> Version | None:
    """Make a draft that says what an old version said; the present draft can be had back by undo.

    None when the live version says that already and there is no draft.
    """
    draft = edit_draft(
        journey=version.journey, revision=None, what=what, by=by, now=now, change=lambda _: dict(version.definition)
    )
    return draft if draft.published_at is None else None


@transaction.atomic
def end_pauses(*, now: datetime) -> dict[str, int]:
    """Do what the deadlines of pauses say; the number of statements does not depend on people.

    A held journey goes on; of one that runs out whoever is left leaves; an empty one that should be archived is.
    """
    ending = Q(state=Journey.State.ENDING)
    if not Journey.objects.filter(Q(pause_until__lte=now) | ending & Q(archive_when_empty=True)).exists():
        return {}
    locks.hold(locks.TICK)
    over = Journey.objects.filter(pause_until__lte=now)
    resumed = over.filter(state=Journey.State.PAUSED).update(state=Journey.State.LIVE, pause_until=None)
    ended = list(over.filter(ending))
    stopped = stop_people(journeys=ended, now=now, everywhere=True)
    Journey.objects.filter(pk__in=[one.pk for one in ended]).update(pause_until=None)
    inside = Enrollment.objects.filter(journey_id=OuterRef("pk"), left_at=None)  # a look into an index a journey
    empty = Journey.objects.filter(~Exists(inside), ending, archive_when_empty=True)
    archived = empty.update(state=Journey.State.ARCHIVED, archive_when_empty=False, pause_until=None)
    return {"resumed": resumed, "stopped": sum(stopped.values()), "archived": archived}
