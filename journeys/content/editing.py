"""Writes drafts of a block's texts and takes them through their review. What is approved goes on being sent meanwhile."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max

from journeys.content.checking import problems_in
from journeys.content.models import Block, Revision, Variant
from journeys.content.rules import Key
from journeys.content.texts import Texts, clean_texts, composed, digest_of, key_of, texts_at, texts_of, variant_of

OPEN = (Revision.State.DRAFT, Revision.State.IN_REVIEW, Revision.State.REJECTED)


class Conflict(Exception):
    """Somebody else saved this text after it was opened: theirs is what stands there now, None when it is gone."""

    def __init__(self, theirs: Texts | None, revision: Revision) -> None:
        super().__init__(str(revision))
        self.theirs, self.revision = theirs, revision


class Refused(Exception):
    """What was asked cannot be done now. reason: "archived", "in_review", "not_in_review", "own", "changed", "open", "nothing"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotReady(Exception):
    """Texts with something wrong in them cannot be approved: problems says what, by variant."""

    def __init__(self, problems: list[tuple[Key, Any]]) -> None:
        super().__init__("; ".join(problem.message for _key, problem in problems))
        self.problems = problems


@transaction.atomic
def save_texts(
    *, block_id: int, texts: Mapping[str, Any], base: str, by: AbstractBaseUser | None, now: datetime
) -> None:
    """Keep the texts of one variant in the open draft; the first change of what is approved opens one.

    base: digest_of() the texts as they were opened, empty for a variant that was not there. Raises Conflict, Refused,
    ContentProblem: nothing was written.
    """
    given = composed(clean_texts(texts))
    block = Block.objects.select_for_update().get(pk=block_id)
    if digest_of(texts_at(newest_texts(block), key_of(given))) == digest_of(given):
        return
    revision = _to_edit(block_id, by, now)
    present = texts_at(revision.variants, key_of(given))
    if digest_of(present) != base:
        raise Conflict(present, revision)
    others = [one for one in revision.variants if key_of(one) != key_of(given)]
    _changed(revision, [*others, given], by, now)


@transaction.atomic
def remove_texts(*, block_id: int, key: Key, base: str, by: AbstractBaseUser | None, now: datetime) -> Revision:
    """Take one variant out of the open draft. Raises Conflict, Refused."""
    revision = _to_edit(block_id, by, now)
    present = texts_at(revision.variants, key)
    if present is None:
        return revision
    if digest_of(present) != base:
        raise Conflict(present, revision)
    return _changed(revision, [one for one in revision.variants if key_of(one) != key], by, now)


@transaction.atomic
def ask_review(*, block_id: int, edits: int, note: str, now: datetime) -> Revision:
    """Put a draft before another person. edits: of the draft that was looked at. Raises Refused."""
    block = Block.objects.select_for_update().get(pk=block_id)
    revision = open_revision(block)
    if revision is None or not revision.variants:
        raise Refused("nothing")
    if revision.edits != edits:
        raise Refused("changed")
    revision.state, revision.note, revision.at = Revision.State.IN_REVIEW, note.strip()[:500], now
    revision.save()
    _mirror(block, revision)
    return revision


@transaction.atomic
def take_back(*, block_id: int) -> Revision:
    """Make a draft of what waits for a review, to go on writing. Raises Refused."""
    block = Block.objects.select_for_update().get(pk=block_id)
    revision = _in_review(block)
    revision.state = Revision.State.DRAFT
    revision.save(update_fields=["state"])
    _mirror(block, revision)
    return revision


@transaction.atomic
def send_back(*, block_id: int, note: str, by: AbstractBaseUser, now: datetime) -> Revision:
    """Give a draft back to who wrote it, saying why. Raises Refused."""
    block = Block.objects.select_for_update().get(pk=block_id)
    revision = _in_review(block)
    revision.state, revision.note = Revision.State.REJECTED, note.strip()[:500]
    revision.reviewed_by_id, revision.reviewed_at = by.pk, now
    revision.save()
    _mirror(block, revision)
    return revision


@transaction.atomic
def approve(*, block_id: int, edits: int, by: AbstractBaseUser, now: datetime) -> Revision:
    """Let a draft be sent from now on: its texts become the variants, its number the block's version.

    edits: of the draft that was looked at. Who wrote last cannot approve, whatever else they may do, unless
    CONTENT_APPROVAL is "one". Raises Refused, NotReady: nothing was written.
    """
    block = Block.objects.select_for_update().get(pk=block_id)
    alone = settings.CONTENT_APPROVAL == "one"
    revision = open_revision(block) if alone else _in_review(block)
    if revision is None:
        raise Refused("nothing")
    if not alone and revision.by_id == by.pk:
        raise Refused("own")
    if revision.edits != edits:
        raise Refused("changed")
    revision.variants = [composed(texts) for texts in revision.variants]  # pictures may have another text by now
    if stopping := [(key, problem) for key, problem in problems_in(revision.variants) if problem.stops]:
        raise NotReady(stopping)
    revision.state, revision.reviewed_by_id, revision.reviewed_at = Revision.State.APPROVED, by.pk, now
    revision.save()
    write_variants(block, revision, now)
    return revision


@transaction.atomic
def discard(*, block_id: int, edits: int) -> None:
    """Throw the open draft away; what is approved stays. Raises Refused when it was changed meanwhile."""
    block = Block.objects.select_for_update().get(pk=block_id)
    revision = open_revision(block)
    if revision is None:
        return
    if revision.edits != edits:
        raise Refused("changed")
    revision.delete()
    _mirror(block, None)


@transaction.atomic
def restore(*, block_id: int, number: int, by: AbstractBaseUser, now: datetime) -> Revision:
    """Make a draft of an older version. Raises Refused while another draft is open, Revision.DoesNotExist."""
    block = Block.objects.select_for_update().get(pk=block_id)
    if block.state == Block.State.ARCHIVED:
        raise Refused("archived")
    if open_revision(block):
        raise Refused("open")
    keep_present(block)
    older = block.revisions.get(number=number)
    return _new_draft(block, older.variants, by, now)


def open_revision(block: Block) -> Revision | None:
    """Read the draft of a block that is written, waits for a review, or was sent back."""
    return block.revisions.filter(state__in=OPEN).select_related("by", "reviewed_by").first()


def newest_texts(block: Block) -> list[Texts]:
    """Read what somebody who writes sees: the open draft, else what is sent."""
    revision = open_revision(block)
    return revision.variants if revision else [texts_of(variant) for variant in block.variants.all()]


def keep_present(block: Block) -> None:
    """Keep what is sent now as a version, where it came from before versions were kept."""
    variants = [texts_of(variant) for variant in block.variants.all()]
    if variants and not block.revisions.filter(number=block.version).exists():
        Revision.objects.create(
            block=block, number=block.version, variants=variants, state=Revision.State.APPROVED, at=block.changed_at
        )


def write_variants(block: Block, revision: Revision, now: datetime) -> None:
    """Make the texts of a revision those that are sent."""
    block.variants.all().delete()
    Variant.objects.bulk_create(_of_block(block, texts) for texts in revision.variants)
    block.version, block.changed_at = revision.number, now
    if block.state != Block.State.ARCHIVED:
        block.state = Block.State.APPROVED
    block.save(update_fields=["version", "changed_at", "state"])


def next_number(block: Block) -> int:
    """The number of the next version of a block."""
    newest = block.revisions.aggregate(n=Max("number"))["n"] or 0
    return max(newest, block.version if block.variants.exists() else 0) + 1


def _of_block(block: Block, texts: Texts) -> Variant:
    variant = variant_of(texts)
    variant.block = block
    return variant


def _to_edit(block_id: int, by: AbstractBaseUser | None, now: datetime) -> Revision:
    """The draft to write into, the block locked. Raises Refused."""
    block = Block.objects.select_for_update().get(pk=block_id)
    if block.state == Block.State.ARCHIVED:
        raise Refused("archived")
    revision = open_revision(block)
    if revision is None:
        keep_present(block)
        return _new_draft(block, [texts_of(variant) for variant in block.variants.all()], by, now)
    if revision.state == Revision.State.IN_REVIEW:
        raise Refused("in_review")
    return revision


def _new_draft(block: Block, variants: list[Texts], by: AbstractBaseUser | None, now: datetime) -> Revision:
    author = by.pk if by else None
    revision = Revision.objects.create(
        block=block, number=next_number(block), variants=variants, by_id=author, at=now, state=Revision.State.DRAFT
    )
    _mirror(block, revision)
    return revision


def _changed(revision: Revision, variants: list[Texts], by: AbstractBaseUser | None, now: datetime) -> Revision:
    revision.variants, revision.edits, revision.at = variants, revision.edits + 1, now
    revision.state, revision.by_id = Revision.State.DRAFT, by.pk if by else None
    revision.save()
    _mirror(revision.block, revision)
    return revision


def _in_review(block: Block) -> Revision:
    revision = open_revision(block)
    if revision is None or revision.state != Revision.State.IN_REVIEW:
        raise Refused("not_in_review")
    return revision


def _mirror(block: Block, revision: Revision | None) -> None:
    """A block that was never approved is as far as its draft is; an approved one stays approved."""
    if block.state == Block.State.ARCHIVED or block.variants.exists():
        return
    waits = revision is not None and revision.state == Revision.State.IN_REVIEW
    block.state = Block.State.IN_REVIEW if waits else Block.State.DRAFT
    block.save(update_fields=["state"])
