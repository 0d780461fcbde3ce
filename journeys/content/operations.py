"""Writes blocks: new, copied, archived, and as they come in from files."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from contacts.stages.models import PHASES
from journeys.content import editing, rendering
from journeys.content.listing import Use, sent_by
from journeys.content.models import Block, Revision
from journeys.content.rules import CHANNELS, LANGUAGES, SLUG, ContentProblem
from journeys.content.texts import Texts, clean_texts, composed, key_of, texts_of

PLAIN = frozenset(["subject", "preheader", "body", "parts"])


class InvalidContent(Exception):
    """A block cannot be taken in; the message names block and field. Nothing was written."""


class StillSent(Exception):
    """A block cannot be archived while journeys that run send it: uses says which."""

    def __init__(self, uses: Sequence[Use]) -> None:
        super().__init__(", ".join(use.journey_slug for use in uses))
        self.uses = list(uses)


class SlugTaken(Exception):
    """There is a block with this short name."""


@transaction.atomic
def create_block(*, given: Mapping[str, Any], now: datetime) -> Block:
    """Make a block without texts. given: the fields of Block. Raises SlugTaken."""
    block, made = Block.objects.get_or_create(slug=given["slug"], defaults={**given, "changed_at": now})
    if not made:
        raise SlugTaken
    return block


@transaction.atomic
def change_block(*, block_id: int, given: Mapping[str, Any]) -> Block:
    """Change what a block is called and stands for; its texts stay as they are."""
    block = Block.objects.select_for_update().get(pk=block_id)
    for field, value in given.items():
        setattr(block, field, value)
    block.save(update_fields=list(given))
    return block


@transaction.atomic
def duplicate_block(*, block_id: int, by: AbstractBaseUser, now: datetime) -> Block:
    """Make a copy of a block; its newest texts, also of a draft, become the draft of the copy."""
    source = Block.objects.get(pk=block_id)
    revision = editing.open_revision(source)
    texts = revision.variants if revision else [texts_of(variant) for variant in source.variants.all()]
    slug = _free_slug(source.slug)
    copy = Block.objects.create(
        slug=slug, name_en=f"{source.name_en} (copy)"[:200], name_de=f"{source.name_de} (Kopie)"[:200],
        channel=source.channel, phase=source.phase, purpose=source.purpose, signals=source.signals,
        owner_id=by.pk, changed_at=now,
    )  # fmt: skip
    if texts:
        Revision.objects.create(block=copy, number=1, variants=texts, by_id=by.pk, at=now)
    return copy


@transaction.atomic
def archive_block(*, block_id: int) -> None:
    """Put a block away. Raises StillSent while a journey that runs sends it."""
    block = Block.objects.select_for_update().get(pk=block_id)
    if uses := sent_by(block.slug):
        raise StillSent(uses)
    block.state = Block.State.ARCHIVED
    block.save(update_fields=["state"])


@transaction.atomic
def unarchive_block(*, block_id: int) -> None:
    """Take a block out of the archive, as far as it was."""
    block = Block.objects.select_for_update().get(pk=block_id)
    if block.state != Block.State.ARCHIVED:
        return
    revision = editing.open_revision(block)
    waits = revision is not None and revision.state == Revision.State.IN_REVIEW
    block.state = Block.State.IN_REVIEW if waits else Block.State.DRAFT
    if block.variants.exists():
        block.state = Block.State.APPROVED
    block.save(update_fields=["state"])


@transaction.atomic
def import_blocks(*, blocks: Sequence[Mapping[str, Any]], now: datetime) -> list[int]:
    """Create or change blocks by their slug, with all their texts. What has not changed is not touched.

    blocks: as docs/guide/content.md says; `variants` by language for e-mail to everybody, or a list. A variant that is not
    given any more is removed. Texts of a block in state draft become its open draft, all others what is sent.
    Returns the ids, in order. Raises InvalidContent.
    """
    return [_import(_checked(given), now) for given in blocks]


def _import(given: dict[str, Any], now: datetime) -> int:
    variants: list[Texts] = given.pop("variants")
    block, made = Block.objects.select_for_update().get_or_create(
        slug=given["slug"], defaults={**given, "changed_at": now}
    )
    sent = [texts_of(variant) for variant in block.variants.all()]
    waits = given["state"] in (Block.State.DRAFT, Block.State.IN_REVIEW)
    if waits and sent:
        given["state"] = Block.State.APPROVED  # what was approved goes on being sent
    if not made and any(getattr(block, field) != value for field, value in given.items()):
        for field, value in given.items():
            setattr(block, field, value)
        block.changed_at = now
        block.save()
    if waits:
        _take_draft(block, variants, sent, given["state"], now)
    elif _sorted(sent) != _sorted(variants):
        _take_approved(block, variants, now)
    return int(block.pk)


def _take_draft(block: Block, variants: list[Texts], sent: list[Texts], state: str, now: datetime) -> None:
    revision = editing.open_revision(block)
    before = revision.variants if revision else sent
    if _sorted(before) == _sorted(variants):
        return
    if revision is not None:
        raise InvalidContent(f"{block.slug}.variants: an open draft with other texts is in the way")
    editing.keep_present(block)
    state = Revision.State.DRAFT if sent else state
    number = editing.next_number(block)
    Revision.objects.create(block=block, number=number, variants=variants, state=state, note=FROM_FILE, at=now)


def _take_approved(block: Block, variants: list[Texts], now: datetime) -> None:
    """Send other texts from now on; an open draft comes after them."""
    editing.keep_present(block)
    waiting = editing.open_revision(block)
    number = editing.next_number(block) if waiting is None else waiting.number
    if waiting is not None:
        Revision.objects.filter(pk=waiting.pk).update(number=waiting.number + 1)
    revision = Revision.objects.create(
        block=block, number=number, variants=variants, state=Revision.State.APPROVED, note=FROM_FILE, at=now
    )
    editing.write_variants(block, revision, now)


FROM_FILE = "from a file"


def _sorted(variants: Sequence[Texts]) -> list[Texts]:
    return sorted(variants, key=lambda texts: (texts["channel"], texts["language"], texts["arm"]))


def _free_slug(slug: str) -> str:
    base = f"{slug[:90]}-copy"
    taken = set(Block.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(f"{base}-{n}" for n in range(2, 10**6) if f"{base}-{n}" not in taken)


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    slug = given.get("slug")
    if not isinstance(slug, str) or not slug:
        raise InvalidContent("slug: missing")
    if not SLUG.fullmatch(slug):
        raise InvalidContent(f"slug: expected small letters, digits, - and _, got {slug[:100]!r}")
    name = given.get("name") or slug
    names = name if isinstance(name, Mapping) else {"en": name}
    block = {
        "slug": slug,
        "name_en": names.get("en") or names.get("de") or slug,
        "name_de": names.get("de") or names.get("en") or slug,
        "phase": given.get("phase"),
        "channel": given.get("channel", "email"),
        "state": given.get("state", "approved"),
    }
    for field, choices in (("phase", dict(PHASES)), ("state", Block.State.values), ("channel", CHANNELS)):
        if block[field] not in choices:
            raise InvalidContent(f"{slug}.{field}: expected one of {', '.join(choices)}, got {block[field]!r}")
    if "purpose" in given:
        block["purpose"] = str(given["purpose"] or "")[:50]
    if "signals" in given:
        block["signals"] = [str(signal) for signal in given["signals"] or ()]
    block["variants"] = _checked_variants(slug, block["channel"], given.get("variants") or {})
    return block


def _checked_variants(slug: str, channel: str, given: Any) -> list[Texts]:
    if isinstance(given, Mapping):
        given = [{**texts, "language": language, "channel": channel} for language, texts in given.items()]
    found: list[Texts] = []
    for texts in given:
        where = ".".join(filter(None, (slug, "variants", str(texts.get("language", "")), str(texts.get("arm") or ""))))
        clean = _checked_texts(where, {"channel": channel, **texts})
        if any(key_of(one) == key_of(clean) for one in found):
            raise InvalidContent(f"{where}: given twice")
        found.append(clean)
    return found


def _checked_texts(where: str, texts: Mapping[str, Any]) -> Texts:
    if texts.get("language") not in LANGUAGES:
        raise InvalidContent(f"{where}: expected one of {', '.join(LANGUAGES)}")
    if unknown := set(texts) - PLAIN - {"channel", "language", "arm"}:
        raise InvalidContent(f"{where}: unknown {', '.join(sorted(unknown))}")
    try:
        clean = composed(clean_texts(texts))
        mail = clean["channel"] == "email"
        if not clean["body"] or (mail and not clean["subject"]):
            raise InvalidContent(f"{where}: {'subject and body are' if mail else 'body is'} needed")
        if mail:
            rendering.check_mail(clean["subject"], clean["preheader"], clean["body"])
        elif said := rendering.check_text([clean["body"]], {})[0].error:
            raise ContentProblem(said)
    except ContentProblem as problem:
        raise InvalidContent(f"{where}: {problem}") from problem
    return clean
