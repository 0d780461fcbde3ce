"""Takes content in from files."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from contacts.stages.models import PHASES
from journeys.content import mail
from journeys.content.models import Block, Variant
from journeys.content.rules import LANGUAGES, ContentProblem

TEXTS = ("subject", "preheader", "body")


class InvalidContent(Exception):
    """A block cannot be taken in; the message names block and field. Nothing was written."""


@transaction.atomic
def import_blocks(*, blocks: Sequence[Mapping[str, Any]], now: datetime) -> list[int]:
    """Create or change blocks by their slug, with all their texts. What has not changed is not touched.

    blocks: {slug, name {en, de}, phase, channel, state, variants {en {subject, preheader, body}, de {...}}};
    a language that is not given any more is removed. Returns the ids, in order. Raises InvalidContent.
    """
    return [_import(_checked(given), now) for given in blocks]


def _import(given: dict[str, Any], now: datetime) -> int:
    variants = given.pop("variants")
    block, made = Block.objects.select_for_update().get_or_create(
        slug=given["slug"], defaults={**given, "changed_at": now}
    )
    before = {v.language: {field: getattr(v, field) for field in TEXTS} for v in block.variants.all()}
    if before != variants:
        block.variants.exclude(language__in=variants).delete()
        for language, texts in variants.items():
            Variant.objects.update_or_create(block=block, language=language, defaults=texts)
    if not made and (before != variants or any(getattr(block, field) != value for field, value in given.items())):
        for field, value in given.items():
            setattr(block, field, value)
        block.version += before != variants  # touches name the version of the text they carry
        block.changed_at = now
        block.save()
    return int(block.pk)


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    slug = given.get("slug")
    if not isinstance(slug, str) or not slug:
        raise InvalidContent("slug: missing")
    name = given.get("name") or slug
    names = name if isinstance(name, Mapping) else {"en": name}
    block = {
        "slug": slug,
        "name_en": names.get("en") or names.get("de") or slug,
        "name_de": names.get("de") or names.get("en") or slug,
        "phase": given.get("phase"),
        "channel": given.get("channel", "email"),
        "state": given.get("state", "approved"),
        "variants": {
            language: _checked_texts(slug, language, texts) for language, texts in (given.get("variants") or {}).items()
        },
    }
    if block["phase"] not in dict(PHASES):
        raise InvalidContent(f"{slug}.phase: expected one of {', '.join(dict(PHASES))}, got {block['phase']!r}")
    if block["state"] not in Block.State.values:
        raise InvalidContent(f"{slug}.state: expected one of {', '.join(Block.State.values)}, got {block['state']!r}")
    return block


def _checked_texts(slug: str, language: str, texts: Mapping[str, Any]) -> dict[str, str]:
    where = f"{slug}.variants.{language}"
    if language not in LANGUAGES:
        raise InvalidContent(f"{where}: expected one of {', '.join(LANGUAGES)}")
    if unknown := set(texts) - set(TEXTS):
        raise InvalidContent(f"{where}: unknown {', '.join(sorted(unknown))}")
    clean = {field: str(texts.get(field) or "").strip() for field in TEXTS}
    for field in ("subject", "preheader"):
        if len(clean[field]) > 300:
            raise InvalidContent(f"{where}.{field}: longer than 300 characters")
    if not clean["subject"] or not clean["body"]:
        raise InvalidContent(f"{where}: subject and body are needed")
    try:
        mail.compiled(clean["subject"], clean["preheader"], clean["body"])
    except ContentProblem as problem:
        raise InvalidContent(f"{where}: {problem}") from problem
    return clean
