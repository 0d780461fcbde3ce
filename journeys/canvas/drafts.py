"""The draft of a journey: the one way to change it, with undo and redo, and a refusal where somebody was faster."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Max

from journeys.definitions.models import Edit, Journey, Version
from journeys.definitions.operations import columns

KEPT = 200  # so many changes of a draft can be undone
Definition = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What somebody else changed, and when; `by` is empty where nobody knows who."""

    by: str
    at: datetime
    what: str


class Conflict(Exception):
    """A change of something that is not the newest any more: nothing was written.

    version: what holds now. theirs: the changes that came in between, empty where changes were undone. base: the
    definition that the refused change started from, None where it is gone.
    """

    def __init__(self, version: Version, theirs: list[Change], base: Definition | None) -> None:
        super().__init__(f"{version} is at revision {version.revision}")
        self.version, self.theirs, self.base = version, theirs, base


class NothingToEdit(Exception):
    """A change of a journey that has neither a draft nor a live version."""


def draft_of(journey: Journey) -> Version | None:
    """The version of a journey that is not published yet."""
    return journey.versions.filter(published_at=None).first()


def editable_version(journey: Journey) -> Version | None:
    """The draft of a journey, else its live version; None where there is neither."""
    return draft_of(journey) or journey.live_version


@transaction.atomic
def edit_draft(
    *,
    journey: Journey,
    revision: int | None,
    what: str,
    by: User | AnonymousUser | None,
    now: datetime,
    change: Callable[[Definition], Definition],
    version_id: int | None = None,
) -> Version:
    """Change the draft of a journey, made of its live version where there is none, and keep the change for undo.

    revision, version_id: of what the author saw (editable_version); None: whatever is there. change: gets a copy of the
    definition and returns the new one; what it raises comes through. The same again writes nothing.
    Raises Conflict, NothingToEdit: nothing was written.
    """
    locked = _locked(journey)
    version = _same(locked, revision, version_id)
    definition = change(copy.deepcopy(version.definition))
    if definition == version.definition:
        return version
    draft = version if version.published_at is None else _draft_from(locked, version, now)
    edits = Edit.objects.filter(version=draft)
    newest = edits.aggregate(n=Max("number"))["n"]
    if newest is None:
        Edit.objects.create(version=draft, number=draft.revision, definition=draft.definition, at=draft.created_at)
        newest = draft.revision
    edits.filter(number__gt=draft.revision).delete()  # what was undone is gone; its numbers are never used again
    author = by if isinstance(by, User) else None
    draft.revision, draft.definition = newest + 1, definition
    draft.save(update_fields=["revision", "definition"])
    Edit.objects.create(version=draft, number=draft.revision, definition=definition, what=what[:200], by=author, at=now)
    edits.filter(number__lte=draft.revision - KEPT).delete()
    _show(locked, definition)
    return draft


@transaction.atomic
def undo(*, journey: Journey, revision: int | None = None, version_id: int | None = None) -> Version | None:
    """Put the draft back to before its newest change. None when there is nothing to undo. Raises Conflict."""
    return _go(journey, revision, version_id, back=True)


@transaction.atomic
def redo(*, journey: Journey, revision: int | None = None, version_id: int | None = None) -> Version | None:
    """Do again what was undone last. None when there is nothing. Raises Conflict."""
    return _go(journey, revision, version_id, back=False)


@transaction.atomic
def discard_draft(*, journey: Journey, revision: int | None = None, version_id: int | None = None) -> bool:
    """Throw the draft away, and with it a journey that was never published. False when there is none. Raises Conflict."""
    locked = _locked(journey)
    draft = _same(locked, revision, version_id)
    if draft.published_at is not None:
        return False
    if locked.live_version_id is None and not locked.versions.exclude(pk=draft.pk).exists():
        locked.delete()
    else:
        draft.delete()
    return True


def neighbours(version: Version) -> tuple[Edit | None, Edit | None]:
    """The change that undo would take back, and the one that redo would bring again."""
    if version.published_at is not None:
        return None, None
    edits = version.edits.defer("definition").select_related("by")
    done = list(edits.filter(number__lte=version.revision).order_by("-number")[:2])
    undone = edits.filter(number__gt=version.revision).order_by("number").first()
    return done[0] if len(done) == 2 else None, undone


def _go(journey: Journey, revision: int | None, version_id: int | None, *, back: bool) -> Version | None:
    locked = _locked(journey)
    draft = _same(locked, revision, version_id)
    if draft.published_at is not None:
        return None
    edits = draft.edits.filter(number__lt=draft.revision) if back else draft.edits.filter(number__gt=draft.revision)
    edit = edits.order_by("-number" if back else "number").first()
    if edit is None:
        return None
    draft.revision, draft.definition = edit.number, edit.definition
    draft.save(update_fields=["revision", "definition"])
    _show(locked, draft.definition)
    return draft


def _locked(journey: Journey) -> Journey:
    return Journey.objects.select_for_update(of=("self",)).select_related("live_version").get(pk=journey.pk)


def _same(journey: Journey, revision: int | None, version_id: int | None) -> Version:
    """What can be edited, when it is what the author saw."""
    version = editable_version(journey)
    if version is None:
        raise NothingToEdit(journey.slug)
    other = version_id is not None and version.pk != version_id
    if not other and revision in (None, version.revision):
        return version
    edits = version.edits.exclude(what="").filter(number__lte=version.revision).select_related("by").order_by("-number")
    if not other and revision is not None:
        edits = edits.filter(number__gt=revision)
    theirs = [Change(_named(edit.by), edit.at, edit.what) for edit in edits[:20]]
    if version.published_at and version.pk != version_id:
        theirs = [Change(_named(version.published_by), version.published_at, "")]
    raise Conflict(version, theirs, _seen(version.pk if version_id is None else version_id, revision))


def _seen(version_id: int, revision: int | None) -> Definition | None:
    """The definition that the author of a refused change saw, where it is still kept."""
    if revision is None:
        return None
    kept = Edit.objects.filter(version_id=version_id, number=revision).values_list("definition", flat=True).first()
    return kept or Version.objects.filter(pk=version_id, revision=revision).values_list("definition", flat=True).first()


def _named(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def _draft_from(journey: Journey, live: Version, now: datetime) -> Version:
    """A draft that says the same as the live version; the numbers of changes go on."""
    number = (journey.versions.aggregate(n=Max("number"))["n"] or 0) + 1
    return Version.objects.create(
        journey=journey, number=number, definition=live.definition, created_at=now, revision=live.revision
    )


def _show(journey: Journey, definition: Definition) -> None:
    """Name a journey that was never published as its draft does; later ones are named by publishing."""
    if journey.live_version_id is None:
        Journey.objects.filter(pk=journey.pk).update(**columns(definition=definition))


@transaction.atomic
def start_journey(*, definition: Definition, by: Any, now: datetime) -> Version:
    """Make a journey that has nothing but a draft. Raises IntegrityError when its short name is taken."""
    journey = Journey.objects.create(
        slug=definition["slug"], **columns(definition=definition), owner=by, created_at=now
    )
    return Version.objects.create(journey=journey, number=1, definition=definition, created_at=now)
